// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Backoff: how long to wait before the next attempt.

#include "net/backoff.h"

#include <algorithm>
#include <string_view>

namespace eddy::internal {
namespace {

// Less than what nanoseconds can count, more than anyone will wait.
constexpr double kLongestDelay = 9e18;

double InNanoseconds(std::chrono::nanoseconds time) noexcept {
  return static_cast<double>(time.count());
}

}  // namespace

Backoff::Backoff(const RetryOptions& options, std::chrono::nanoseconds shortest,
                 std::uint64_t seed) noexcept
    : initial_(std::min(InNanoseconds(options.initial_delay),
                        InNanoseconds(options.max_delay))),
      max_(InNanoseconds(options.max_delay)),
      shortest_(InNanoseconds(shortest)),
      delay_(initial_),
      factor_(options.factor),
      jitter_(options.jitter),
      random_state_(seed) {}

Status Backoff::Check(const RetryOptions& options) {
  const auto invalid = [](std::string_view why) {
    return Status(Error::kInvalidArgument, why);
  };
  if (options.initial_delay.count() < 0) {
    return invalid("retry.initial_delay is negative");
  }
  if (options.max_delay.count() < 0) {
    return invalid("retry.max_delay is negative");
  }
  if (options.stable_after.count() < 0) {
    return invalid("retry.stable_after is negative");
  }
  // So that no number is refused, too.
  if (!(options.factor >= 1)) return invalid("retry.factor is below 1");
  if (!(options.jitter >= 0 && options.jitter <= 1)) {
    return invalid("retry.jitter is not from 0 to 1");
  }
  return {};
}

std::chrono::nanoseconds Backoff::Next() noexcept {
  const double moved = delay_ * (1 + jitter_ * Random());
  // A delay that was 0 does not grow by itself.
  delay_ = std::min(std::max(delay_, 1.0) * factor_, max_);
  const double bounded = std::min(std::max(moved, shortest_), kLongestDelay);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(bounded));
}

// SplitMix64, by Vigna.
double Backoff::Random() noexcept {
  random_state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t bits = random_state_;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
  bits ^= bits >> 31;
  constexpr double kUnit = 1.0 / (std::uint64_t{1} << 53);
  return 2 * (static_cast<double>(bits >> 11) * kUnit) - 1;
}

}  // namespace eddy::internal
