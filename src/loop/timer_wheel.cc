// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerWheel: where nodes wait, how they come down and when they fire.

#include "loop/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.h"

namespace eddy::internal {

TimerWheel::TimerWheel(std::chrono::nanoseconds tick, TimePoint start)
    : tick_(tick), start_(start) {
  EDDY_CHECK(tick.count() > 0, "a timer wheel's tick must be positive");
  EDDY_CHECK(start >= TimePoint(),
             "a timer wheel must not start before the clock's epoch");
  last_tick_ = TicksUntil(TimePoint::max());
}

TimerWheel::~TimerWheel() {
  EDDY_CHECK(empty(), "cancel every node before its timer wheel dies");
}

void TimerWheel::Schedule(TimerNode& node, TimePoint deadline) noexcept {
  EDDY_DCHECK(!node.is_scheduled(), "cancel a node before scheduling it again");
  std::uint64_t tick = TicksUntil(deadline);
  // Rounded up, so that no node is early.
  if (TimeOf(tick) < deadline) ++tick;
  node.expiry_tick = tick;
  const std::size_t list = tick <= current_tick_ ? due_list_ : SlotFor(tick);
  Insert(node, list, lists_[list]);
  ++size_;
}

void TimerWheel::Cancel(TimerNode& node) noexcept {
  EDDY_DCHECK(node.is_scheduled(), "only a scheduled node can be cancelled");
  TimerNode& before = *node.previous;
  TimerNode& after = *node.next;
  before.next = &after;
  after.previous = &before;
  node.next = nullptr;
  if (&before == &after) {
    // Nothing is left of the list but its head.
    const auto* head = static_cast<const List*>(&before);
    SetOccupied(static_cast<std::size_t>(head - lists_.data()), false);
  }
  --size_;
}

void TimerWheel::Advance(TimePoint now) noexcept {
  const std::uint64_t now_tick = TicksUntil(now);
  const std::size_t due_list = due_list_;
  due_list_ = due_list == kDueLists ? kDueLists + 1 : kDueLists;
  Fire(due_list);
  for (std::uint64_t next = NextEventTick(); next <= now_tick;
       next = NextEventTick()) {
    current_tick_ = next;
    Cascade();
    Fire(next % kSlotCount);
  }
  current_tick_ = std::max(current_tick_, now_tick);
}

std::optional<TimerWheel::TimePoint> TimerWheel::NextExpiry() const noexcept {
  if (empty()) return std::nullopt;
  const bool is_due = occupied_[kLevelCount] != 0;
  return TimeOf(is_due ? current_tick_ : NextEventTick());
}

std::uint64_t TimerWheel::TicksUntil(TimePoint time) const noexcept {
  return static_cast<std::uint64_t>((std::max(time, start_) - start_) / tick_);
}

TimerWheel::TimePoint TimerWheel::TimeOf(std::uint64_t tick) const noexcept {
  return start_ + tick_ * static_cast<std::int64_t>(std::min(tick, last_tick_));
}

// The higher the level, the earlier a node of a given tick was scheduled:
// Cascade relies on it.
std::size_t TimerWheel::SlotFor(std::uint64_t expiry_tick) const noexcept {
  const std::uint64_t distance = expiry_tick - current_tick_;
  const auto level =
      static_cast<unsigned>(std::bit_width(distance | 1) - 1) / kLevelBits;
  // What is beyond reach waits until the last level has come round to its first
  // slot, and looks again.
  if (level >= kLevelCount) return (kLevelCount - 1) * kSlotCount;
  return level * kSlotCount + (expiry_tick >> level * kLevelBits) % kSlotCount;
}

// The tick at which the first slot in use begins. That may be one of a higher
// level although a lower one is in use.
std::uint64_t TimerWheel::NextEventTick() const noexcept {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  for (unsigned level = 0; level < kLevelCount; ++level) {
    // Counted in slots since start_.
    const unsigned shift = level * kLevelBits;
    const std::uint64_t first = (current_tick_ >> shift) + 1;
    // From this level up, no slot begins earlier.
    if (first << shift >= next) break;
    if (occupied_[level] == 0) continue;
    const int unused = std::countr_zero(
        std::rotr(occupied_[level], static_cast<int>(first % kSlotCount)));
    next = std::min(next, (first + static_cast<unsigned>(unused)) << shift);
  }
  return next;
}

void TimerWheel::Insert(TimerNode& node, std::size_t list,
                        TimerNode& before) noexcept {
  node.next = &before;
  node.previous = before.previous;
  before.previous->next = &node;
  before.previous = &node;
  SetOccupied(list, true);
}

// Ends, since no node that is scheduled meanwhile can get into `list`: one of
// this tick or of one before goes to due_list_, and one a turn later goes to a
// higher level.
void TimerWheel::Fire(std::size_t list) noexcept {
  const TimerNode& head = lists_[list];
  while (head.next != &head) {
    TimerNode& node = *head.next;
    Cancel(node);
    node.fire(node);
  }
}

// Empties the slots that begin at the current tick into lower levels. It goes
// from the lowest level up, and nodes come to the front of the lists below: so
// those of one tick stay in the order in which they were scheduled.
void TimerWheel::Cascade() noexcept {
  for (unsigned level = 1; level < kLevelCount; ++level) {
    const unsigned shift = level * kLevelBits;
    const std::uint64_t slot = current_tick_ >> shift;
    if (slot << shift != current_tick_) return;
    MoveDown(level * kSlotCount + slot % kSlotCount);
  }
}

void TimerWheel::MoveDown(std::size_t list) noexcept {
  // A node that is still beyond reach comes back to this list, which therefore
  // is made empty first.
  TimerNode& head = lists_[list];
  TimerNode* node = head.previous;
  head.next = head.previous = &head;
  SetOccupied(list, false);
  while (node != &head) {
    TimerNode& moving = *node;
    node = moving.previous;
    const std::size_t below = SlotFor(moving.expiry_tick);
    Insert(moving, below, *lists_[below].next);
  }
}

void TimerWheel::SetOccupied(std::size_t list, bool occupied) noexcept {
  const std::uint64_t bit = std::uint64_t{1} << list % kSlotCount;
  std::uint64_t& bits = occupied_[list / kSlotCount];
  bits = occupied ? bits | bit : bits & ~bit;
}

}  // namespace eddy::internal
