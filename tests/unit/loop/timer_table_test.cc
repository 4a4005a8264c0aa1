// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerTableTest: ids, cancelling, periods.

#include "loop/timer_table.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "support/idle_poller.h"

namespace eddy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Calls `function` on another thread, for which the loop is not its own.
template <typename Function>
void Elsewhere(Function function) {
  std::thread(function).join();
}

class TimerTableTest : public ::testing::Test {
 protected:
  internal::LoopCore& loop() { return *manual_.loop; }
  // A step of ManualLoop::Run.
  auto Advance(nanoseconds by) {
    return [this, by] { manual_.clock.Advance(by); };
  }
  auto Start(nanoseconds delay) {
    return
        [this, delay] { id_ = loop().RunAfter(delay, [this] { ++fired_; }); };
  }
  auto StartPeriodic(nanoseconds period) {
    return
        [this, period] { id_ = loop().RunEvery(period, [this] { ++fired_; }); };
  }
  auto Cancel(bool expected) {
    return [this, expected] { EXPECT_EQ(loop().Cancel(id_), expected); };
  }

  test::ManualLoop manual_;
  TimerId id_;
  int fired_ = 0;
};

TEST_F(TimerTableTest, ACancelledTimerDoesNotFire) {
  manual_.Run({Start(milliseconds(10)), Advance(milliseconds(5)), Cancel(true),
               Advance(hours(1))});
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, CancellingTwiceIsFalseTheSecondTime) {
  manual_.Run({Start(milliseconds(10)), Cancel(true), Cancel(false)});
}

TEST_F(TimerTableTest, ATimerThatHasFiredCannotBeCancelled) {
  manual_.Run(
      {Start(milliseconds(10)), Advance(milliseconds(11)), Cancel(false)});
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTableTest, NoTimerIsNoTimer) {
  manual_.Run({Cancel(false)});
  EXPECT_FALSE(id_);
}

TEST_F(TimerTableTest, AnIdOfAnotherLoopCancelsNothingHere) {
  test::ManualLoop other;
  manual_.Run({Start(milliseconds(10)),
               [&] { EXPECT_FALSE(other.loop->Cancel(id_)); },
               Advance(milliseconds(11))});
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTableTest, AnIdNeverNamesALaterTimer) {
  std::vector<TimerId> old;
  std::vector<std::function<void()>> steps;
  for (int i = 0; i < 10; ++i) {
    steps.emplace_back([&] {
      old.push_back(loop().RunAfter(milliseconds(1), [] {}));
      manual_.clock.Advance(milliseconds(5));
    });
  }
  // It has the place that all of them had.
  steps.emplace_back(Start(milliseconds(1)));
  steps.emplace_back([&] {
    for (const TimerId id : old) EXPECT_FALSE(loop().Cancel(id));
  });
  steps.emplace_back(Advance(milliseconds(5)));
  manual_.Run(std::move(steps));
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTableTest, IdsOfAllThreadsDiffer) {
  std::set<TimerId> ids;
  const auto add = [&] {
    for (int i = 0; i < 100; ++i) ids.insert(loop().RunAfter(hours(1), [] {}));
  };
  manual_.Run({add, [&] { Elsewhere(add); }, add});
  EXPECT_EQ(ids.size(), 300U);
}

TEST_F(TimerTableTest, ATimerCancelsItselfInVain) {
  bool answer = true;
  manual_.Run({[&] {
                 id_ = loop().RunAfter(milliseconds(1),
                                       [&] { answer = loop().Cancel(id_); });
               },
               Advance(milliseconds(2))});
  EXPECT_FALSE(answer);
}

TEST_F(TimerTableTest, APeriodicTimerEndsItself) {
  manual_.Run({[&] {
                 id_ = loop().RunEvery(milliseconds(1), [this] {
                   const bool is_last = ++fired_ == 3;
                   EXPECT_EQ(is_last && loop().Cancel(id_), is_last);
                 });
               },
               Advance(milliseconds(1)), Advance(milliseconds(1)),
               Advance(milliseconds(1)), Advance(milliseconds(1)),
               Cancel(false)});
  EXPECT_EQ(fired_, 3);
}

TEST_F(TimerTableTest, APeriodicTimerThatEndedItselfLeavesItsPlaceToAnother) {
  int replacement = 0;
  manual_.Run({[&] {
                 id_ = loop().RunEvery(milliseconds(1), [&] {
                   ++fired_;
                   loop().Cancel(id_);
                   loop().RunEvery(milliseconds(1), [&] { ++replacement; });
                 });
               },
               Advance(milliseconds(1)), Advance(milliseconds(1)),
               Advance(milliseconds(1))});
  EXPECT_EQ(fired_, 1);
  EXPECT_EQ(replacement, 2);
}

