// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WakeFd: a descriptor that another thread makes readable.

#ifndef EDDY_OS_WAKE_FD_H_
#define EDDY_OS_WAKE_FD_H_

#include "eddy/status.h"
#include "eddy/unique_fd.h"

namespace eddy::os {

// WakeFd: an eventfd, or a pipe where there is none.
//
// Thread: Wake any, the rest the waiting one.
class WakeFd {
 public:
  // The system's errno when no descriptor can be had.
  static Result<WakeFd> Create();

  // For the poller, edge-triggered.
  int fd() const noexcept { return read_end_.get(); }
  void Wake() const noexcept;
  // Takes what Wake wrote, so that a pipe never fills. An eventfd need not be
  // drained: it counts.
  void Drain() const noexcept;

 private:
  WakeFd(UniqueFd read_end, UniqueFd write_end) noexcept;

  UniqueFd read_end_;
  UniqueFd write_end_;  // none: an eventfd is both ends
};

}  // namespace eddy::os

#endif  // EDDY_OS_WAKE_FD_H_
