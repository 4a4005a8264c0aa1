// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TurnedPoller: a poller that a test turns by hand.

#ifndef EDDY_SUPPORT_TURNED_POLLER_H_
#define EDDY_SUPPORT_TURNED_POLLER_H_

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "poll/poller.h"
#include "support/socket_pair.h"

namespace eddy::test {

// TurnedPoller: base of fixtures; owns the poller.
//
// Thread: one.
class TurnedPoller {
 protected:
  explicit TurnedPoller(std::unique_ptr<internal::Poller> poller)
      : poller_(std::move(poller)) {}
  TurnedPoller(const TurnedPoller&) = delete;
  TurnedPoller& operator=(const TurnedPoller&) = delete;
  // What tests left over, transports above all, is gone by now.
  ~TurnedPoller() = default;

  internal::Poller& poller() { return *poller_; }

  // One Wait that is short even if nothing happens.
  void Turn() { EXPECT_TRUE(poller_->Wait(std::chrono::milliseconds(1)).ok()); }
  // Enough turns for all that was on its way.
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(poller_->Wait(std::chrono::nanoseconds(0)).ok());
    }
    Turn();
  }
  // Turns until `condition()` holds. Returns whether it ever did.
  template <typename Condition>
  bool RunUntil(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      Turn();
    }
    return true;
  }

 private:
  std::unique_ptr<internal::Poller> poller_;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_TURNED_POLLER_H_
