// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Dial: connects, and waits until it has.

#ifndef EDDY_DIAL_H_
#define EDDY_DIAL_H_

#include <chrono>
#include <string_view>

#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"

namespace eddy {

struct DialOptions {
  // How long it may take; 0: as long as the system lets it.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  bool no_delay = true;  // TCP_NODELAY
};

// Connects to what Address::Parse takes, and returns a non-blocking socket that
// is closed on exec, for a Watcher to adopt or to be used otherwise.
//
// Returns: kInvalidArgument for no address; kTimeout; else the system's errno,
//   "connect to ..." in front.
// Thread: any.
EDDY_EXPORT Result<UniqueFd> Dial(std::string_view address,
                                  DialOptions options = {});

}  // namespace eddy

#endif  // EDDY_DIAL_H_
