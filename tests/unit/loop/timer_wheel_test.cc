// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerWheelTest: deadlines are kept, whatever happens meanwhile.

#include "loop/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace eddy::internal {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using TimePoint = TimerWheel::TimePoint;

constexpr nanoseconds kTick = milliseconds(1);
// No multiple of a tick, as no clock is at the start of a program.
constexpr TimePoint kStart = TimePoint(hours(7) + microseconds(123));
constexpr nanoseconds kReachAtOneNanosecond(std::int64_t{1} << 36);
constexpr std::array<nanoseconds, 7> kDelays = {
    milliseconds(1),   milliseconds(5),   milliseconds(10), milliseconds(50),
    milliseconds(100), milliseconds(500), seconds(1)};

// A node that calls a function with itself, and leaves its wheel when it dies.
class Alarm : public TimerNode {
 public:
  using OnFire = std::function<void(Alarm&)>;

  Alarm(TimerWheel& wheel, OnFire on_fire)
      : TimerNode([](TimerNode& node) noexcept {
          auto& alarm = static_cast<Alarm&>(node);
          alarm.on_fire_(alarm);
        }),
        wheel_(wheel),
        on_fire_(std::move(on_fire)) {}
  ~Alarm() {
    if (is_scheduled()) wheel_.Cancel(*this);
  }

 private:
  TimerWheel& wheel_;
  OnFire on_fire_;
};

// A wheel, a clock that moves when it is told to, and a record of what fired.
class TimerWheelTest : public testing::Test {
 protected:
  // An alarm that writes `name` into fired().
  Alarm& Add(int name) {
    return Add([this, name](Alarm&) { fired_.push_back(name); });
  }
  Alarm& Add(Alarm::OnFire on_fire) {
    return alarms_.emplace_back(wheel_, std::move(on_fire));
  }
  void Advance(nanoseconds time) {
    now_ += time;
    wheel_.Advance(now_);
  }
  // As a loop does that has nothing else to wait for. Returns the number of
  // times that it wakes.
  int AdvanceUntilEmpty() {
    int count = 0;
    for (; const std::optional<TimePoint> next = wheel_.NextExpiry(); ++count) {
      now_ = *next;
      wheel_.Advance(now_);
    }
    return count;
  }
  const std::vector<int>& fired() const { return fired_; }

  TimePoint now_ = kStart;
  TimerWheel wheel_{kTick, kStart};

 private:
  std::vector<int> fired_;
  std::deque<Alarm> alarms_;
};

using Names = std::vector<int>;

TEST_F(TimerWheelTest, EachDelayIsKeptToTheTick) {
  for (const nanoseconds delay : kDelays) {
    SCOPED_TRACE(delay.count());
    now_ += microseconds(321);
    const TimePoint scheduled = now_;
    TimePoint fired;
    Alarm alarm(wheel_, [&](Alarm&) { fired = now_; });
    wheel_.Schedule(alarm, scheduled + delay);
    AdvanceUntilEmpty();
    EXPECT_GE(fired, scheduled + delay);
    EXPECT_LE(fired, scheduled + delay + kTick);
  }
}

TEST_F(TimerWheelTest, ANodeThatReArmsItselfKeepsEachOfItsDelays) {
  std::vector<TimePoint> fired = {now_};
  Alarm& alarm = Add([&](Alarm& self) {
    fired.push_back(now_);
    if (fired.size() > kDelays.size()) return;
    wheel_.Schedule(self, now_ + kDelays[fired.size() - 1]);
  });
  wheel_.Schedule(alarm, now_ + kDelays[0]);
  AdvanceUntilEmpty();
  ASSERT_EQ(fired.size(), kDelays.size() + 1);
  for (std::size_t i = 0; i < kDelays.size(); ++i) {
    EXPECT_GE(fired[i + 1], fired[i] + kDelays[i]);
    EXPECT_LE(fired[i + 1], fired[i] + kDelays[i] + kTick);
  }
}

TEST_F(TimerWheelTest, ADeadlineWithinATickWaitsForTheTicksEnd) {
  wheel_.Schedule(Add(1), kStart + kTick + nanoseconds(1));
  Advance(2 * kTick - nanoseconds(1));
  EXPECT_EQ(fired(), Names());
  Advance(nanoseconds(1));
  EXPECT_EQ(fired(), Names({1}));
}

