// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WaitTest: Wait and Wake on every backend.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "conformance/request.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

class WaitTest : public PollerTest {};
EDDY_ON_EVERY_BACKEND(WaitTest);

TEST_P(WaitTest, ZeroDoesNotWait) {
  // If it did, this would never end.
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(poller().Wait(nanoseconds(0)).ok());
  }
}

TEST_P(WaitTest, AWakeThatCameFirstEndsTheNextWait) {
  poller().Wake();
  EXPECT_TRUE(poller().Wait(Poller::kForever).ok());
}

TEST_P(WaitTest, AnotherThreadEndsAWait) {
  std::thread waker([&] { poller().Wake(); });
  EXPECT_TRUE(poller().Wait(Poller::kForever).ok());
  waker.join();
}

// Each Wake is preceded by a store; no Wait may sleep on an unseen one.
TEST_P(WaitTest, NoWakeIsLost) {
  constexpr int kRounds = 5000;
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
  std::thread waker([&] {
    for (int round = 1; round <= kRounds; ++round) {
      asked.store(round);
      poller().Wake();
      while (answered.load() < round) std::this_thread::yield();
    }
  });
  while (answered.load() < kRounds) {
    EXPECT_TRUE(poller().Wait(Poller::kForever).ok());
    answered.store(asked.load());
  }
  waker.join();
}

TEST_P(WaitTest, ManyWakesOfManyThreadsEndOnce) {
  std::vector<std::thread> wakers;
  for (int i = 0; i < 4; ++i) {
    wakers.emplace_back([&] {
      for (int wake = 0; wake < 20000; ++wake) poller().Wake();
    });
  }
  EXPECT_TRUE(poller().Wait(Poller::kForever).ok());
  for (std::thread& waker : wakers) waker.join();
  // However many they were, they end: a Wait sleeps again.
  int returns = 0;
  const auto deadline = Clock::now() + milliseconds(50);
  while (Clock::now() < deadline) {
    EXPECT_TRUE(poller().Wait(milliseconds(50)).ok());
    ++returns;
  }
  EXPECT_LT(returns, 10);
}

TEST_P(WaitTest, AWaitThatToldNothingCountsNoEvent) {
  Settle();
  EXPECT_EQ(poller().event_count(), 0U);
}

// A loop that spins sees by the count whether there is something to do.
TEST_P(WaitTest, AWaitThatToldSomethingCountsIt) {
  SocketPair pair = TcpPair();
  RecordingTransport transport(poller(), std::move(pair.ours));
  Request request(-1, Operation::Kind::kRead, "?");
  const auto expect_count = [&](auto is_told) {
    std::uint64_t before = 0;
    while (!is_told()) {
      before = poller().event_count();
      ASSERT_TRUE(poller().Wait(Poller::kForever).ok());
    }
    EXPECT_GT(poller().event_count(), before);
  };
  ASSERT_TRUE(transport.Open().ok());
  WriteAll(pair.peer.get(), "x");
  expect_count([&] { return !transport.received.empty(); });
  poller().Submit(request);
  expect_count([&] { return request.outcome.has_value(); });
  transport.Close();
  expect_count([&] { return transport.is_closed(); });
}

class WaitRealTimeTest : public PollerTest {};
EDDY_ON_EVERY_BACKEND(WaitRealTimeTest);

// A signal may end a Wait early, and the kernel sends something of the kind for
// some time after a ring, such as the last test's, has been closed.
constexpr int kMaxInterruptions = 20;

TEST_P(WaitRealTimeTest, NothingEndsAWaitTooEarly) {
  for (const nanoseconds timeout :
       {nanoseconds(1), nanoseconds(300'000), nanoseconds(1'500'000),
        nanoseconds(20'000'000)}) {
    nanoseconds longest(0);
    for (int i = 0; i < kMaxInterruptions && longest < timeout; ++i) {
      const auto start = Clock::now();
      EXPECT_TRUE(poller().Wait(timeout).ok());
      longest = std::max<nanoseconds>(longest, Clock::now() - start);
    }
    EXPECT_GE(longest, timeout);
  }
}

TEST_P(WaitRealTimeTest, ATimeoutEndsAWait) {
  const auto start = Clock::now();
  EXPECT_TRUE(poller().Wait(milliseconds(5)).ok());
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
}

TEST_P(WaitRealTimeTest, AVeryLongTimeoutIsALongOne) {
  std::atomic<bool> is_woken = false;
  std::thread waker([&] {
    std::this_thread::sleep_for(milliseconds(30));
    is_woken = true;
    poller().Wake();
  });
  for (int i = 0; i < kMaxInterruptions && !is_woken; ++i) {
    EXPECT_TRUE(poller().Wait(Poller::kForever - nanoseconds(1)).ok());
  }
  EXPECT_TRUE(is_woken);
  waker.join();
}

}  // namespace
}  // namespace eddy::test
