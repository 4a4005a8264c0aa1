// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EventLoopRealTimeTest: timers, sleep and spin on the real clock.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <time.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <vector>

#include "eddy/event_loop.h"
#include "loop/loop_core.h"
#include "support/backends.h"
#include "support/loop_thread.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::LoopThread;
using Clock = EventLoop::Clock;

class EventLoopRealTimeTest : public ::testing::TestWithParam<Backend> {};
EDDY_ON_USABLE_BACKENDS(EventLoopRealTimeTest);

TEST_P(EventLoopRealTimeTest, TimersAreNeverEarlyAndSoonAfter) {
  LoopThread runner({.backend = GetParam()});
  const std::vector<int> delays = {1, 5, 10, 50, 100, 500, 1000};
  std::map<int, nanoseconds> elapsed;
  std::promise<void> done;
  const auto start = Clock::now();
  for (const int delay : delays) {
    runner.loop().RunAfter(milliseconds(delay), [&, delay] {
      elapsed[delay] = Clock::now() - start;
      if (elapsed.size() == delays.size()) done.set_value();
    });
  }
  done.get_future().wait();
  for (const auto& [delay, time] : elapsed) {
    EXPECT_GE(time, milliseconds(delay));
    // The machine's business, but for a tick.
    EXPECT_LE(time, milliseconds(delay + 100));
  }
}

TEST_P(EventLoopRealTimeTest, PeriodicTimersKeepTheirCount) {
  LoopThread runner({.backend = GetParam()});
  constexpr milliseconds kPeriod(20);
  int fired = 0;
  std::promise<void> done;
  const auto start = Clock::now();
  runner.loop().RunEvery(kPeriod, [&] {
    if (++fired == 25) done.set_value();
  });
  done.get_future().wait();
  const auto elapsed = Clock::now() - start;
  EXPECT_GE(elapsed, 25 * kPeriod);
  EXPECT_LE(elapsed, 25 * kPeriod + milliseconds(100));
}

class TurnCounter final : public internal::TurnObserver {
 public:
  explicit TurnCounter(internal::LoopCore& loop) : loop_(loop) {}
  void OnTurnEnd() override {
    ++count;
    loop_.AtTurnEnd(*this);
  }
  int count = 0;

 private:
  internal::LoopCore& loop_;
};

TEST_P(EventLoopRealTimeTest, AnIdleLoopIsNotWokenAtAll) {
  LoopThread runner({.backend = GetParam()});
  auto& core = internal::LoopCore::Of(runner.loop());
  TurnCounter counter(core);
  runner.Call([&] { core.AtTurnEnd(counter); });
  const int before = runner.Call([&] { return counter.count; });
  // There is nothing to wait for: that is what is tested.
  std::this_thread::sleep_for(seconds(1));
  // The turn that told `before`, and the one that asks.
  const int after = runner.Call([&] { return counter.count; });
  EXPECT_LE(after - before, 1);
  runner.Call([&] { core.Forget(counter); });
}

TEST_P(EventLoopRealTimeTest, ASpinningLoopPollsBeforeItSleeps) {
  LoopThread idle({.backend = GetParam()});
  LoopThread spinning({.backend = GetParam(), .spin = milliseconds(50)});
  const auto cpu_time = [](LoopThread& runner) {
    return runner.Call([] {
      timespec time{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
    });
  };
  for (LoopThread* runner : {&idle, &spinning}) {
    const nanoseconds before = cpu_time(*runner);
    std::promise<void> fired;
    runner->loop().RunAfter(milliseconds(100), [&fired] { fired.set_value(); });
    fired.get_future().wait();
    const nanoseconds used = cpu_time(*runner) - before;
    if (runner == &spinning) {
      EXPECT_GE(used, milliseconds(10));
    } else {
      EXPECT_LE(used, milliseconds(10));
    }
  }
}

TEST_P(EventLoopRealTimeTest, ASpinningLoopTakesTasksAndTimersAndStop) {
  LoopThread runner({.backend = GetParam(), .spin = seconds(100)});
  EXPECT_EQ(runner.Call([] { return 7; }), 7);
  std::promise<void> fired;
  runner.loop().RunAfter(milliseconds(5), [&fired] { fired.set_value(); });
  EXPECT_EQ(fired.get_future().wait_for(seconds(10)),
            std::future_status::ready);
  EXPECT_TRUE(runner.Join().ok());
}

}  // namespace
}  // namespace eddy
