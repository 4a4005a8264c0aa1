// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Histogram: counts of durations, exact to three significant digits.

#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace eddy::load {

Histogram::Histogram() : slots_(kNumSlots) {}

// Values below 2 * kHalf are their own slot. Above, a value of b bits keeps its
// kHalfBits + 1 leading bits, and each b has the kHalf slots that follow.
std::size_t Histogram::SlotOf(std::uint64_t value) {
  if (value < 2 * kHalf) return value;
  const std::size_t bits = static_cast<std::size_t>(std::bit_width(value));
  const std::size_t shift = bits - (kHalfBits + 1);
  return shift * kHalf + (value >> shift);
}

std::uint64_t Histogram::LargestIn(std::size_t slot) {
  if (slot < 2 * kHalf) return slot;
  const std::size_t shift = slot / kHalf - 1;
  const std::uint64_t leading = slot - shift * kHalf;
  return ((leading + 1) << shift) - 1;
}

void Histogram::Record(std::chrono::nanoseconds value) {
  const std::uint64_t nanoseconds =
      std::min(kMaxValue,
               static_cast<std::uint64_t>(
                   std::max<std::chrono::nanoseconds::rep>(0, value.count())));
  ++slots_[SlotOf(nanoseconds)];
  ++count_;
  sum_ += nanoseconds;
  max_ = std::max(max_, nanoseconds);
}

void Histogram::Add(const Histogram& other) {
  std::transform(slots_.begin(), slots_.end(), other.slots_.begin(),
                 slots_.begin(), std::plus<>());
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds Histogram::Max() const {
  return std::chrono::nanoseconds(max_);
}

std::chrono::nanoseconds Histogram::Mean() const {
  return std::chrono::nanoseconds(count_ == 0 ? 0 : sum_ / count_);
}

std::chrono::nanoseconds Histogram::Percentile(double percent) const {
  const auto rank = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t below = 0;
  for (std::size_t slot = 0; slot < kNumSlots; ++slot) {
    below += slots_[slot];
    if (below >= std::max<std::uint64_t>(1, rank)) {
      return std::chrono::nanoseconds(std::min(max_, LargestIn(slot)));
    }
  }
  return std::chrono::nanoseconds(0);
}

}  // namespace eddy::load
