// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EventLoopTest: tasks, the end, and what a turn is.

#include "eddy/event_loop.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "buffer/buffer_pool.h"
#include "loop/loop_core.h"
#include "support/backends.h"
#include "support/idle_poller.h"
#include "support/log_capture.h"
#include "support/loop_thread.h"

namespace eddy {
namespace {

using internal::LoopCore;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::LogCapture;
using test::LoopThread;
using test::ManualLoop;

class EventLoopTest : public ::testing::TestWithParam<Backend> {
 protected:
  std::unique_ptr<EventLoop> Make() const {
    return test::Unwrap(EventLoop::Create({.backend = GetParam()}), "loop");
  }
};
EDDY_ON_USABLE_BACKENDS(EventLoopTest);

// ---- Tasks ------------------------------------------------------------------

TEST_P(EventLoopTest, TellsItsBackend) {
  EXPECT_EQ(Make()->backend(), GetParam());
}

TEST_P(EventLoopTest, RunsTasksInTheOrderOfPost) {
  auto loop = Make();
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(loop->Post([&order, i] { order.push_back(i); }).ok());
  }
  loop->Stop();
  EXPECT_TRUE(loop->Run().ok());
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  }
}

TEST_P(EventLoopTest, RunsTenTasksThatArePostedAtOnce) {
  LoopThread runner({.backend = GetParam()});
  std::atomic<int> runs = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back(
        [&] { EXPECT_TRUE(runner.loop().Post([&runs] { ++runs; }).ok()); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(runner.Join().ok());
  EXPECT_EQ(runs, 10);
}

TEST_P(EventLoopTest, LosesNoTaskOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  LoopThread runner({.backend = GetParam()});
  int runs = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTasks; ++i) {
        EXPECT_TRUE(runner.loop().Post([&runs] { ++runs; }).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(runner.Call([&runs] { return runs; }), kThreads * kTasks);
}

TEST_P(EventLoopTest, CallsEachTaskOrRefusesItWhenStopComesInBetween) {
  for (int round = 0; round < 50; ++round) {
    LoopThread runner({.backend = GetParam()});
    int runs = 0;
    int accepted = 0;
    std::thread poster([&] {
      while (runner.loop().Post([&runs] { ++runs; }).ok()) ++accepted;
    });
    EXPECT_TRUE(runner.Join().ok());
    poster.join();
    EXPECT_EQ(runs, accepted);
  }
}

TEST_P(EventLoopTest, ManyPostsWakeItOnce) {
  LoopThread runner({.backend = GetParam()});
  auto& core = LoopCore::Of(runner.loop());
  std::promise<void> entered;
  std::promise<void> leave;
  std::uint64_t events_before = 0;
  // While the loop is in a task it is awake: nothing that is posted makes a
  // system call.
  EXPECT_TRUE(runner.loop()
                  .Post([&] {
                    entered.set_value();
                    leave.get_future().wait();
                    events_before = core.poller().event_count();
                  })
                  .ok());
  entered.get_future().wait();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(runner.loop().Post([] {}).ok());
  }
  leave.set_value();
  const auto events_after =
      runner.Call([&] { return core.poller().event_count(); });
  EXPECT_LE(events_after - events_before, 1U);
}

TEST_P(EventLoopTest, KnowsItsThread) {
  LoopThread runner({.backend = GetParam()});
  EXPECT_TRUE(runner.Call([&] { return runner.loop().IsInLoopThread(); }));
  EXPECT_FALSE(runner.loop().IsInLoopThread());
}

// ---- The end ----------------------------------------------------------------

TEST_P(EventLoopTest, RefusesTasksOnceItWasStopped) {
  bool was_called = false;
  {
    auto loop = Make();
    loop->Stop();
    EXPECT_EQ(loop->Post([&was_called] { was_called = true; }).code(),
              Error::kStopped);
    EXPECT_TRUE(loop->Run().ok());
    EXPECT_EQ(loop->Post([&was_called] { was_called = true; }).code(),
              Error::kStopped);
  }
  EXPECT_FALSE(was_called);
}

TEST_P(EventLoopTest, RunReturnsWhenStopCameFirst) {
  auto loop = Make();
  loop->Stop();
  EXPECT_TRUE(loop->Run().ok());
}

TEST_P(EventLoopTest, StopsOnceHoweverOftenItIsTold) {
  auto loop = Make();
  loop->Stop();
  loop->Stop();
  EXPECT_TRUE(loop->Run().ok());
  loop->Stop();
}

TEST_P(EventLoopTest, IsStoppedByATaskAndRunsThoseBehindIt) {
  auto loop = Make();
  int runs = 0;
  EXPECT_TRUE(loop->Post([&] { loop->Stop(); }).ok());
  EXPECT_TRUE(loop->Post([&runs] { ++runs; }).ok());
  EXPECT_TRUE(loop->Run().ok());
  EXPECT_EQ(runs, 1);
}

TEST_P(EventLoopTest, ATaskThatRunsLastCanPostNoMore) {
  auto loop = Make();
  Status status;
  EXPECT_TRUE(loop->Post([&] {
                    loop->Stop();
                    status = loop->Post([] {});
                  })
                  .ok());
  EXPECT_TRUE(loop->Run().ok());
  EXPECT_EQ(status.code(), Error::kStopped);
}

TEST_P(EventLoopTest, ALoopThatNeverRanRunsItsTasksWhenItDies) {
  int runs = 0;
  {
    auto loop = Make();
    EXPECT_TRUE(loop->Post([&runs] { ++runs; }).ok());
  }
  EXPECT_EQ(runs, 1);
}

TEST_P(EventLoopTest, AbortsWhenItIsDestroyedWhileItRuns) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto loop = Make();
        static_cast<void>(loop->Post([&loop] { loop.reset(); }));
        static_cast<void>(loop->Run());
      },
      "destroyed while it runs: call Stop");
}

