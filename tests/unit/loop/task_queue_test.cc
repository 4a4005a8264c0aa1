// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TaskQueueTest: order, the end, and when the loop is woken.

#include "loop/task_queue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "os/wake_fd.h"

namespace eddy {
namespace {

using internal::TaskQueue;

class TaskQueueTest : public ::testing::Test {
 protected:
  // How often the loop was woken since the last call.
  std::uint64_t TakeWakes() const {
    std::uint64_t total = 0;
    std::uint64_t count = 0;
    while (::read(wake_fd_->fd(), &count, sizeof(count)) == sizeof(count)) {
      total += count;
    }
    return total;
  }
  // Takes and runs what is queued.
  std::size_t RunAll() {
    std::vector<TaskQueue::Task> batch;
    queue_.Take(batch);
    for (auto& task : batch) task();
    return batch.size();
  }

  std::shared_ptr<const os::WakeFd> wake_fd_ =
      std::make_shared<const os::WakeFd>(*os::WakeFd::Create());
  TaskQueue queue_{wake_fd_};
};

TEST_F(TaskQueueTest, TakesTasksInTheOrderOfPush) {
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(queue_.Push([&order, i] { order.push_back(i); }));
  }
  EXPECT_EQ(RunAll(), 5U);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(TaskQueueTest, ManyNudgesAreOneAndWakeLikeATask) {
  EXPECT_TRUE(queue_.PrepareToSleep());
  for (int i = 0; i < 5; ++i) queue_.Nudge();
  EXPECT_EQ(TakeWakes(), 1U);
  EXPECT_FALSE(queue_.PrepareToSleep());
  std::vector<TaskQueue::Task> batch;
  EXPECT_TRUE(queue_.Take(batch));
  EXPECT_TRUE(batch.empty());
  EXPECT_FALSE(queue_.Take(batch));
}

TEST_F(TaskQueueTest, TakingAnEmptyQueueGivesNothing) {
  EXPECT_FALSE(queue_.has_tasks());
  EXPECT_EQ(RunAll(), 0U);
}

TEST_F(TaskQueueTest, NobodyIsWokenWhileTheLoopIsAwake) {
  EXPECT_TRUE(queue_.Push([] {}));
  queue_.Wake();
  EXPECT_EQ(TakeWakes(), 0U);
}

TEST_F(TaskQueueTest, ManyPushesWakeASleepingLoopOnce) {
  EXPECT_TRUE(queue_.PrepareToSleep());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue_.Push([] {}));
  EXPECT_EQ(TakeWakes(), 1U);
}

TEST_F(TaskQueueTest, TheLoopMayNotSleepWhileThereAreTasks) {
  EXPECT_TRUE(queue_.Push([] {}));
  EXPECT_FALSE(queue_.PrepareToSleep());
  EXPECT_TRUE(queue_.Push([] {}));
  EXPECT_EQ(TakeWakes(), 0U);
  RunAll();
  EXPECT_TRUE(queue_.PrepareToSleep());
}

TEST_F(TaskQueueTest, EachSleepIsWokenAnew) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(queue_.PrepareToSleep());
    EXPECT_TRUE(queue_.Push([] {}));
    queue_.EndSleep();
    EXPECT_EQ(RunAll(), 1U);
  }
  EXPECT_EQ(TakeWakes(), 3U);
}

TEST_F(TaskQueueTest, AClosedQueueRefusesAndLeavesTheTaskAlone) {
  queue_.Close();
  bool was_called = false;
  TaskQueue::Task task = [&was_called] { was_called = true; };
  EXPECT_FALSE(queue_.Push(std::move(task)));
  ASSERT_TRUE(task);
  task();
  EXPECT_TRUE(was_called);
  EXPECT_EQ(RunAll(), 0U);
}

TEST_F(TaskQueueTest, WhatWasPushedBeforeTheCloseIsStillTaken) {
  int runs = 0;
  EXPECT_TRUE(queue_.Push([&runs] { ++runs; }));
  queue_.Close();
  RunAll();
  EXPECT_EQ(runs, 1);
}

TEST_F(TaskQueueTest, NoTaskOfManyThreadsIsLostOrReorderedOrLeftAsleep) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 20000;
  std::vector<int> next(kThreads, 0);
  int in_order = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &next, &in_order] {
      for (int i = 0; i < kTasks; ++i) {
        EXPECT_TRUE(queue_.Push([t, i, &next, &in_order] {
          if (next[t]++ == i) ++in_order;
        }));
      }
    });
  }
  // The loop's part, as a loop plays it: it only goes on when it is woken.
  std::size_t count = 0;
  while (count < kThreads * kTasks) {
    if (queue_.PrepareToSleep()) {
      while (TakeWakes() == 0) std::this_thread::yield();
    }
    queue_.EndSleep();
    count += RunAll();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(in_order, kThreads * kTasks);
}

}  // namespace
}  // namespace eddy
