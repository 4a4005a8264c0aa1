// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Clock: where a loop gets the time from.

#ifndef EDDY_BASE_CLOCK_H_
#define EDDY_BASE_CLOCK_H_

#include <chrono>

namespace eddy::internal {

using TimePoint = std::chrono::steady_clock::time_point;

// Clock: a source of steady time. Tests set one by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() noexcept = 0;
};

// SteadyClock: std::chrono::steady_clock.
class SteadyClock final : public Clock {
 public:
  TimePoint Now() noexcept override { return std::chrono::steady_clock::now(); }
};

// `start` + `delay`, or the end of time.
inline TimePoint AddSaturated(TimePoint start,
                              std::chrono::nanoseconds delay) noexcept {
  return delay > TimePoint::max() - start ? TimePoint::max() : start + delay;
}

// `start` + `limit`; never if the limit is 0, which stands for none.
inline TimePoint LimitFrom(TimePoint start,
                           std::chrono::nanoseconds limit) noexcept {
  return limit == limit.zero() ? TimePoint::max() : AddSaturated(start, limit);
}

}  // namespace eddy::internal

#endif  // EDDY_BASE_CLOCK_H_