TEST_P(EventLoopTest, AbortsWhenItIsRunASecondTime) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto loop = Make();
        loop->Stop();
        static_cast<void>(loop->Run());
        static_cast<void>(loop->Run());
      },
      "Run may be called once");
}

TEST(EventLoopErrorTest, AForcedBackendThatIsNotThereIsNamed) {
  const auto available = test::UsableBackends();
  for (const Backend backend :
       {Backend::kEpoll, Backend::kKqueue, Backend::kIoUring}) {
    if (std::ranges::count(available, backend) != 0) continue;
    const auto loop = EventLoop::Create({.backend = backend});
    ASSERT_FALSE(loop);
    EXPECT_EQ(loop.status().code(), Error::kUnsupported);
    EXPECT_NE(loop.status().message().find(ToString(backend)),
              std::string::npos);
  }
}

TEST(EventLoopErrorTest, ATickOfNothingIsRefused) {
  const auto loop = EventLoop::Create({.timer_tick = nanoseconds(0)});
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.status().code(), Error::kInvalidArgument);
}

TEST(EventLoopErrorTest, RunReturnsTheErrorThatEndsWaiting) {
  ManualLoop manual;
  int runs = 0;
  manual.poller->outcome = Status::FromErrno(EBADF, "epoll_wait");
  EXPECT_TRUE(manual.loop->Post([&runs] { ++runs; }).ok());
  EXPECT_EQ(manual.loop->Run().code(), std::errc::bad_file_descriptor);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(manual.loop->Post([] {}).code(), Error::kStopped);
}

// ---- Exceptions -------------------------------------------------------------

TEST_P(EventLoopTest, LogsAndCountsExceptionsAndGoesOn) {
  const LogCapture log;
  LoopThread runner({.backend = GetParam()});
  EXPECT_TRUE(
      runner.loop().Post([] { throw std::runtime_error("oops"); }).ok());
  EXPECT_TRUE(runner.loop().Post([] { throw 5; }).ok());
  std::promise<void> fired;
  runner.loop().RunAfter(milliseconds(1), [&fired] {
    fired.set_value();
    throw std::runtime_error("too late");
  });
  fired.get_future().wait();
  EXPECT_TRUE(runner.Join().ok());
  EXPECT_EQ(runner.loop().exception_count(), 3U);
  EXPECT_EQ(log.Count("an exception left a task: oops"), 1U);
  EXPECT_EQ(log.Count("an exception left a task: of unknown type"), 1U);
  EXPECT_EQ(log.Count("an exception left a timer: too late"), 1U);
}

