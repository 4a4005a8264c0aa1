// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// OptionCheck: what no server or client takes.

#include "net/option_check.h"

#include <span>

namespace eddy::internal {
namespace {

struct NamedTime {
  const char* why;
  std::chrono::nanoseconds time;
};

Status RefuseNegative(std::span<const NamedTime> times) {
  for (const auto& [why, time] : times) {
    if (time < time.zero()) return Status(Error::kInvalidArgument, why);
  }
  return {};
}

}  // namespace

Status CheckOptions(const ConnectionOptions& options) {
  if (options.low_watermark_bytes > options.high_watermark_bytes) {
    return Status(Error::kInvalidArgument,
                  "low_watermark_bytes is above high_watermark_bytes");
  }
  const NamedTime times[] = {
      {"write_stall_timeout is negative", options.write_stall_timeout},
      {"half_close_timeout is negative", options.half_close_timeout},
      {"linger_timeout is negative", options.linger_timeout},
      {"close_timeout is negative", options.close_timeout},
      {"handshake_timeout is negative", options.handshake_timeout},
  };
  return RefuseNegative(times);
}

Status CheckTimes(std::chrono::nanoseconds idle_timeout,
                  std::chrono::nanoseconds spin) {
  const NamedTime times[] = {
      {"idle_timeout is negative", idle_timeout},
      {"spin is negative", spin},
  };
  return RefuseNegative(times);
}

}  // namespace eddy::internal
