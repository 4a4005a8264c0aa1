// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Clock: the monotonic clock that all times of the load generator are read on.

#ifndef EDDY_BENCH_LOAD_CLOCK_H_
#define EDDY_BENCH_LOAD_CLOCK_H_

#include <chrono>

namespace eddy::load {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_CLOCK_H_