TEST(EventLoopTimerTest, APeriodicTimerSurvivesItsExceptions) {
  const LogCapture log;
  ManualLoop manual;
  int fired = 0;
  manual.loop->RunEvery(milliseconds(10), [&fired] {
    ++fired;
    throw std::runtime_error("each time");
  });
  manual.Pass(milliseconds(0));
  for (int i = 0; i < 3; ++i) manual.Pass(milliseconds(10));
  EXPECT_EQ(fired, 3);
  EXPECT_EQ(manual.loop->exception_count(), 3U);
}

// ---- Turns ------------------------------------------------------------------

class FlushRecorder final : public internal::TurnObserver {
 public:
  explicit FlushRecorder(std::vector<std::string>& order) : order_(order) {}
  void OnTurnEnd() override { order_.emplace_back("flush"); }

 private:
  std::vector<std::string>& order_;
};

TEST(EventLoopTurnTest, IsIoThenTasksThenTimersThenFlush) {
  ManualLoop manual;
  std::vector<std::string> order;
  FlushRecorder recorder(order);
  manual.loop->RunAfter(milliseconds(1), [&] { order.emplace_back("timer"); });
  manual.Pass(milliseconds(0));
  manual.loop->AtTurnEnd(recorder);
  EXPECT_TRUE(manual.loop->Post([&] { order.emplace_back("task"); }).ok());
  manual.poller->on_wait = [&] {
    order.emplace_back("io");
    EXPECT_TRUE(
        manual.loop->Post([&] { order.emplace_back("task of io"); }).ok());
  };
  manual.Pass(milliseconds(2));
  EXPECT_EQ(order, (std::vector<std::string>{"io", "task", "task of io",
                                             "timer", "flush"}));
}

TEST(EventLoopTurnTest, ATaskOfATaskRunsInTheNextTurnWhichDoesNotSleep) {
  ManualLoop manual;
  int runs = 0;
  EXPECT_TRUE(manual.loop
                  ->Post([&] {
                    EXPECT_TRUE(manual.loop->Post([&runs] { ++runs; }).ok());
                  })
                  .ok());
  manual.Pass(milliseconds(0));
  EXPECT_EQ(runs, 0);
  manual.Pass(milliseconds(0));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(manual.poller->timeouts.back(), nanoseconds(0));
}

TEST(EventLoopTurnTest, ATaskOfATimerRunsInTheNextTurnWhichDoesNotSleep) {
  ManualLoop manual;
  int runs = 0;
  manual.loop->RunAfter(milliseconds(1), [&] {
    EXPECT_TRUE(manual.loop->Post([&runs] { ++runs; }).ok());
  });
  manual.Pass(milliseconds(0));
  manual.Pass(milliseconds(2));
  EXPECT_EQ(runs, 0);
  manual.Pass(milliseconds(0));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(manual.poller->timeouts.back(), nanoseconds(0));
}

TEST(EventLoopTurnTest, SleepsForEverWhenThereIsNothingToDo) {
  ManualLoop manual;
  manual.Pass(milliseconds(0));
  manual.Pass(seconds(100));
  EXPECT_EQ(manual.poller->timeouts.back(), internal::Poller::kForever);
}

TEST(EventLoopTurnTest, SleepsUntilTheNextTimer) {
  ManualLoop manual;
  manual.loop->RunAfter(milliseconds(20), [] {});
  manual.Pass(milliseconds(0));
  manual.Pass(milliseconds(0));
  EXPECT_GT(manual.poller->timeouts.back(), milliseconds(0));
  EXPECT_LE(manual.poller->timeouts.back(), milliseconds(21));
}

