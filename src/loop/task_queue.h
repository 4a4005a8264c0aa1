// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TaskQueue: work for a loop, from any thread.

#ifndef EDDY_LOOP_TASK_QUEUE_H_
#define EDDY_LOOP_TASK_QUEUE_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "eddy/event_loop.h"
#include "os/wake_fd.h"

namespace eddy::internal {

// TaskQueue: a queue that wakes its loop, and knows when it need not.
//
// Ownership: shared by the loop and by whoever may post when the loop is gone.
// Thread: Push, Close and Wake any, the rest the loop's.
class TaskQueue {
 public:
  using Task = EventLoop::Task;

  explicit TaskQueue(std::shared_ptr<const os::WakeFd> wake_fd) noexcept;

  // False once the queue is closed; `task` is then as it was. Throws
  // std::bad_alloc.
  bool Push(Task&& task);
  // Refuses tasks from now on; those accepted before are still to be taken.
  void Close() noexcept;
  // Makes the loop turn.
  void Wake() noexcept;
  // Asks for the loop's standing task. Needs no memory; many are one.
  void Nudge() noexcept;

  // Announces that the loop is about to sleep: pushes wake it from now on.
  // Returns whether it may: false if there are tasks.
  bool PrepareToSleep() noexcept;
  void EndSleep() noexcept;

  bool has_tasks() const noexcept {
    return has_tasks_.load(std::memory_order_relaxed);
  }
  // Swaps what is queued with `batch`, which must be empty and whose memory the
  // queue then uses.
  // Returns whether there was a nudge.
  bool Take(std::vector<Task>& batch);

 private:
  std::shared_ptr<const os::WakeFd> wake_fd_;
  // Set by the loop before it sleeps, taken by the one thread that wakes it.
  // With has_tasks_ it makes a pair of which each side sets its own and then
  // reads the other's, in one total order, so that one of them sees the other.
  std::atomic<bool> is_sleeping_ = false;
  std::atomic<bool> has_tasks_ = false;
  std::mutex mutex_;
  std::vector<Task> tasks_;  // under mutex_
  bool is_closed_ = false;   // under mutex_
  bool is_nudged_ = false;   // under mutex_
};

}  // namespace eddy::internal

#endif  // EDDY_LOOP_TASK_QUEUE_H_