TEST_F(TimerTableTest, ATimerCancelsOthersThatAreDueWithIt) {
  TimerId first;
  TimerId second;
  const auto cancel_other = [&](TimerId& other) {
    ++fired_;
    EXPECT_TRUE(loop().Cancel(other));
  };
  manual_.Run({[&] {
                 first = loop().RunAfter(milliseconds(1),
                                         [&] { cancel_other(second); });
                 second = loop().RunAfter(milliseconds(1),
                                          [&] { cancel_other(first); });
               },
               Advance(milliseconds(2))});
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTableTest, ATimerOfAnotherThreadFires) {
  manual_.Run(
      {[&] { Elsewhere(Start(milliseconds(10))); }, Advance(milliseconds(11))});
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTableTest, TheDelayCountsFromTheCallOnTheOtherThread) {
  manual_.Run({[&] {
                 Elsewhere(Start(milliseconds(10)));
                 // The loop takes it in later.
                 manual_.clock.Advance(milliseconds(10));
               },
               [] {}});
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTableTest, AnotherThreadsCancelIsARequestThatIsTaken) {
  manual_.Run({Start(milliseconds(10)), [&] { Elsewhere(Cancel(true)); },
               Advance(milliseconds(11))});
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, TheLoopCancelsATimerOfAnotherThread) {
  manual_.Run({[&] { Elsewhere(Start(milliseconds(10))); },
               Advance(milliseconds(5)), Cancel(true), Cancel(false),
               Advance(milliseconds(11))});
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, TheLoopCancelsATimerThatItHasNotTakenInYet) {
  manual_.Run({[&] {
                 Elsewhere(Start(milliseconds(10)));
                 EXPECT_TRUE(loop().Cancel(id_));
                 EXPECT_FALSE(loop().Cancel(id_));
               },
               Advance(milliseconds(11)), [] {}});
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, AnotherThreadCancelsItsTimerBeforeTheLoopTakesItIn) {
  manual_.Run({[&] {
                 Elsewhere([&] {
                   Start(milliseconds(10))();
                   Cancel(true)();
                 });
               },
               Advance(milliseconds(11)), [] {}});
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, APeriodicTimerOfAnotherThreadIsCancelledByItsFirstId) {
  manual_.Run({[&] { Elsewhere(StartPeriodic(milliseconds(10))); },
               Advance(milliseconds(10)), Advance(milliseconds(10)),
               Cancel(true), Advance(milliseconds(10))});
  EXPECT_EQ(fired_, 2);
}

TEST_F(TimerTableTest, AStoppedLoopTakesNoTimer) {
  loop().Stop();
  Start(milliseconds(1))();
  EXPECT_FALSE(id_);
}

TEST_F(TimerTableTest, AStoppingLoopGivesItsOwnTasksNoTimer) {
  manual_.Run({[&] {
    loop().Stop();
    Start(milliseconds(1))();
  }});
  EXPECT_FALSE(id_);
}

TEST_F(TimerTableTest, WhatATimerHoldsIsFreedWhenItIsCancelled) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> seen = held;
  manual_.Run({[&] {
                 id_ = loop().RunAfter(milliseconds(10), [held] {});
                 held.reset();
                 EXPECT_FALSE(seen.expired());
               },
               Cancel(true), [&] { EXPECT_TRUE(seen.expired()); }});
}

// Cancels a timer when it dies.
class Canceller {
 public:
  Canceller(EventLoop& loop, TimerId id) : loop_(loop), id_(id) {}
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  ~Canceller() { loop_.Cancel(id_); }

 private:
  EventLoop& loop_;
  TimerId id_;
};

TEST_F(TimerTableTest, WhatATimerHoldsMayCancelAnotherWhenItDies) {
  manual_.Run({[&] {
                 Start(milliseconds(10))();
                 auto holder = std::make_shared<Canceller>(loop(), id_);
                 loop().RunAfter(milliseconds(1), [holder] {});
               },
               Advance(milliseconds(2)), Advance(milliseconds(20))});
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, TimersMayHoldWhatCancelsTimersWhenTheLoopDies) {
  manual_.Run({[&] {
    for (int i = 0; i < 10; ++i) {
      Start(hours(1))();
      auto holder = std::make_shared<Canceller>(loop(), id_);
      loop().RunAfter(hours(1), [holder] {});
    }
  }});
  manual_.loop.reset();
  EXPECT_EQ(fired_, 0);
}

TEST_F(TimerTableTest, PeriodsAreCountedExactlyAndDoNotDrift) {
  constexpr milliseconds kPeriod(10);
  const auto start = manual_.clock.Now();
  std::vector<nanoseconds> late;
  std::vector<std::function<void()>> steps = {[&] {
    loop().RunEvery(kPeriod, [&] {
      ++fired_;
      late.push_back(manual_.clock.Now() - start - fired_ * kPeriod);
    });
  }};
  // Turns that come at no round time.
  constexpr std::chrono::microseconds kStep(1370);
  constexpr int kSteps = 73000;
  for (int i = 0; i < kSteps; ++i) steps.emplace_back(Advance(kStep));
  manual_.Run(std::move(steps));
  EXPECT_EQ(fired_, kSteps * kStep / kPeriod);
  for (const nanoseconds each : late) {
    ASSERT_GE(each.count(), 0);
    ASSERT_LE(each, kStep + milliseconds(1));
  }
}

TEST_F(TimerTableTest, MissedPeriodsBecomeOneCallAndThePhaseStays) {
  const auto start = manual_.clock.Now();
  std::vector<nanoseconds> times;
  std::vector<std::function<void()>> steps = {[&] {
    loop().RunEvery(milliseconds(10),
                    [&] { times.push_back(manual_.clock.Now() - start); });
  }};
  for (const int by : {10, 35, 5, 10}) {
    steps.emplace_back(Advance(milliseconds(by)));
  }
  manual_.Run(std::move(steps));
  EXPECT_EQ(times,
            (std::vector<nanoseconds>{milliseconds(10), milliseconds(45),
                                      milliseconds(50), milliseconds(60)}));
}

TEST_F(TimerTableTest, APeriodLongerThanTimeItselfDoesNoHarm) {
  manual_.Run({StartPeriodic(nanoseconds::max()), Start(nanoseconds::max()),
               Advance(hours(24 * 365)), Cancel(true)});
  EXPECT_EQ(fired_, 0);
}

}  // namespace
}  // namespace eddy