TEST(EventLoopTurnTest, NowIsTheTimeOfTheTurnAlsoInItsEvents) {
  ManualLoop manual;
  manual.Pass(milliseconds(0));
  EXPECT_EQ(manual.loop->now(), manual.clock.Now());
  EventLoop::Clock::time_point seen;
  manual.poller->on_wait = [&] {
    manual.clock.Advance(seconds(5));  // it slept
    seen = manual.loop->now();
  };
  manual.Pass(milliseconds(0));
  EXPECT_EQ(seen, manual.clock.Now());
}

TEST(EventLoopTurnTest, NowStandsStillDuringATurn) {
  ManualLoop manual;
  manual.poller->on_wait = [&] {
    const auto before = manual.loop->now();
    manual.clock.Advance(seconds(1));
    EXPECT_EQ(manual.loop->now(), before);
  };
  manual.Pass(milliseconds(0));
}

// ---- Timers -----------------------------------------------------------------

TEST(EventLoopTimerTest, FiresWithinATickAfterItsDelay) {
  for (const int delay : {1, 5, 10, 50, 100, 500, 1000}) {
    ManualLoop manual;
    // At no round time of the wheel.
    manual.Pass(std::chrono::microseconds(300));
    const auto start = manual.clock.Now();
    nanoseconds fired(0);
    manual.loop->RunAfter(milliseconds(delay),
                          [&] { fired = manual.clock.Now() - start; });
    while (fired.count() == 0) manual.Pass(std::chrono::microseconds(100));
    EXPECT_GE(fired, milliseconds(delay));
    EXPECT_LE(fired, milliseconds(delay + 5));
  }
}

TEST(EventLoopTimerTest, IsNotEarlyWhenStartedLateInALongCallback) {
  ManualLoop manual;
  EventLoop::Clock::time_point due;
  bool fired = false;
  EXPECT_TRUE(manual.loop
                  ->Post([&] {
                    manual.loop->now();
                    manual.clock.Advance(seconds(1));
                    due = manual.clock.Now() + milliseconds(10);
                    manual.loop->RunAfter(milliseconds(10), [&] {
                      fired = true;
                      EXPECT_GE(manual.clock.Now(), due);
                    });
                  })
                  .ok());
  while (!fired) manual.Pass(milliseconds(1));
}

TEST(EventLoopTimerTest, ADelayBelowZeroIsNone) {
  ManualLoop manual;
  int fired = 0;
  manual.loop->RunAfter(-seconds(1), [&fired] { ++fired; });
  manual.Pass(milliseconds(0));
  manual.Pass(milliseconds(0));
  EXPECT_EQ(fired, 1);
}

TEST(EventLoopTimerTest, AbortsWithoutAPeriod) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(ManualLoop().loop->RunEvery(milliseconds(0), [] {}),
               "positive period");
}

TEST(EventLoopDeathTest, EmptyTasksAreRefusedWhereTheyAreGiven) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(static_cast<void>(ManualLoop().loop->Post(nullptr)),
               "empty task");
  EXPECT_DEATH(ManualLoop().loop->RunAfter(milliseconds(1), nullptr),
               "empty task");
  EXPECT_DEATH(ManualLoop().loop->RunEvery(milliseconds(1), nullptr),
               "empty task");
  EXPECT_DEATH(static_cast<void>(static_cast<EventLoop&>(*ManualLoop().loop)
                                     .Watch(0, Interest::kRead, nullptr)),
               "empty callback");
}

// ---- Memory -----------------------------------------------------------------

TEST(EventLoopTrimTest, UnusedMemoryGoesBackAndThenTheLoopSleepsForEver) {
  ManualLoop manual;
  auto& pool = manual.loop->pool();
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back(pool.Acquire(64 << 10));
  for (std::byte* block : blocks) pool.Release(block, 64 << 10);
  EXPECT_GT(pool.free_bytes(), 0U);
  int turns = 0;
  do {
    manual.Pass(seconds(2));
    ASSERT_LT(++turns, 20);
  } while (pool.free_bytes() > 0);
  manual.Pass(milliseconds(0));
  EXPECT_EQ(manual.poller->timeouts.back(), internal::Poller::kForever);
}

}  // namespace
}  // namespace eddy
