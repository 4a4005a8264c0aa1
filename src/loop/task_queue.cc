// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TaskQueue: work for a loop, from any thread.

#include "loop/task_queue.h"

#include <utility>

#include "base/check.h"

namespace eddy::internal {

TaskQueue::TaskQueue(std::shared_ptr<const os::WakeFd> wake_fd) noexcept
    : wake_fd_(std::move(wake_fd)) {}

bool TaskQueue::Push(Task&& task) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return false;
    tasks_.push_back(std::move(task));
    has_tasks_.store(true, std::memory_order_seq_cst);
  }
  Wake();
  return true;
}

void TaskQueue::Nudge() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_nudged_ = true;
    has_tasks_.store(true, std::memory_order_seq_cst);
  }
  Wake();
}

void TaskQueue::Close() noexcept {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

void TaskQueue::Wake() noexcept {
  // The first of many takes the flag and makes the one system call; and none is
  // made while the loop is awake, for it looks here before it sleeps.
  if (!is_sleeping_.load(std::memory_order_seq_cst)) return;
  if (is_sleeping_.exchange(false, std::memory_order_seq_cst)) wake_fd_->Wake();
}

bool TaskQueue::PrepareToSleep() noexcept {
  is_sleeping_.store(true, std::memory_order_seq_cst);
  if (!has_tasks_.load(std::memory_order_seq_cst)) return true;
  EndSleep();
  return false;
}

void TaskQueue::EndSleep() noexcept {
  is_sleeping_.store(false, std::memory_order_relaxed);
}

bool TaskQueue::Take(std::vector<Task>& batch) {
  EDDY_DCHECK(batch.empty(), "the last batch is not done");
  if (!has_tasks()) return false;
  const std::lock_guard lock(mutex_);
  tasks_.swap(batch);
  has_tasks_.store(false, std::memory_order_relaxed);
  return std::exchange(is_nudged_, false);
}

}  // namespace eddy::internal