TEST_F(TimerWheelTest, ADeadlineThatHasPassedFiresInTheNextAdvance) {
  Advance(10 * kTick);
  wheel_.Schedule(Add(1), now_ - 3 * kTick);
  wheel_.Schedule(Add(2), now_);
  wheel_.Schedule(Add(3), kStart - hours(1));
  wheel_.Schedule(Add(4), TimePoint::min());
  EXPECT_EQ(wheel_.NextExpiry(), now_);
  Advance(nanoseconds(0));
  EXPECT_EQ(fired(), Names({1, 2, 3, 4}));
  EXPECT_TRUE(wheel_.empty());
}

TEST_F(TimerWheelTest, NodesOfATickFireInTheOrderTheyWereScheduled) {
  const TimePoint due = kStart + 5 * kTick;
  for (int name = 1; name <= 4; ++name) wheel_.Schedule(Add(name), due);
  Advance(5 * kTick);
  EXPECT_EQ(fired(), Names({1, 2, 3, 4}));
}

TEST_F(TimerWheelTest, NodesOfATickFireInOrderFromWhateverDistance) {
  const TimePoint due = kStart + 300'000 * kTick;
  int name = 0;
  for (const int ticks_before : {300'000, 270'000, 5'000, 4'100, 70, 65, 2}) {
    wheel_.Advance(due - ticks_before * kTick);
    wheel_.Schedule(Add(++name), due);
    wheel_.Schedule(Add(++name), due);
  }
  wheel_.Advance(due);
  EXPECT_EQ(fired(), Names({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
}

TEST_F(TimerWheelTest, OneAdvanceFiresInTheOrderOfTicks) {
  for (const int ticks : {5'000, 70, 300'000, 1, 64, 4'096, 63}) {
    wheel_.Schedule(Add(ticks), kStart + ticks * kTick);
  }
  Advance(hours(1));
  EXPECT_EQ(fired(), Names({1, 63, 64, 70, 4'096, 5'000, 300'000}));
}

TEST_F(TimerWheelTest, ACancelledNodeDoesNotFire) {
  Alarm& cancelled = Add(1);
  wheel_.Schedule(cancelled, kStart + kTick);
  wheel_.Schedule(Add(2), kStart + kTick);
  wheel_.Cancel(cancelled);
  EXPECT_FALSE(cancelled.is_scheduled());
  EXPECT_EQ(wheel_.size(), 1u);
  Advance(kTick);
  EXPECT_EQ(fired(), Names({2}));
}

TEST_F(TimerWheelTest, ANodeIsNoLongerScheduledWhileItFires) {
  bool was_scheduled = true;
  Alarm& alarm = Add([&](Alarm& self) { was_scheduled = self.is_scheduled(); });
  wheel_.Schedule(alarm, kStart + kTick);
  Advance(kTick);
  EXPECT_FALSE(was_scheduled);
}

TEST_F(TimerWheelTest, ANodeMayCancelItsNeighboursWhileItFires) {
  Alarm& before = Add(1);
  Alarm& next = Add(2);
  Alarm& last = Add(3);
  Alarm& killer = Add([&](Alarm&) {
    wheel_.Cancel(next);
    wheel_.Cancel(last);
  });
  for (Alarm* alarm : {&before, &killer, &next, &last}) {
    wheel_.Schedule(*alarm, kStart + kTick);
  }
  Advance(kTick);
  EXPECT_EQ(fired(), Names({1}));
  EXPECT_TRUE(wheel_.empty());
}

TEST_F(TimerWheelTest, ANodeThatIsDueAlreadyCanStillBeCancelledByItsNeighbour) {
  Alarm& victim = Add(1);
  Alarm& killer = Add([&](Alarm&) { wheel_.Cancel(victim); });
  wheel_.Schedule(killer, kStart);
  wheel_.Schedule(victim, kStart);
  Advance(kTick);
  EXPECT_EQ(fired(), Names());
}

TEST_F(TimerWheelTest, ANodeMayReArmAndCancelItselfWhileItFires) {
  int count = 0;
  Alarm& alarm = Add([&](Alarm& self) {
    ++count;
    wheel_.Schedule(self, now_);
    wheel_.Cancel(self);
  });
  wheel_.Schedule(alarm, kStart + kTick);
  Advance(kTick);
  Advance(hours(1));
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(wheel_.empty());
}

TEST_F(TimerWheelTest, ANodeMayDieWhileItFires) {
  std::unique_ptr<Alarm> mortal;
  mortal = std::make_unique<Alarm>(wheel_, [&](Alarm&) { mortal.reset(); });
  wheel_.Schedule(*mortal, kStart + kTick);
  wheel_.Schedule(Add(1), kStart + kTick);
  Advance(kTick);
  EXPECT_EQ(mortal, nullptr);
  EXPECT_EQ(fired(), Names({1}));
}

TEST_F(TimerWheelTest, ANodeThatReArmsItselfForNowWaitsForTheNextAdvance) {
  int count = 0;
  Alarm& alarm = Add([&](Alarm& self) {
    ++count;
    wheel_.Schedule(self, now_);
  });
  wheel_.Schedule(alarm, kStart);
  for (int calls = 1; calls <= 3; ++calls) {
    Advance(nanoseconds(0));
    EXPECT_EQ(count, calls);
    EXPECT_EQ(wheel_.NextExpiry(), now_);
  }
}

TEST_F(TimerWheelTest, ANodeThatReArmsItselfForItsOwnTickWaitsInALateAdvance) {
  int count = 0;
  Alarm& alarm = Add([&](Alarm& self) {
    ++count;
    wheel_.Schedule(self, kStart + kTick);
  });
  wheel_.Schedule(alarm, kStart + kTick);
  Advance(hours(1));
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(alarm.is_scheduled());
}

TEST_F(TimerWheelTest, ALateAdvanceFiresAPeriodicNodeOncePerPeriod) {
  int count = 0;
  TimePoint due = kStart + 10 * kTick;
  Alarm& alarm = Add([&](Alarm& self) {
    ++count;
    wheel_.Schedule(self, due += 10 * kTick);
  });
  wheel_.Schedule(alarm, due);
  Advance(100 * kTick);
  EXPECT_EQ(count, 10);
}

TEST_F(TimerWheelTest, TimeThatStandsStillOrGoesBackIsHarmless) {
  Advance(seconds(10));
  wheel_.Schedule(Add(1), now_ + kTick);
  Advance(nanoseconds(0));
  Advance(-seconds(5));
  Advance(-hours(6));
  Advance(hours(6) + seconds(5));
  EXPECT_EQ(fired(), Names());
  Advance(kTick);
  EXPECT_EQ(fired(), Names({1}));
}

TEST_F(TimerWheelTest, NextExpiryIsNothingForAnEmptyWheel) {
  EXPECT_EQ(wheel_.NextExpiry(), std::nullopt);
  Alarm& alarm = Add(1);
  wheel_.Schedule(alarm, kStart + hours(1));
  wheel_.Cancel(alarm);
  EXPECT_EQ(wheel_.NextExpiry(), std::nullopt);
}

TEST_F(TimerWheelTest, NextExpiryIsExactWithinSixtyThreeTicks) {
  for (const int ticks : {63, 40, 7}) {
    wheel_.Schedule(Add(ticks), kStart + ticks * kTick);
    EXPECT_EQ(wheel_.NextExpiry(), kStart + ticks * kTick);
  }
}

TEST_F(TimerWheelTest, NextExpiryHeedsAHigherLevelThatComesFirst) {
  Advance(60 * kTick);
  wheel_.Schedule(Add(1), now_ + 64 * kTick);
  Advance(3 * kTick);
  wheel_.Schedule(Add(2), now_ + 63 * kTick);
  ASSERT_TRUE(wheel_.NextExpiry());
  EXPECT_LE(*wheel_.NextExpiry(), kStart + 124 * kTick);
  AdvanceUntilEmpty();
  EXPECT_EQ(fired(), Names({1, 2}));
}

TEST_F(TimerWheelTest, AnHoursTimerWakesTheLoopAtMostOncePerLevel) {
  const TimePoint due = kStart + hours(1);
  wheel_.Schedule(Add(1), due);
  EXPECT_LE(AdvanceUntilEmpty(), 6);
  EXPECT_EQ(fired(), Names({1}));
  EXPECT_EQ(now_, due);
}

TEST_F(TimerWheelTest, AnEndlessDeadlineIsHarmless) {
  Alarm& endless = Add(1);
  wheel_.Schedule(endless, TimePoint::max());
  wheel_.Schedule(Add(2), kStart + kTick);
  EXPECT_EQ(wheel_.NextExpiry(), kStart + kTick);
  Advance(hours(24 * 365 * 100));
  EXPECT_EQ(fired(), Names({2}));
  EXPECT_TRUE(endless.is_scheduled());
  EXPECT_GT(wheel_.NextExpiry(), now_);
}

TEST(TimerWheelReachTest, TicksOfYearsDoNotOverflow) {
  TimerWheel wheel(hours(24 * 365 * 200), kStart);
  Alarm alarm(wheel, [](Alarm&) {});
  wheel.Schedule(alarm, TimePoint::max());
  EXPECT_LE(wheel.NextExpiry(), TimePoint::max());
  EXPECT_GT(wheel.NextExpiry(), kStart);
}

TEST(TimerWheelReachTest, DeadlinesBeyondReachAreKeptToTheTick) {
  TimerWheel wheel(nanoseconds(1), kStart);
  TimePoint now = kStart;
  for (const int turns : {1, 2, 7}) {
    SCOPED_TRACE(turns);
    TimePoint fired;
    Alarm alarm(wheel, [&](Alarm&) { fired = now; });
    const TimePoint due = now + turns * kReachAtOneNanosecond + seconds(1);
    wheel.Schedule(alarm, due);
    while (const std::optional<TimePoint> next = wheel.NextExpiry()) {
      now = *next;
      wheel.Advance(now);
    }
    EXPECT_EQ(fired, due);
  }
}

TEST(TimerWheelReachTest, NodesOfATickFireInOrderAlsoFromBeyondReach) {
  TimerWheel wheel(nanoseconds(1), kStart);
  std::vector<int> fired;
  std::deque<Alarm> alarms;
  const TimePoint due = kStart + 5 * kReachAtOneNanosecond / 2;
  for (int i = 0; i < 10; ++i) {
    wheel.Advance(kStart + i * kReachAtOneNanosecond / 4);
    Alarm& alarm =
        alarms.emplace_back(wheel, [&fired, i](Alarm&) { fired.push_back(i); });
    wheel.Schedule(alarm, due);
  }
  wheel.Advance(due);
  EXPECT_EQ(fired, Names({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

// With a loop over its 360 million million ticks this test would not end.
TEST(TimerWheelReachTest, AdvanceLeapsOverEmptyTime) {
  TimerWheel wheel(nanoseconds(1), kStart);
  int count = 0;
  Alarm alarm(wheel, [&](Alarm&) { ++count; });
  wheel.Schedule(alarm, kStart + hours(100));
  wheel.Advance(kStart + hours(100) - nanoseconds(1));
  EXPECT_EQ(count, 0);
  wheel.Advance(kStart + hours(100));
  EXPECT_EQ(count, 1);
}

TEST(TimerWheelScaleTest, AMillionTimersFireOnceEachAndOnTime) {
  constexpr std::size_t kCount = 1'000'000;
  struct Timer : TimerNode {
    Timer() : TimerNode(&Timer::OnFire) {}
    static void OnFire(TimerNode& node) noexcept {
      auto& timer = static_cast<Timer&>(node);
      ++timer.count;
      timer.fired = *timer.clock;
    }
    const TimePoint* clock = nullptr;
    TimePoint due, fired;
    int count = 0;
  };
  TimePoint now = kStart;
  TimerWheel wheel(kTick, kStart);
  std::minstd_rand random(1);
  std::vector<Timer> timers(kCount);
  for (Timer& timer : timers) {
    timer.clock = &now;
    timer.due = now + random() % 3'600'000 * milliseconds(1);
    wheel.Schedule(timer, timer.due);
  }
  EXPECT_EQ(wheel.size(), kCount);
  while (!wheel.empty()) wheel.Advance(now += 50 * kTick);
  const auto is_right = [](const Timer& timer) {
    return timer.count == 1 && timer.fired >= timer.due &&
           timer.fired < timer.due + 50 * kTick + kTick;
  };
  EXPECT_EQ(std::count_if(timers.begin(), timers.end(), is_right), kCount);
}

TEST(TimerWheelDeathTest, AWheelMustNotDieBeforeItsNodesAreCancelled) {
  EXPECT_DEATH(
      {
        TimerNode node([](TimerNode&) noexcept {});
        TimerWheel wheel(kTick, kStart);
        wheel.Schedule(node, kStart);
      },
      "cancel every node");
}

TEST(TimerWheelDeathTest, ATickMustBePositive) {
  EXPECT_DEATH(TimerWheel(nanoseconds(0), kStart), "tick must be positive");
}

}  // namespace
}  // namespace eddy::internal
