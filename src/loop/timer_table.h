// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerTable: a loop's timers by their ids.

#ifndef EDDY_LOOP_TIMER_TABLE_H_
#define EDDY_LOOP_TIMER_TABLE_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "eddy/event_loop.h"
#include "loop/timer_wheel.h"

namespace eddy::internal {

class LoopCore;

// TimerTable: what RunAfter and RunEvery have put into the wheel.
//
// Timers of other threads wait to be taken in by the loop. Their ids are made
// up before they have an entry, and are looked up in a map of their own.
//
// Thread: the loop's, but for AddRemote.
class TimerTable {
 public:
  using Task = EventLoop::Task;

  TimerTable(LoopCore& loop, std::uint32_t loop_id) noexcept
      : loop_(loop), loop_id_(loop_id) {}
  TimerTable(const TimerTable&) = delete;
  TimerTable& operator=(const TimerTable&) = delete;
  ~TimerTable() { Clear(); }

  // A period of 0: once. Throws std::bad_alloc, with `task` as it was.
  TimerId Add(TimePoint deadline, std::chrono::nanoseconds period, Task&& task);
  // The same on any thread, through the loop's queue; no timer if that is
  // closed.
  TimerId AddRemote(TimePoint deadline, std::chrono::nanoseconds period,
                    Task task);
  // Whether that prevented a call to come. Throws std::bad_alloc.
  bool Cancel(TimerId id);
  // Cancels all.
  void Clear() noexcept;

 private:
  struct Entry : TimerNode {
    explicit Entry(TimerTable& owner, std::uint32_t index) noexcept
        : TimerNode(&OnFire), table(owner), slot(index) {}

    TimerTable& table;
    std::uint32_t slot;
    std::uint64_t generation = 0;  // 0: free
    std::uint64_t remote = 0;      // generation of its remote id, if it has one
    TimePoint deadline;
    std::chrono::nanoseconds period{0};
    Task task;
  };

  // Arrival: a timer of another thread.
  struct Arrival {
    std::uint64_t generation;
    TimePoint deadline;
    std::chrono::nanoseconds period;
    Task task;
  };

  static constexpr std::uint32_t kRemoteSlot = UINT32_MAX;

  void TakeArrivals();
  void Take(Arrival& arrival);
  static void OnFire(TimerNode& node) noexcept;
  void Fire(Entry& entry) noexcept;
  Entry& Allocate();
  void Free(Entry& entry) noexcept;

  LoopCore& loop_;
  const std::uint32_t loop_id_;
  std::uint64_t last_generation_ = 0;
  std::deque<Entry> entries_;  // by slot; addresses stay
  std::vector<std::uint32_t> free_slots_;
  std::unordered_map<std::uint64_t, TimerId> remote_ids_;
  std::vector<Arrival> taking_;  // from arrivals_
  std::size_t taken_ = 0;        // of these

  std::mutex mutex_;
  std::uint64_t last_remote_generation_ = 0;  // under mutex_
  std::vector<Arrival> arrivals_;             // under mutex_
};

}  // namespace eddy::internal

#endif  // EDDY_LOOP_TIMER_TABLE_H_
