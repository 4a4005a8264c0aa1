// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Window: the span of time that is measured, and where the loops meet: to begin
// together, to end together, and to say what went wrong.

#include "bench/load/window.h"

#include <utility>

#include "bench/load/wakeups.h"

namespace eddy::load {
namespace {

// What a counter of the server gained, if it is known at both ends.
template <typename Count>
std::optional<Count> Gain(const std::optional<Count>& first,
                          const std::optional<Count>& last) {
  if (!first || !last || *last < *first) return std::nullopt;
  return *last - *first;
}

}  // namespace

Window::Window(const Options& options, std::optional<ProcessCpu> server)
    : options_(options), server_(server) {}

bool Window::AwaitConnected() {
  // A signal handler cannot notify, so the end of the run is looked for.
  constexpr std::chrono::milliseconds kLook(20);
  std::unique_lock lock(mutex_);
  if (++num_ready_loops_ == options_.num_threads) {
    warmup_start_ = Clock::now();
    start_ = warmup_start_ + options_.warmup;
    end_ = options_.max_messages ? Time::max() : start_ + options_.duration;
    changed_.notify_all();
  }
  while (num_ready_loops_ < options_.num_threads && !is_over()) {
    changed_.wait_for(lock, kLook);
  }
  return !is_over();
}

void Window::Enter(Time now) {
  const std::lock_guard lock(mutex_);
  if (!first_in_) first_in_ = TakeSample(now);
}

void Window::Leave(Time now) {
  const std::lock_guard lock(mutex_);
  last_out_ = TakeSample(now);
}

Window::Sample Window::TakeSample(Time now) const {
  return {.time = now,
          .server_cpu = server_ ? server_->Read() : std::nullopt,
          .server_wakeups = options_.server_pid
                                ? CountWakeups(*options_.server_pid)
                                : std::nullopt};
}

void Window::CountReplies(std::uint64_t count) {
  const std::uint64_t total =
      num_replies_.fetch_add(count, std::memory_order_relaxed) + count;
  if (options_.max_messages && total >= *options_.max_messages) {
    is_over_.store(true, std::memory_order_relaxed);
  }
}

void Window::Fail(std::string message) {
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = std::move(message);
  is_over_.store(true, std::memory_order_relaxed);
}

void Window::Finish() {
  const std::lock_guard lock(mutex_);
  ++num_finished_loops_;
  changed_.notify_all();
}

bool Window::AwaitFinished(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] {
    return num_finished_loops_ == options_.num_threads;
  });
}

Window::State Window::Observe() const {
  const std::lock_guard lock(mutex_);
  const Time now = Clock::now();
  State state{
      .phase = Phase::kConnecting,
      .time_in_phase = now - created_,
      .num_connected = num_connected(),
      .num_replies = num_replies_.load(std::memory_order_relaxed),
  };
  if (first_in_) {
    state.phase = Phase::kMeasuring;
    state.time_in_phase = now - first_in_->time;
  } else if (num_ready_loops_ == options_.num_threads) {
    state.phase = Phase::kWarmup;
    state.time_in_phase = now - warmup_start_;
  }
  return state;
}

Window::Outcome Window::outcome() const {
  const std::lock_guard lock(mutex_);
  Outcome outcome;
  outcome.failure = failure_;
  outcome.is_interrupted = is_interrupted_.load(std::memory_order_relaxed);
  if (!first_in_ || !last_out_) return outcome;
  outcome.elapsed = last_out_->time - first_in_->time;
  outcome.server_cpu = Gain(first_in_->server_cpu, last_out_->server_cpu);
  outcome.server_wakeups =
      Gain(first_in_->server_wakeups, last_out_->server_wakeups);
  return outcome;
}

}  // namespace eddy::load
