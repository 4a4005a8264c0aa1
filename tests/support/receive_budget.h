// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Receive budget: what one stream receives in a turn here.

#ifndef EDDY_SUPPORT_RECEIVE_BUDGET_H_
#define EDDY_SUPPORT_RECEIVE_BUDGET_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "eddy/backend.h"
#include "os/wake_fd.h"
#include "poll/poller.h"
#include "support/socket_pair.h"

namespace eddy::test {

// Not every kernel lets io_uring limit it.
inline std::size_t ReceiveBudgetOf(Backend backend) {
  auto wake = std::make_shared<const os::WakeFd>(
      Unwrap(os::WakeFd::Create(), "wake descriptor"));
  return Unwrap(internal::CreatePoller(backend, std::move(wake)), "poller")
      ->receive_budget();
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_RECEIVE_BUDGET_H_
