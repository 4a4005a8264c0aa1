// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Backoff: how long to wait before the next attempt.

#ifndef EDDY_NET_BACKOFF_H_
#define EDDY_NET_BACKOFF_H_

#include <chrono>
#include <cstdint>

#include "eddy/client.h"
#include "eddy/status.h"

namespace eddy::internal {

// Backoff: the delays of RetryOptions, one after the other.
//
// Thread: external.
class Backoff {
 public:
  // No delay is shorter than `shortest`. Equal seeds give equal delays.
  Backoff(const RetryOptions& options, std::chrono::nanoseconds shortest,
          std::uint64_t seed) noexcept;

  // kInvalidArgument for options that no delays can be made of.
  static Status Check(const RetryOptions& options);

  std::chrono::nanoseconds Next() noexcept;
  // Begins with the first delay again.
  void Reset() noexcept { delay_ = initial_; }

 private:
  // A number from -1 to 1.
  double Random() noexcept;

  // In nanoseconds.
  double initial_;
  double max_;
  double shortest_;
  double delay_;  // the next one, without jitter

  double factor_;
  double jitter_;
  std::uint64_t random_state_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_BACKOFF_H_
