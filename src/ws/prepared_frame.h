// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PreparedFrame: the inside of a PreparedMessage.

#ifndef EDDY_WS_PREPARED_FRAME_H_
#define EDDY_WS_PREPARED_FRAME_H_

#include <cstddef>
#include <mutex>
#include <span>

#include "eddy/payload.h"
#include "eddy/ws/message.h"
#include "eddy/ws/options.h"

namespace eddy::internal {

// PreparedFrame: a server's frame of a message, and if it is asked for, the
// compressed one.
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

  struct Compressed {
    int window_bits = 0;  // that a peer must take
    Payload frame;        // empty: it is not worth it
  };
  // Made by the first call, with that one's options.
  const Compressed& Compress(const ws::DeflateOptions& options) const;

 private:
  ws::MessageType type_;
  std::size_t header_size_ = 0;
  Payload plain_;
  mutable std::once_flag compressed_once_;
  mutable Compressed compressed_;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_PREPARED_FRAME_H_
