// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Inflater: expands the messages of permessage-deflate (RFC 7692).

#ifndef EDDY_WS_INFLATER_H_
#define EDDY_WS_INFLATER_H_

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ws/growing_buffer.h"

namespace eddy::internal {

// Inflater: may serve one session, whose peer then can keep its context, or in
// turn any number whose peers do not.
class Inflater {
 public:
  // kBad: what came is no message, or refers to what the context lacks.
  enum class Outcome : std::uint8_t { kDone, kBad, kTooBig, kNoMemory };

  // Null when there is no memory for it; most of that it takes with the first
  // message. One of 15 bits reads all that smaller windows were used for.
  // REQUIRES: 9 <= window_bits <= 15.
  static std::unique_ptr<Inflater> Create(int window_bits) noexcept;

  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  // Expands a whole message, `bytes` being the payloads of its frames, joined.
  // `out` is valid until the next call of anything. kTooBig when that would be
  // more than `max_bytes`, or, once it passes 64 KiB, more than `max_ratio`
  // times the size of `bytes` (0: any). With `keeps_context` the next message
  // may refer to this one. All outcomes but kDone forget the context.
  Outcome Inflate(std::span<const std::byte> bytes, bool keeps_context,
                  std::size_t max_bytes, std::size_t max_ratio,
                  std::span<const std::byte>& out) noexcept;

  // Ends `out`, and gives back its memory if that is much.
  void Release() noexcept;

  // The memory that is held for `out`.
  std::size_t capacity() const noexcept { return output_.capacity(); }

 private:
  explicit Inflater(int window_bits) noexcept : window_bits_(window_bits) {}
  bool Open() noexcept;
  Outcome Expand(std::span<const std::byte> bytes, std::size_t max_bytes);
  Outcome Feed(std::span<const std::byte> bytes, std::size_t max_bytes);

  z_stream stream_{};
  GrowingBuffer output_;
  const int window_bits_;
  bool is_open_ = false;    // the stream has been set up
  bool has_ended_ = false;  // a final block was the last thing read
};

}  // namespace eddy::internal

#endif  // EDDY_WS_INFLATER_H_
