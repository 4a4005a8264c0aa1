// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TimerWheelModelTest: the wheel does what a sorted list would, at random.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>

#include "loop/timer_wheel.h"

namespace eddy::internal {
namespace {

using std::chrono::nanoseconds;
using TimePoint = TimerWheel::TimePoint;

constexpr TimePoint kOrigin = TimePoint(std::chrono::microseconds(1234567));

// What a wheel ought to do, kept in a map ordered by tick; nodes of a tick stay
// in the order in which they were added.
class Model {
 public:
  explicit Model(nanoseconds tick) : tick_(tick) {}

  void Schedule(std::size_t node, TimePoint deadline) {
    const nanoseconds delay = std::max(deadline, kOrigin) - kOrigin;
    const std::int64_t tick = (delay + tick_ - nanoseconds(1)) / tick_;
    const bool is_due = tick <= current_;
    waiting_.emplace(is_due ? current_ : tick,
                     Entry{node, is_due ? call_ + 1 : 0});
  }
  void Cancel(std::size_t node) {
    std::erase_if(waiting_,
                  [&](auto& pair) { return pair.second.node == node; });
  }
  void BeginAdvance() { ++call_; }
  // The node that must fire next in an Advance to `now`, if any.
  std::optional<std::size_t> PopDue(TimePoint now) {
    const auto next = std::find_if(
        waiting_.begin(), waiting_.end(),
        [&](auto& pair) { return pair.second.first_call <= call_; });
    if (next == waiting_.end() || next->first > TicksUntil(now)) return {};
    current_ = std::max(current_, next->first);
    const std::size_t node = next->second.node;
    waiting_.erase(next);
    return node;
  }
  void EndAdvance(TimePoint now) {
    current_ = std::max(current_, TicksUntil(now));
  }
  // When the first node is due, `now` if that has passed.
  std::optional<TimePoint> NextExpiry(TimePoint now) const {
    if (waiting_.empty()) return std::nullopt;
    return std::max(now, kOrigin + waiting_.begin()->first * tick_);
  }
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Entry {
    std::size_t node;
    int first_call;  // before this Advance it must not fire
  };
  std::int64_t TicksUntil(TimePoint now) const {
    return (now - kOrigin) / tick_;
  }

  nanoseconds tick_;
  std::int64_t current_ = 0;
  int call_ = 0;
  std::multimap<std::int64_t, Entry> waiting_;
};

// A wheel and its model under the same random operations.
class RandomRun {
 public:
  explicit RandomRun(nanoseconds tick) : wheel_(tick, kOrigin), model_(tick) {
    for (std::size_t i = 0; i < kNodeCount; ++i) nodes_.emplace_back(*this);
  }
  ~RandomRun() {
    for (Node& node : nodes_) Cancel(node);
  }
  RandomRun(const RandomRun&) = delete;
  RandomRun& operator=(const RandomRun&) = delete;

  void Step() {
    switch (Random(10)) {
      case 0:
        Advance();
        break;
      case 1:
        Cancel(RandomNode());
        break;
      default:
        Schedule(RandomNode());
    }
    EXPECT_EQ(wheel_.size(), model_.size());
    EXPECT_EQ(wheel_.empty(), model_.size() == 0);
    const std::optional<TimePoint> next = wheel_.NextExpiry();
    EXPECT_EQ(next.has_value(), !wheel_.empty());
    EXPECT_LE(next, model_.NextExpiry(now_));
  }
  std::size_t fired_count() const { return fired_count_; }

 private:
  static constexpr std::size_t kNodeCount = 300;

  struct Node : TimerNode {
    explicit Node(RandomRun& owner)
        : TimerNode([](TimerNode& node) noexcept {
            auto& self = static_cast<Node&>(node);
            self.run.OnFire(self);
          }),
          run(owner) {}
    RandomRun& run;
  };

  std::uint64_t Random(std::uint64_t limit) { return random_() % limit; }
  // As likely between one and two seconds as between one and two hours; up to
  // nine hours.
  nanoseconds RandomTime() {
    return nanoseconds(Random(std::uint64_t{1} << Random(46)));
  }
  Node& RandomNode() { return nodes_[Random(kNodeCount)]; }
  std::size_t IndexOf(const Node& node) const {
    return static_cast<std::size_t>(
        std::find_if(nodes_.begin(), nodes_.end(),
                     [&](const Node& other) { return &other == &node; }) -
        nodes_.begin());
  }

  void Schedule(Node& node) {
    Cancel(node);
    // One in eight has passed.
    const nanoseconds delay = RandomTime();
    const TimePoint deadline = Random(8) == 0 ? now_ - delay : now_ + delay;
    wheel_.Schedule(node, deadline);
    model_.Schedule(IndexOf(node), deadline);
  }
  void Cancel(Node& node) {
    if (!node.is_scheduled()) return;
    wheel_.Cancel(node);
    model_.Cancel(IndexOf(node));
  }
  void Advance() {
    now_ += RandomTime();
    model_.BeginAdvance();
    wheel_.Advance(now_);
    EXPECT_EQ(model_.PopDue(now_), std::nullopt) << "has not fired";
    model_.EndAdvance(now_);
  }
  void OnFire(Node& node) {
    ++fired_count_;
    EXPECT_EQ(model_.PopDue(now_), IndexOf(node)) << "is not what fired";
    switch (Random(4)) {
      case 0:
        Schedule(node);
        break;
      case 1:
        Schedule(RandomNode());
        break;
      case 2:
        Cancel(RandomNode());
        break;
      default:
        break;
    }
  }

  std::mt19937_64 random_{20261};
  TimePoint now_ = kOrigin;
  TimerWheel wheel_;
  Model model_;
  std::deque<Node> nodes_;
  std::size_t fired_count_ = 0;
};

class TimerWheelModelTest : public testing::TestWithParam<nanoseconds> {};

TEST_P(TimerWheelModelTest, RandomOperationsFireTheSameNodesInTheSameOrder) {
  RandomRun run(GetParam());
  for (int i = 0; i < 100'000 && !HasFailure(); ++i) run.Step();
  EXPECT_GT(run.fired_count(), 10'000u);
}

// A nanosecond's wheel has a reach of 69 seconds.
INSTANTIATE_TEST_SUITE_P(Ticks, TimerWheelModelTest,
                         testing::Values(nanoseconds(1),
                                         std::chrono::microseconds(10),
                                         std::chrono::milliseconds(1),
                                         std::chrono::seconds(1)));

}  // namespace
}  // namespace eddy::internal
