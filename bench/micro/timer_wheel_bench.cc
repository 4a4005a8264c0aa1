// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerWheelBench: what timers cost when a million of them wait.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

#include "loop/timer_wheel.h"

namespace {

using eddy::internal::TimerNode;
using eddy::internal::TimerWheel;
using TimePoint = TimerWheel::TimePoint;

constexpr std::size_t kTimerCount = 1'000'000;
constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(1);
constexpr std::chrono::nanoseconds kSpread = std::chrono::hours(1);

// As in a connection, a node has its cache line to itself.
struct alignas(64) Timer : TimerNode {
  Timer() : TimerNode([](TimerNode&) noexcept {}) {}
};

// A wheel with kTimerCount timers at random times within an hour.
class CrowdedWheel {
 public:
  CrowdedWheel() {
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
    ScheduleAll();
  }
  ~CrowdedWheel() {
    for (Timer& timer : timers_) {
      if (timer.is_scheduled()) wheel_.Cancel(timer);
    }
  }
  CrowdedWheel(const CrowdedWheel&) = delete;
  CrowdedWheel& operator=(const CrowdedWheel&) = delete;

  void ScheduleAll() {
    std::shuffle(order_.begin(), order_.end(), random_);
    for (const std::uint32_t index : order_) {
      wheel_.Schedule(timers_[index], RandomDeadline());
    }
    std::shuffle(order_.begin(), order_.end(), random_);
  }
  TimePoint RandomDeadline() {
    return now_ + std::chrono::nanoseconds(delay_(random_));
  }
  // Fires what waits, in the way of a loop: each sleep lasts to NextExpiry().
  void FireAll() {
    while (const std::optional<TimePoint> next = wheel_.NextExpiry()) {
      now_ = *next;
      wheel_.Advance(now_);
    }
  }

  TimerWheel& wheel() { return wheel_; }
  // In an order that has nothing to do with memory, deadlines or scheduling.
  Timer& timer(std::size_t index) { return timers_[order_[index]]; }

 private:
  std::minstd_rand random_{1};
  std::uniform_int_distribution<std::int64_t> delay_{0, kSpread.count()};
  TimePoint now_ = TimePoint() + kSpread;
  std::vector<Timer> timers_{kTimerCount};
  std::vector<std::uint32_t> order_ = std::vector<std::uint32_t>(kTimerCount);
  TimerWheel wheel_{kTick, now_};
};

void ScheduleAndCancelOneNode(benchmark::State& state) {
  CrowdedWheel crowd;
  std::array<TimePoint, 1024> deadlines;
  for (TimePoint& deadline : deadlines) deadline = crowd.RandomDeadline();
  Timer timer;
  std::size_t i = 0;
  for (auto _ : state) {
    crowd.wheel().Schedule(timer, deadlines[i++ % deadlines.size()]);
    crowd.wheel().Cancel(timer);
  }
}
BENCHMARK(ScheduleAndCancelOneNode);

void RescheduleInRandomOrder(benchmark::State& state) {
  CrowdedWheel crowd;
  std::size_t i = 0;
  for (auto _ : state) {
    Timer& timer = crowd.timer(i);
    crowd.wheel().Cancel(timer);
    crowd.wheel().Schedule(timer, crowd.RandomDeadline());
    i = (i + 1) % kTimerCount;
  }
}
BENCHMARK(RescheduleInRandomOrder);

void CancelInRandomOrder(benchmark::State& state) {
  CrowdedWheel crowd;
  std::size_t i = 0;
  for (auto _ : state) {
    crowd.wheel().Cancel(crowd.timer(i++));
  }
}
// Each of the timers once.
BENCHMARK(CancelInRandomOrder)->Iterations(kTimerCount);

// The time of an iteration is that of a timer, with all its moves down.
void Advance(benchmark::State& state) {
  CrowdedWheel crowd;
  while (state.KeepRunningBatch(kTimerCount)) {
    crowd.FireAll();
    state.PauseTiming();
    crowd.ScheduleAll();
    state.ResumeTiming();
  }
}
BENCHMARK(Advance);

void NextExpiry(benchmark::State& state) {
  CrowdedWheel crowd;
  for (auto _ : state) {
    benchmark::DoNotOptimize(crowd.wheel().NextExpiry());
  }
}
BENCHMARK(NextExpiry);

}  // namespace
