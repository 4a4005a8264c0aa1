// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Deflater: compresses the messages of permessage-deflate (RFC 7692).

#ifndef EDDY_WS_DEFLATER_H_
#define EDDY_WS_DEFLATER_H_

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <span>

#include "ws/growing_buffer.h"

namespace eddy::internal {

// Deflater: may serve one session, which then can keep its context, or in turn
// any number that do not.
class Deflater {
 public:
  // Null when there is no memory for it. REQUIRES: 9 <= window_bits <= 15,
  // 1 <= level <= 9, 1 <= memory_level <= 9.
  static std::unique_ptr<Deflater> Create(int window_bits, int level,
                                          int memory_level) noexcept;

  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater();

  // Compresses a whole message. `out` is what its frame carries, valid until
  // the next call of anything. With `keeps_context` the next message may refer
  // to this one; so the peer must get all of them, in this order. False when
  // there is no memory for the result; the context is forgotten then.
  [[nodiscard]] bool Deflate(std::span<const std::byte> bytes,
                             bool keeps_context,
                             std::span<const std::byte>& out) noexcept;

  // Forgets the context: to be called when the peer was sent a compressed
  // message that did not come from here, or was not sent one that did.
  void Reset() noexcept;

  // Ends `out`, and gives back its memory if that is much.
  void Release() noexcept;

  // The memory that is held for `out`.
  std::size_t capacity() const noexcept { return output_.capacity(); }

 private:
  Deflater() = default;
  bool TakeIn(std::span<const std::byte> bytes) noexcept;

  z_stream stream_{};
  GrowingBuffer output_;
  bool is_open_ = false;  // the stream has been set up
  bool is_fresh_ = true;  // it has no context
};

}  // namespace eddy::internal

#endif  // EDDY_WS_DEFLATER_H_
