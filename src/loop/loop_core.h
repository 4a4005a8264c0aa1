// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopCore: the inside of an EventLoop.

#ifndef EDDY_LOOP_LOOP_CORE_H_
#define EDDY_LOOP_LOOP_CORE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "buffer/buffer_pool.h"
#include "eddy/event_loop.h"
#include "loop/member_timer.h"
#include "loop/task_queue.h"
#include "loop/timer_table.h"
#include "loop/timer_wheel.h"
#include "poll/poller.h"

namespace eddy::internal {

// TurnObserver: has work at the end of some turns.
class TurnObserver {
 public:
  virtual void OnTurnEnd() = 0;

  // The loop's own notes; nobody else touches them.
  bool is_due = false;
  TurnObserver* next_due = nullptr;

 protected:
  ~TurnObserver() = default;
};

// LoopResident: lives on a loop, and is told when that is over.
class LoopResident {
 public:
  // The loop is going to end: what the resident has there is to end within
  // `drain` (0: now), and then it is to go, by RemoveResident. Called again
  // when there is less time. On the loop's thread.
  virtual void OnLoopStop(std::chrono::milliseconds drain) = 0;
  // The loop has turned for the last time, and what Post accepted was called:
  // from now on nothing happens there by itself. `status`: what Run returns.
  // On the loop's thread; on that of whoever ends a loop that was never run.
  virtual void OnLoopEnd(const Status& status) = 0;

 protected:
  ~LoopResident() = default;
};

// LoopCore: the one implementation of EventLoop, with what the layers above
// need of it: its poller, buffers, wheel and the end of its turns.
//
// Thread: as EventLoop.
class LoopCore final : public EventLoop {
 public:
  static Result<std::unique_ptr<LoopCore>> Create(const LoopOptions& options);
  // For tests: any poller, any clock, which outlives the loop.
  LoopCore(std::unique_ptr<Poller> poller,
           std::shared_ptr<const os::WakeFd> wake_fd,
           const LoopOptions& options, internal::Clock& clock);
  ~LoopCore() override;

  static LoopCore& Of(EventLoop& loop) noexcept {
    return static_cast<LoopCore&>(loop);
  }

  Poller& poller() noexcept { return *poller_; }
  const Poller& poller() const noexcept { return *poller_; }
  BufferPool& pool() noexcept { return pool_; }
  TimerWheel& wheel() noexcept { return wheel_; }
  internal::Clock& clock() noexcept { return clock_; }
  std::uint32_t id() const noexcept { return id_; }
  const std::shared_ptr<TaskQueue>& queue() const noexcept { return queue_; }

  // What the loop does after each TaskQueue::Nudge, with the tasks. Set before
  // the loop runs.
  void SetStandingTask(Task task) { standing_task_ = std::move(task); }

  // Calls the observer once, at the end of this turn, or of the next if that of
  // this one has begun.
  void AtTurnEnd(TurnObserver& observer) noexcept {
    if (std::exchange(observer.is_due, true)) return;
    observer.next_due = std::exchange(due_, &observer);
  }
  // Takes back AtTurnEnd. REQUIRES: not called from OnTurnEnd.
  void Forget(TurnObserver& observer) noexcept;
  // If the end of this turn has begun, the next turn does not sleep.
  void KeepTurning() noexcept { is_busy_ = true; }

  // Has the resident told of the loop's end: the last to come is the first to
  // be told, and each once. Throws std::bad_alloc.
  void AddResident(LoopResident& resident);
  void RemoveResident(LoopResident& resident) noexcept;
  // Tells all residents, in that order, that the loop is going to end; and who
  // comes later, that it has no time.
  void StopResidents(std::chrono::milliseconds drain) noexcept;
  // Called once, when StopResidents was called and nobody lives here any more,
  // or when the loop has ended. Set before the loop runs.
  void SetVacantTask(Task task) { vacant_task_ = std::move(task); }

  bool IsOwner() const noexcept {
    return thread_.load(std::memory_order_relaxed) ==
           std::this_thread::get_id();
  }
  // Whether it is inside Run just now. Any thread.
  bool is_running() const noexcept {
    return thread_.load() != std::thread::id();
  }
  // Whether the caller may use loop-only members: on the loop's thread, or
  // before there is one.
  bool MayTouch() const noexcept;

  // Calls `function`; an exception is logged as one of a `what` and counted.
  // Returns whether there was none.
  template <typename Function>
  bool RunGuarded(const char* what, Function&& function) noexcept {
    try {
      function();
      return true;
    } catch (const std::exception& exception) {
      CountException(what, exception.what());
    } catch (...) {
      CountException(what, "of unknown type");
    }
    return false;
  }

  // What the public members do.
  Status DoRun();
  void DoStop() noexcept;
  // The end of Run, and of a loop that is never run: runs what Post accepted;
  // no more is. Then tells the residents. May be called again.
  void Finish(const Status& status = {}) noexcept;
  TimerId AddTimer(std::chrono::nanoseconds delay,
                   std::chrono::nanoseconds period, Task task);
  bool CancelTimer(TimerId id);
  TimePoint TurnTime() noexcept;
  Result<WatchId> AddWatch(int fd, Interest interest, WatchCallback callback);
  Status ChangeWatch(WatchId id, Interest interest);
  void RemoveWatch(WatchId id) noexcept;
  std::uint64_t exceptions() const noexcept {
    return exception_count_.load(std::memory_order_relaxed);
  }

  // One turn, as Run takes them; for who drives a loop by hand instead.
  Status Turn();

 private:
  class Watch;

  Status TurnUntilStopped();
  Status WaitForEvents();
  Result<bool> Spin(std::chrono::nanoseconds timeout);
  Result<bool> PollFor(std::chrono::nanoseconds limit);
  std::chrono::nanoseconds TimeToSleep() noexcept;
  void RunTasks() noexcept;
  void RunBatch() noexcept;
  void FinishTurn() noexcept;
  void CallObservers() noexcept;
  void EndResidents(const Status& status) noexcept;
  void CheckVacant() noexcept;
  void DropDeadWatches() noexcept;
  void CountException(const char* what, const char* description) noexcept;

  internal::Clock& clock_;
  const std::uint32_t id_;
  const std::chrono::nanoseconds spin_;
  std::unique_ptr<Poller> poller_;
  std::shared_ptr<TaskQueue> queue_;
  BufferPool pool_;
  TimerWheel wheel_;
  TimerTable timers_;
  // Lets the pool shrink while it holds unused memory.
  MemberTimer<BufferPool, &BufferPool::Trim> trim_timer_;

  // Spins that find nothing are made rarer: twice as many waits go without one
  // each time.
  unsigned spin_penalty_ = 0;
  unsigned num_unspun_waits_ = 0;

  bool is_busy_ = false;
  bool has_turn_time_ = false;
  TimePoint turn_time_;
  TurnObserver* due_ = nullptr;  // those to be called at the turn's end
  std::vector<LoopResident*> residents_;
  bool are_residents_leaving_ = false;
  Task vacant_task_;
  std::vector<Task> batch_;
  Task standing_task_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Watch>> dead_watches_;  // until the turn's end
  std::uint64_t last_watch_ = 0;

  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::thread::id> thread_;  // none before and after Run
  bool was_run_ = false;
  std::atomic<std::uint64_t> exception_count_ = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_LOOP_LOOP_CORE_H_
