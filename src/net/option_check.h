// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// OptionCheck: what no server or client takes.

#ifndef EDDY_NET_OPTION_CHECK_H_
#define EDDY_NET_OPTION_CHECK_H_

#include <chrono>

#include "eddy/options.h"
#include "eddy/status.h"

namespace eddy::internal {

// kInvalidArgument, with what is wrong.
Status CheckOptions(const ConnectionOptions& options);
Status CheckTimes(std::chrono::nanoseconds idle_timeout,
                  std::chrono::nanoseconds spin);

}  // namespace eddy::internal

#endif  // EDDY_NET_OPTION_CHECK_H_
