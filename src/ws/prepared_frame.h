// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PreparedFrame: the inside of a PreparedMessage.

#ifndef EDDY_WS_PREPARED_FRAME_H_
#define EDDY_WS_PREPARED_FRAME_H_

#include <array>
#include <cstddef>
#include <mutex>
#include <span>

#include "eddy/payload.h"
#include "eddy/ws/message.h"
#include "eddy/ws/options.h"
#include "ws/deflate_window.h"

namespace eddy::internal {

// PreparedFrame: a server's frame of a message, and the compressed ones that
// are asked for.
//
// Ownership: shared by the messages that refer to it. Thread: any.
class PreparedFrame {
 public:
  PreparedFrame(ws::MessageType type, std::span<const std::byte> bytes);

  ws::MessageType type() const noexcept { return type_; }
  std::span<const std::byte> bytes() const noexcept {
    return plain_.bytes().subspan(header_size_);
  }
  const Payload& plain() const noexcept { return plain_; }

  // For peers whose window is `window_bits`, 9 to 15; empty: it is not worth
  // it. Made by the first call for such a window, with that one's options.
  const Payload& Compressed(int window_bits,
                            const ws::DeflateOptions& options) const;

 private:
  struct CompressedOnce {
    std::once_flag once;
    Payload frame;
  };

  ws::MessageType type_;
  std::size_t header_size_ = 0;
  Payload plain_;
  mutable std::array<CompressedOnce, kWindowCount> compressed_;  // by window
};

}  // namespace eddy::internal

#endif  // EDDY_WS_PREPARED_FRAME_H_
