// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Patience: waiting for descriptors without a loop.

#ifndef EDDY_OS_PATIENCE_H_
#define EDDY_OS_PATIENCE_H_

#include <poll.h>

#include <chrono>
#include <span>

#include "eddy/status.h"

namespace eddy::os {

// Waits until one of `descriptors` is ready, as poll(2) tells, or until `end`;
// the end of time: for ever. kTimeout, or the system's errno.
Status AwaitReady(std::span<pollfd> descriptors,
                  std::chrono::steady_clock::time_point end);

}  // namespace eddy::os

#endif  // EDDY_OS_PATIENCE_H_
