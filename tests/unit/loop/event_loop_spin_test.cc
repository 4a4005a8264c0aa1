// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SpinTest: when a loop polls before it sleeps.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "eddy/event_loop.h"
#include "support/idle_poller.h"

namespace eddy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::ManualLoop;

// SpinningLoop: whose waits take time, and which counts those without a spin.
class SpinningLoop {
 public:
  explicit SpinningLoop(nanoseconds spin = microseconds(50))
      : loop_({.timer_tick = microseconds(10), .spin = spin}) {
    loop_.poller->on_wait = [this] {
      loop_.clock.Advance(microseconds(10));
      if (has_event) loop_.poller->CountEvent();
    };
  }

  // How many polls came before the sleep of the next turn.
  std::size_t CountPolls() {
    auto& timeouts = loop_.poller->timeouts;
    timeouts.clear();
    EXPECT_TRUE(loop_.loop->Turn().ok());
    return static_cast<std::size_t>(
        std::count(timeouts.begin(), timeouts.end(), nanoseconds(0)));
  }
  bool has_slept() const {
    return loop_.poller->timeouts.back() > nanoseconds(0);
  }
  EventLoop& loop() { return *loop_.loop; }

  bool has_event = false;  // in each wait

 private:
  ManualLoop loop_;
};

TEST(SpinTest, ALoopPollsForSoLongBeforeItSleeps) {
  SpinningLoop loop;
  EXPECT_EQ(loop.CountPolls(), 5U);
  EXPECT_TRUE(loop.has_slept());
}

TEST(SpinTest, WhatAPollFindsEndsTheWait) {
  SpinningLoop loop;
  loop.has_event = true;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(loop.CountPolls(), 1U);
    EXPECT_FALSE(loop.has_slept());
  }
}

TEST(SpinTest, SpinsThatFindNothingAreMadeRarer) {
  SpinningLoop loop;
  std::string spins;
  for (int i = 0; i < 32; ++i) spins += loop.CountPolls() > 0 ? 'x' : '.';
  EXPECT_EQ(spins, "x.x...x.......x...............x.");
}

TEST(SpinTest, OneThatFindsSomethingMakesUpForAll) {
  SpinningLoop loop;
  for (int i = 0; i < 31; ++i) loop.CountPolls();
  loop.has_event = true;
  for (int i = 0; i < 64 && loop.CountPolls() == 0; ++i) {
  }
  loop.has_event = false;
  EXPECT_EQ(loop.CountPolls(), 5U);
}

// A poll that ends with the timer saved a sleep, and is none in vain.
TEST(SpinTest, ATimerThatIsNearIsAwaitedByPolls) {
  SpinningLoop loop;
  int fired = 0;
  loop.loop().RunEvery(microseconds(40), [&fired] { ++fired; });
  for (int i = 0; i < 100; ++i) {
    loop.CountPolls();
    EXPECT_FALSE(loop.has_slept());
  }
  EXPECT_GT(fired, 10);
}

// Or a loop with a timer that comes again and again would never sleep.
TEST(SpinTest, ATimerThatIsFurtherOffDoesNotMakeSpinsPay) {
  SpinningLoop loop(milliseconds(1));
  loop.loop().RunEvery(microseconds(500), [] {});
  int slept = 0;
  for (int i = 0; i < 100; ++i) {
    loop.CountPolls();
    if (loop.has_slept()) ++slept;
  }
  EXPECT_GT(slept, 50);
}

}  // namespace
}  // namespace eddy
