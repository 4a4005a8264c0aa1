// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Pattern: the endless stream of bytes that every connection sends.

#include "bench/load/pattern.h"

#include <algorithm>
#include <random>

namespace eddy::load {

Pattern::Pattern() : block_(kPeriodBytes + kMaxChunkBytes) {
  std::minstd_rand random(1);
  for (std::size_t i = 0; i < kPeriodBytes; ++i) {
    block_[i] = static_cast<std::byte>(random() >> 8 & 0xff);
  }
  for (std::size_t i = kPeriodBytes; i < block_.size(); ++i) {
    block_[i] = block_[i - kPeriodBytes];
  }
}

std::span<const std::byte> Pattern::Chunk(std::size_t phase,
                                          std::size_t size) const {
  return std::span(block_).subspan(phase, std::min(size, kMaxChunkBytes));
}

}  // namespace eddy::load
