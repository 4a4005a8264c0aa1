// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Histogram: counts of durations, exact to three significant digits.

#ifndef EDDY_BENCH_LOAD_HISTOGRAM_H_
#define EDDY_BENCH_LOAD_HISTOGRAM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eddy::load {

// Log-linear: every power of two is split into kHalf equal slots, so a slot is
// never wider than a thousandth of the values that it holds. Everything is
// allocated at construction, about 270 KiB.
class Histogram {
 public:
  Histogram();

  // Counts one duration. Below zero counts as zero, above the limit of about
  // 73 minutes as the limit.
  void Record(std::chrono::nanoseconds value);

  // Adds everything that `other` counted.
  void Add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds Max() const;
  std::chrono::nanoseconds Mean() const;

  // The duration that `percent` in [0, 100] of all do not exceed; zero when
  // nothing was counted. At most 0.1 % above the true one.
  std::chrono::nanoseconds Percentile(double percent) const;

 private:
  static constexpr std::size_t kHalfBits = 10;
  static constexpr std::size_t kHalf = std::size_t{1} << kHalfBits;
  static constexpr std::size_t kMaxValueBits = 42;
  static constexpr std::uint64_t kMaxValue =
      (std::uint64_t{1} << kMaxValueBits) - 1;
  static constexpr std::size_t kNumSlots =
      (kMaxValueBits - kHalfBits + 1) * kHalf;

  static std::size_t SlotOf(std::uint64_t value);
  static std::uint64_t LargestIn(std::size_t slot);

  std::vector<std::uint64_t> slots_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_HISTOGRAM_H_
