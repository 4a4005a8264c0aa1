// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ManualClock: time that passes when a test says so.

#ifndef EDDY_SUPPORT_MANUAL_CLOCK_H_
#define EDDY_SUPPORT_MANUAL_CLOCK_H_

#include <chrono>

#include "base/clock.h"

namespace eddy::test {

// ManualClock: starts at an hour, so that times before the start exist.
//
// Thread: one.
class ManualClock final : public internal::Clock {
 public:
  internal::TimePoint Now() noexcept override { return now_; }
  void Advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  internal::TimePoint now_{std::chrono::hours(1)};
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_MANUAL_CLOCK_H_
