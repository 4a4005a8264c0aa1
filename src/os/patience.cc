// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Patience: waiting for descriptors without a loop.

#include "os/patience.h"

#include <algorithm>
#include <cerrno>

namespace eddy::os {
namespace {

using Clock = std::chrono::steady_clock;

// In whole milliseconds, rounded up so as not to be early.
int PollTimeout(Clock::time_point end) noexcept {
  constexpr int kForever = -1;
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(1);
  if (end == Clock::time_point::max()) return kForever;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(
      std::clamp(left, std::chrono::milliseconds::zero(), kMost).count());
}

}  // namespace

Status AwaitReady(std::span<pollfd> descriptors, Clock::time_point end) {
  for (;;) {
    const int count =
        ::poll(descriptors.data(), static_cast<nfds_t>(descriptors.size()),
               PollTimeout(end));
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return Status::FromErrno(errno, "poll");
    if (Clock::now() >= end) return Error::kTimeout;
  }
}

}  // namespace eddy::os
