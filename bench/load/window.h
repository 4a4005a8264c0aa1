// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Window: the span of time that is measured, and where the loops meet: to begin
// together, to end together, and to say what went wrong.

#ifndef EDDY_BENCH_LOAD_WINDOW_H_
#define EDDY_BENCH_LOAD_WINDOW_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "bench/load/clock.h"
#include "bench/load/options.h"
#include "bench/load/process_cpu.h"

namespace eddy::load {

// The run connects, warms up, measures and is over. Warm-up begins when the
// connections of all loops are up. The measured span reaches from the moment
// that the first loop enters it to the moment that the last one leaves, and
// the server's CPU clock and wake-ups are read at exactly these two.
//
// Thread: any; it outlives the loops.
class Window {
 public:
  Window(const Options& options, std::optional<ProcessCpu> server);

  // For the loops.

  void CountConnect() {
    num_connected_.fetch_add(1, std::memory_order_relaxed);
  }

  // Waits until every loop has called it, which begins the warm-up.
  //
  // Returns: false when the run was over before that.
  bool AwaitConnected();

  // When to enter and to leave. REQUIRES: AwaitConnected() returned true.
  Time start() const { return start_; }
  Time end() const { return end_; }

  void Enter(Time now);
  void Leave(Time now);

  // Counts replies within the window, which may be over then.
  void CountReplies(std::uint64_t count);

  // Whether the run is to end, for whatever reason but time.
  bool is_over() const { return is_over_.load(std::memory_order_relaxed); }

  // Ends the run; the first one's message is kept.
  void Fail(std::string message);

  // Each loop's last call.
  void Finish();

  // For the main thread.

  // Ends the run. Safe in a signal handler.
  void Interrupt() {
    is_interrupted_.store(true, std::memory_order_relaxed);
    is_over_.store(true, std::memory_order_relaxed);
  }

  // Returns: whether all loops finished within `timeout`.
  bool AwaitFinished(std::chrono::nanoseconds timeout);

  enum class Phase { kConnecting, kWarmup, kMeasuring };
  struct State {
    Phase phase;
    std::chrono::nanoseconds time_in_phase;
    std::uint64_t num_connected;
    std::uint64_t num_replies;
  };
  State Observe() const;

  std::size_t num_connected() const {
    return num_connected_.load(std::memory_order_relaxed);
  }

  // REQUIRES: all loops finished.
  struct Outcome {
    std::chrono::nanoseconds elapsed{0};
    std::optional<std::chrono::nanoseconds> server_cpu;
    std::optional<std::uint64_t> server_wakeups;
    std::string failure;  // Empty: none.
    bool is_interrupted = false;
  };
  Outcome outcome() const;

 private:
  struct Sample {
    Time time;
    std::optional<std::chrono::nanoseconds> server_cpu;
    std::optional<std::uint64_t> server_wakeups;
  };
  Sample TakeSample(Time now) const;

  const Options& options_;
  const std::optional<ProcessCpu> server_;
  const Time created_ = Clock::now();

  std::atomic<bool> is_over_ = false;
  std::atomic<bool> is_interrupted_ = false;
  std::atomic<std::size_t> num_connected_ = 0;
  std::atomic<std::uint64_t> num_replies_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t num_ready_loops_ = 0;
  std::size_t num_finished_loops_ = 0;
  Time warmup_start_;
  Time start_;
  Time end_;
  std::optional<Sample> first_in_;
  std::optional<Sample> last_out_;
  std::string failure_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_WINDOW_H_
