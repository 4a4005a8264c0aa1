// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EventLoop: one thread's turn of I/O, tasks and timers.

#ifndef EDDY_EVENT_LOOP_H_
#define EDDY_EVENT_LOOP_H_

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "eddy/backend.h"
#include "eddy/export.h"
#include "eddy/interest.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"

namespace eddy {

// TimerId: names one timer of one loop, for ever: never another timer.
struct TimerId {
  std::uint64_t generation = 0;  // 0: no timer
  std::uint32_t slot = 0;
  std::uint32_t loop = 0;

  explicit operator bool() const noexcept { return generation != 0; }
  friend auto operator<=>(const TimerId&, const TimerId&) = default;
};

// WatchId: names one watch of one loop, for ever.
struct WatchId {
  std::uint64_t value = 0;  // 0: no watch

  explicit operator bool() const noexcept { return value != 0; }
  friend auto operator<=>(const WatchId&, const WatchId&) = default;
};

struct LoopOptions {
  Backend backend = Backend::kAuto;
  // The grain of timers: they fire up to this much late, never early.
  std::chrono::nanoseconds timer_tick = std::chrono::milliseconds(1);
  // How long to poll for I/O before sleeping: as long as the next message comes
  // within that time, as in a ping-pong, its reader need not be woken up, and
  // the core is busy meanwhile. Polls that find nothing are made rarer by
  // themselves, so that an idle loop costs little.
  std::chrono::nanoseconds spin{0};
  // How much unused buffer memory the loop keeps for reuse.
  std::size_t max_pooled_bytes = std::size_t{4} << 20;
};

// EventLoop: runs callbacks for I/O, posted tasks and timers on one thread.
//
// A turn: wait, I/O, the tasks that were queued when that phase began, timers
// that are due, sends that these caused. No callback runs inside another.
//
// Ownership: the caller's. Destroying one that runs joins nothing and aborts;
//   Stop it and let Run return first.
// Thread: the thread that calls Run is the loop's thread. Post, Stop, RunAfter,
//   RunEvery, Cancel, IsInLoopThread: any; the others: the loop's thread, or
//   any one thread before Run.
// Exceptions that leave a task, timer or watch are logged and counted, and the
//   loop goes on.
class EDDY_EXPORT EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = UniqueFunction<void()>;
  using WatchCallback = UniqueFunction<void(Interest ready)>;

  // Fails with kUnsupported when the backend is forced and this machine or
  // build lacks it, else with the system's errno; message() says why.
  static Result<std::unique_ptr<EventLoop>> Create(LoopOptions options = {});

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  virtual ~EventLoop();

  // Turns until Stop. Returns ok after Stop, also after one that came first;
  // else the error that made waiting for I/O impossible. At most once.
  Status Run();
  // Runs every task that Post accepted, then makes Run return. May be called
  // any number of times.
  void Stop();

  // Queues `task` for the loop's thread. Returns kStopped if the loop is
  // stopping: the task was not and will not be called. Otherwise it is called
  // exactly once, on the loop's thread (by the destructor, if Run never was
  // called). Tasks of one thread run in order; many posts cost one wake-up.
  // Throws std::bad_alloc.
  Status Post(Task task);

  // Calls `task` once, `delay` from now: never early, at most a tick and the
  // length of a turn late. Returns no timer (false) if the loop is stopping.
  // Throws std::bad_alloc, as RunEvery does.
  TimerId RunAfter(std::chrono::nanoseconds delay, Task task);
  // Calls `task` every `period`, first after one period. Without drift: the
  // n-th call is due n periods from now, and periods that a busy loop missed
  // are left out. REQUIRES: period > 0.
  TimerId RunEvery(std::chrono::nanoseconds period, Task task);
  // Cancels a timer, also from inside its own task. On the loop's thread the
  // answer tells whether that prevented a call to come; elsewhere it is a
  // request, and the answer tells whether the loop took it.
  bool Cancel(TimerId id);

  // The steady clock, as it was when it was first asked for in this turn.
  Clock::time_point now();
  bool IsInLoopThread() const noexcept;
  Backend backend() const noexcept;
  // How many exceptions left tasks, timers and watches.
  std::uint64_t exception_count() const noexcept;

  // Calls `callback` in each turn in which `fd` is ready for part of
  // `interest` (level-triggered; errors and hang-ups count as ready for what
  // is watched). The descriptor stays the caller's and must stay open until
  // Unwatch. Fails with the system's errno; EPERM: it can't be watched. No
  // backend watches a file on a disk: it is always ready. Whether a descriptor
  // can be watched comes out once the interest is not kNone.
  Result<WatchId> Watch(int fd, Interest interest, WatchCallback callback);
  Status ModifyWatch(WatchId id, Interest interest);
  // Ends the watch, also from inside its callback. Unknown ids are ignored.
  void Unwatch(WatchId id);

 protected:
  EventLoop() = default;
};

}  // namespace eddy

#endif  // EDDY_EVENT_LOOP_H_
