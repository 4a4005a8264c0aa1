// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Pattern: the endless stream of bytes that every connection sends.

#ifndef EDDY_BENCH_LOAD_PATTERN_H_
#define EDDY_BENCH_LOAD_PATTERN_H_

#include <cstddef>
#include <span>
#include <vector>

namespace eddy::load {

// The stream repeats after a prime number of bytes. No usual message or buffer
// length is a multiple of it, so bytes that an echo loses, repeats or swaps are
// never mistaken for the right ones. One block in memory serves all connections
// and all threads; small messages touch only its first few KiB.
class Pattern {
 public:
  static constexpr std::size_t kPeriodBytes = 4093;
  static constexpr std::size_t kMaxChunkBytes = 1024 * 1024;

  Pattern();

  // Up to `size` bytes of the stream from `phase`, at most kMaxChunkBytes.
  //
  // phase: a position modulo kPeriodBytes, as Advance gives it.
  std::span<const std::byte> Chunk(std::size_t phase, std::size_t size) const;

  // All of it that is in memory: the stream from phase 0 on.
  std::span<const std::byte> block() const { return block_; }

  // The phase `size` bytes further on.
  static std::size_t Advance(std::size_t phase, std::size_t size) {
    return (phase + size) % kPeriodBytes;
  }

  // The phase at which a connection begins; neighbours begin at different ones,
  // so that an answer to the wrong connection is noticed.
  static std::size_t StartOf(std::size_t connection) {
    return connection * 997 % kPeriodBytes;
  }

 private:
  std::vector<std::byte> block_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_PATTERN_H_
