// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerWheel: a loop's deadlines, in order of time to the tick.

#ifndef EDDY_LOOP_TIMER_WHEEL_H_
#define EDDY_LOOP_TIMER_WHEEL_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace eddy::internal {

// TimerNode: what is put into a wheel: a member or base of what has a deadline.
//
// Ownership: its owner's, who takes it out of the wheel before it dies.
struct TimerNode {
  using Fire = void (*)(TimerNode&) noexcept;

  explicit TimerNode(Fire on_fire) noexcept : fire(on_fire) {}
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;
  bool is_scheduled() const noexcept { return next != nullptr; }

  TimerNode* next = nullptr;
  TimerNode* previous = nullptr;
  std::uint64_t expiry_tick = 0;
  Fire fire;  // may schedule and cancel any node, also this one
};

// TimerWheel: a hierarchical timing wheel (Varghese and Lauck, 1987): levels of
// 64 slots, each slot of a level as wide as the whole level below it, with a
// bitmap of the slots in use. Add and cancel are O(1); a node moves down at
// most once a level before it fires.
//
// Never early; at most a tick late, plus however late Advance is called. Nodes
// that are due in the same tick fire in the order they were scheduled.
// Deadlines beyond the wheel's reach (2^36 ticks, two years of milliseconds)
// are kept in its last level until they come within reach.
//
// Thread: the loop's.
class TimerWheel {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Ticks are counted from `start`. REQUIRES: tick > 0, and `start` is not
  // before the clock's epoch.
  TimerWheel(std::chrono::nanoseconds tick, TimePoint start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  // REQUIRES: empty().
  ~TimerWheel();

  // Fires `node` at the first tick that is not before `deadline`; one that has
  // passed fires in the next Advance. REQUIRES: !node.is_scheduled().
  void Schedule(TimerNode& node, TimePoint deadline) noexcept;
  // REQUIRES: node.is_scheduled().
  void Cancel(TimerNode& node) noexcept;

  // Fires every node whose tick is not after `now`, in order of their ticks. A
  // node that is scheduled meanwhile fires in this call only if its deadline is
  // in a later tick that is not after `now`, so that one which re-arms itself
  // for "now" waits for the next call. A node may die while it fires.
  // REQUIRES: not called from a node that fires.
  void Advance(TimePoint now) noexcept;

  // When Advance should be called next: never later than the first node is
  // due, earlier only when nodes have to move down a level; a time that has
  // passed if one's tick had come when it was scheduled. Nothing when empty.
  std::optional<TimePoint> NextExpiry() const noexcept;

  bool empty() const noexcept { return size_ == 0; }
  std::chrono::nanoseconds tick() const noexcept { return tick_; }
  std::size_t size() const noexcept { return size_; }

 private:
  static constexpr unsigned kLevelBits = 6;
  static constexpr unsigned kLevelCount = 6;
  static constexpr std::size_t kSlotCount = std::size_t{1} << kLevelBits;

  // The lists behind the slots of all levels; see due_list_.
  static constexpr std::size_t kDueLists = kLevelCount * kSlotCount;

  // The head of a circular list, linked to itself when that is empty.
  struct List : TimerNode {
    List() noexcept : TimerNode(nullptr) { next = previous = this; }
  };

  // The ticks that have ended by `time`; 0 for one before start_.
  std::uint64_t TicksUntil(TimePoint time) const noexcept;
  // When `tick` is reached, or the last one that a TimePoint can hold.
  TimePoint TimeOf(std::uint64_t tick) const noexcept;
  std::size_t SlotFor(std::uint64_t expiry_tick) const noexcept;
  std::uint64_t NextEventTick() const noexcept;
  void Insert(TimerNode& node, std::size_t list, TimerNode& before) noexcept;
  void Fire(std::size_t list) noexcept;
  void Cascade() noexcept;
  void MoveDown(std::size_t list) noexcept;
  void SetOccupied(std::size_t list, bool occupied) noexcept;

  const std::chrono::nanoseconds tick_;
  const TimePoint start_;
  std::uint64_t last_tick_ = 0;  // the last whose time a TimePoint can hold
  // Between two calls of Advance: each node in a slot has a later tick than
  // this, and each slot in use begins later, by no more than a turn of its
  // level.
  std::uint64_t current_tick_ = 0;
  std::size_t size_ = 0;
  // Takes the nodes whose tick has come when they are scheduled. Advance fires
  // one such list while new nodes go to the other.
  std::size_t due_list_ = kDueLists;
  // A bit for each list, set when it has nodes: a word for each level, and the
  // last word for the two lists of nodes that are due.
  std::array<std::uint64_t, kLevelCount + 1> occupied_{};
  std::array<List, kDueLists + 2> lists_;
};

}  // namespace eddy::internal

#endif  // EDDY_LOOP_TIMER_WHEEL_H_
