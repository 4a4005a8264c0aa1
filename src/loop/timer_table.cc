// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerTable: a loop's timers by their ids.

#include "loop/timer_table.h"

#include <utility>

#include "loop/loop_core.h"

namespace eddy::internal {

TimerId TimerTable::Add(TimePoint deadline, std::chrono::nanoseconds period,
                        Task&& task) {
  Entry& entry = Allocate();
  entry.deadline = deadline;
  entry.period = period;
  entry.task = std::move(task);
  loop_.wheel().Schedule(entry, deadline);
  return {entry.generation, entry.slot, loop_id_};
}

TimerId TimerTable::AddRemote(TimePoint deadline,
                              std::chrono::nanoseconds period, Task task) {
  const std::lock_guard lock(mutex_);
  if (!loop_.queue()->Push([this] { TakeArrivals(); })) return {};
  const std::uint64_t generation = ++last_remote_generation_;
  arrivals_.push_back({generation, deadline, period, std::move(task)});
  return {generation, kRemoteSlot, loop_id_};
}

void TimerTable::TakeArrivals() {
  for (;;) {
    // Those that want of memory has held up come first.
    for (; taken_ < taking_.size(); ++taken_) Take(taking_[taken_]);
    taking_.clear();
    taken_ = 0;
    const std::lock_guard lock(mutex_);
    if (arrivals_.empty()) return;
    taking_.swap(arrivals_);
  }
}

void TimerTable::Take(Arrival& arrival) {
  const auto place = remote_ids_.try_emplace(arrival.generation).first;
  place->second =
      Add(arrival.deadline, arrival.period, std::move(arrival.task));
  entries_[place->second.slot].remote = arrival.generation;
}

bool TimerTable::Cancel(TimerId id) {
  if (id.slot == kRemoteSlot) {
    TakeArrivals();
    const auto found = remote_ids_.find(id.generation);
    if (found == remote_ids_.end()) return false;
    id = found->second;
  }
  if (id.slot >= entries_.size()) return false;
  Entry& entry = entries_[id.slot];
  if (id.generation == 0 || entry.generation != id.generation) return false;
  // One that is firing is not in the wheel; Fire sees that it was freed.
  if (entry.is_scheduled()) loop_.wheel().Cancel(entry);
  Free(entry);
  return true;
}

void TimerTable::Clear() noexcept {
  for (Entry& entry : entries_) {
    if (entry.is_scheduled()) loop_.wheel().Cancel(entry);
    if (entry.generation != 0) Free(entry);
  }
}

void TimerTable::OnFire(TimerNode& node) noexcept {
  auto& entry = static_cast<Entry&>(node);
  entry.table.Fire(entry);
}

void TimerTable::Fire(Entry& entry) noexcept {
  // The task runs from here, for it may cancel its own timer, and another may
  // take the entry.
  Task task = std::move(entry.task);
  const std::uint64_t generation = entry.generation;
  if (entry.period == entry.period.zero()) {
    Free(entry);
    loop_.RunGuarded("timer", task);
    return;
  }
  loop_.RunGuarded("timer", task);
  if (entry.generation != generation) return;
  const TimePoint now = loop_.now();
  entry.deadline += entry.period;
  if (entry.deadline <= now) {
    // Whole periods were missed; the phase stays.
    entry.deadline +=
        entry.period * ((now - entry.deadline) / entry.period + 1);
  }
  entry.task = std::move(task);
  loop_.wheel().Schedule(entry, entry.deadline);
}

TimerTable::Entry& TimerTable::Allocate() {
  if (free_slots_.empty()) {
    const auto slot = static_cast<std::uint32_t>(entries_.size());
    // Room to free every entry, so that Free can't fail.
    if (free_slots_.capacity() == slot) free_slots_.reserve(2 * slot + 16);
    entries_.emplace_back(*this, slot);
    free_slots_.push_back(slot);
  }
  Entry& entry = entries_[free_slots_.back()];
  free_slots_.pop_back();
  entry.generation = ++last_generation_;
  return entry;
}

void TimerTable::Free(Entry& entry) noexcept {
  if (entry.remote != 0) remote_ids_.erase(std::exchange(entry.remote, 0));
  entry.generation = 0;
  entry.task = nullptr;
  free_slots_.push_back(entry.slot);
}

}  // namespace eddy::internal
