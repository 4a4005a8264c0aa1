// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingTest: submissions and completions.

#include "poll/ring.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include "poll/poller.h"
#include "support/ring_probe.h"
#include "support/socket_pair.h"

namespace eddy::internal {
namespace {

class RingTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ring_->Enable().ok()); }
  // A completion that tells nothing but `user_data`.
  void Submit(std::uint64_t user_data) {
    io_uring_sqe* const submission = ring_->Next();
    ASSERT_NE(submission, nullptr);
    io_uring_prep_nop(submission);
    submission->user_data = user_data;
  }
  void Enter() { ASSERT_TRUE(ring_->Enter(std::chrono::nanoseconds(0)).ok()); }

  std::unique_ptr<Ring> ring_ = test::Unwrap(Ring::Create(), "io_uring");
};

TEST_F(RingTest, NextSubmitsWhenTheQueueIsFull) {
  const unsigned capacity = ring_->get().sq.ring_entries;
  for (unsigned i = 0; i < capacity; ++i) Submit(i);
  EXPECT_EQ(ring_->queued(), capacity);
  Submit(capacity);
  EXPECT_EQ(ring_->queued(), 1U);
}

TEST_F(RingTest, CompletionsThatTheQueueHasNoRoomForComeLaterInOrder) {
  constexpr std::uint64_t kCount = 10'000;
  const test::RingProbe probe;
  for (std::uint64_t i = 0; i < kCount; ++i) Submit(i);
  Enter();
  EXPECT_GT(probe.Read().overrun, 0U) << "there was room for all";
  std::uint64_t next = 0;
  while (next < kCount) {
    ASSERT_GT(ring_->ready(), 0U) << next;
    while (ring_->ready() > 0) ASSERT_EQ(ring_->Take().user_data, next++);
    Enter();
  }
  EXPECT_EQ(ring_->ready(), 0U);
}

// With what comes late and nothing else to wait for.
TEST_F(RingTest, AWaitEndsWithACompletionThatTheQueueHadNoRoomFor) {
  const unsigned capacity = ring_->get().cq.ring_entries;
  for (unsigned i = 0; i <= capacity; ++i) Submit(i);
  Enter();
  for (unsigned i = 0; i < capacity; ++i) ring_->Take();
  if (ring_->ready() == 0) {
    ASSERT_TRUE(ring_->Enter(Poller::kForever).ok());
  }
  ASSERT_EQ(ring_->ready(), 1U);
  EXPECT_EQ(ring_->Take().user_data, capacity);
}

TEST_F(RingTest, AWaitWithoutACompletionEndsInTime) {
  EXPECT_TRUE(ring_->Enter(std::chrono::milliseconds(1)).ok());
  EXPECT_EQ(ring_->ready(), 0U);
}

// Others may have it by a backport; these have it for certain.
TEST_F(RingTest, ReceivesCanBeLimitedSinceLinux617) {
  utsname system{};
  ASSERT_EQ(::uname(&system), 0);
  int major = 0;
  int minor = 0;
  ASSERT_EQ(std::sscanf(system.release, "%d.%d", &major, &minor), 2);
  const bool can = test::Unwrap(Ring::CanLimitReceive(), "io_uring");
  if (std::pair(major, minor) >= std::pair(6, 17)) {
    EXPECT_TRUE(can) << system.release;
  }
  EXPECT_EQ(test::Unwrap(Ring::CanLimitReceive(), "io_uring"), can);
}

}  // namespace
}  // namespace eddy::internal
