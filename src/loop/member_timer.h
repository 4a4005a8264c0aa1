// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// MemberTimer: a timer that calls a member of what it is part of.

#ifndef EDDY_LOOP_MEMBER_TIMER_H_
#define EDDY_LOOP_MEMBER_TIMER_H_

#include "loop/timer_wheel.h"

namespace eddy::internal {

// MemberTimer: calls `owner.*kOnFire()`, which must not throw, when it fires.
template <typename Owner, void (Owner::*kOnFire)()>
class MemberTimer : public TimerNode {
 public:
  explicit MemberTimer(Owner& owner) noexcept
      : TimerNode(&OnFire), owner_(owner) {}

 private:
  static void OnFire(TimerNode& node) noexcept {
    (static_cast<MemberTimer&>(node).owner_.*kOnFire)();
  }

  Owner& owner_;
};

}  // namespace eddy::internal

#endif  // EDDY_LOOP_MEMBER_TIMER_H_
