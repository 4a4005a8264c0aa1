// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FramePattern: the endless stream of masked WebSocket frames that every
// connection sends.

#ifndef EDDY_BENCH_LOAD_FRAME_PATTERN_H_
#define EDDY_BENCH_LOAD_FRAME_PATTERN_H_

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "bench/load/pattern.h"

namespace eddy::load {

// Each message is one binary frame, whose payload goes on in the pattern where
// the last one ended. A client on the Internet has to mask each frame with a
// key that nobody can foretell (RFC 6455, 5.3). Here all frames of a run have
// one random key, and the pattern is masked with it once, at each of the four
// places where a frame can begin within the key: that is a client's privilege
// that only makes load, and sending costs it no more than without WebSocket.
// What the server has to do for a frame is the same.
class FramePattern {
 public:
  using Key = std::array<std::byte, 4>;

  // Random, and not without effect.
  static Key MakeKey();

  // message_bytes: of each payload.
  FramePattern(const Pattern& pattern, const Key& key,
               std::size_t message_bytes);

  // Of a frame, with its header.
  std::size_t frame_bytes() const { return header_.size() + message_bytes_; }

  // How many payload bytes there are in the last `unsent` bytes of frames.
  std::size_t PayloadIn(std::size_t unsent) const;

  // Describes `unsent` bytes of frames, the last of which ends there, or as
  // much of them as `parts` can take.
  //
  // phase: of the first payload byte among them, in the pattern.
  // Returns: how many parts were filled.
  std::size_t Gather(std::size_t unsent, std::size_t phase,
                     std::span<iovec> parts) const;

  // The answer to a ping.
  std::string Pong(std::span<const std::byte> payload) const;

 private:
  static constexpr std::size_t kKeyBytes = std::tuple_size_v<Key>;

  std::span<const std::byte> PartAt(std::size_t offset,
                                    std::size_t phase) const;

  Key key_;
  std::size_t message_bytes_;
  std::vector<std::byte> header_;
  // [i]: byte x of the pattern is masked with byte (x + i) % 4 of the key.
  std::array<std::vector<std::byte>, kKeyBytes> masked_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_FRAME_PATTERN_H_
