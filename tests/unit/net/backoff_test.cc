// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// BackoffTest: growth, cap, jitter, and what is refused.

#include "net/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <vector>

namespace eddy::internal {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds kTick(1);

RetryOptions WithoutJitter() { return {.jitter = 0}; }

TEST(BackoffTest, GrowsByTheFactorUpToTheCap) {
  RetryOptions options = WithoutJitter();
  options.max_delay = seconds(1);
  Backoff backoff(options, kTick, 1);
  for (const int delay : {100, 200, 400, 800, 1000, 1000, 1000}) {
    EXPECT_EQ(backoff.Next(), milliseconds(delay));
  }
}

TEST(BackoffTest, ResetBeginsAnew) {
  Backoff backoff(WithoutJitter(), kTick, 1);
  backoff.Next();
  backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), milliseconds(100));
  EXPECT_EQ(backoff.Next(), milliseconds(200));
}

TEST(BackoffTest, JitterMovesEachDelayByUpToItsShareEitherWay) {
  RetryOptions options;
  options.max_delay = options.initial_delay;
  options.jitter = 0.2;
  Backoff backoff(options, kTick, 1);
  std::set<nanoseconds> delays;
  for (int i = 0; i < 10'000; ++i) delays.insert(backoff.Next());
  EXPECT_GE(*delays.begin(), milliseconds(80));
  EXPECT_LE(*delays.rbegin(), milliseconds(120));
  // It uses all of that, and seldom the same twice.
  EXPECT_LT(*delays.begin(), milliseconds(81));
  EXPECT_GT(*delays.rbegin(), milliseconds(119));
  EXPECT_GT(delays.size(), 9'900U);
}

TEST(BackoffTest, JitterDoesNotAddUp) {
  RetryOptions options;
  options.jitter = 1;
  options.max_delay = seconds(1);
  Backoff backoff(options, kTick, 1);
  for (const int delay : {100, 200, 400, 800, 1000, 1000, 1000}) {
    const nanoseconds next = backoff.Next();
    EXPECT_GE(next, kTick);
    EXPECT_LE(next, 2 * milliseconds(delay));
  }
}

TEST(BackoffTest, SeedsMakeTheDifference) {
  std::vector<nanoseconds> delays;
  for (const std::uint64_t seed : {1U, 1U, 2U}) {
    delays.push_back(Backoff({}, kTick, seed).Next());
  }
  EXPECT_EQ(delays[0], delays[1]);
  EXPECT_NE(delays[0], delays[2]);
}

TEST(BackoffTest, NoDelayIsShorterThanATick) {
  RetryOptions options;
  options.initial_delay = nanoseconds(0);
  options.max_delay = nanoseconds(0);
  Backoff backoff(options, kTick, 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(backoff.Next(), kTick);
}

TEST(BackoffTest, FromZeroItGrows) {
  RetryOptions options = WithoutJitter();
  options.initial_delay = nanoseconds(0);
  Backoff backoff(options, kTick, 1);
  nanoseconds last{0};
  for (int i = 0; i < 60; ++i) last = backoff.Next();
  EXPECT_EQ(last, options.max_delay);
}

TEST(BackoffTest, ACapBelowTheFirstDelayHolds) {
  RetryOptions options = WithoutJitter();
  options.max_delay = milliseconds(7);
  Backoff backoff(options, kTick, 1);
  EXPECT_EQ(backoff.Next(), milliseconds(7));
  EXPECT_EQ(backoff.Next(), milliseconds(7));
}

TEST(BackoffTest, HugeDelaysDoNotOverflow) {
  RetryOptions options;
  options.initial_delay = nanoseconds::max();
  options.max_delay = nanoseconds::max();
  options.factor = std::numeric_limits<double>::infinity();
  options.jitter = 1;
  Backoff backoff(options, kTick, 1);
  for (int i = 0; i < 100; ++i) EXPECT_GE(backoff.Next(), kTick);
}

TEST(BackoffTest, TheDefaultsAreRight) { EXPECT_TRUE(Backoff::Check({}).ok()); }

TEST(BackoffTest, OptionsThatNoDelaysCanBeMadeOfAreRefused) {
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  std::vector<RetryOptions> wrong(9);
  wrong[0].initial_delay = nanoseconds(-1);
  wrong[1].max_delay = nanoseconds(-1);
  wrong[2].stable_after = nanoseconds(-1);
  wrong[3].factor = 0.99;
  wrong[4].factor = no_number;
  wrong[5].jitter = -0.01;
  wrong[6].jitter = 1.01;
  wrong[7].jitter = no_number;
  wrong[8].factor = -std::numeric_limits<double>::infinity();
  for (const RetryOptions& options : wrong) {
    const Status status = Backoff::Check(options);
    EXPECT_EQ(status.code(), Error::kInvalidArgument);
    EXPECT_EQ(status.message().find("retry."), 0U) << status.message();
  }
}

}  // namespace
}  // namespace eddy::internal
