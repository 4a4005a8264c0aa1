// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Options: what the command line asks for.

#ifndef EDDY_BENCH_LOAD_OPTIONS_H_
#define EDDY_BENCH_LOAD_OPTIONS_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bench/load/target.h"

namespace eddy::load {

struct Options {
  Target target;
  std::size_t num_connections;
  std::size_t message_bytes;
  std::size_t depth;  // Messages in flight per connection at most.
  std::size_t num_threads;
  std::chrono::nanoseconds duration;
  std::chrono::nanoseconds warmup;
  std::chrono::nanoseconds timeout;  // For a connect, and for any reply at all.
  std::optional<double> rate;        // Messages per second; none: closed loop.
  std::optional<std::uint64_t> max_messages;  // Takes duration's place.
  std::vector<int> cpus;                      // Empty: any.
  std::optional<pid_t> server_pid;
  std::string json_path;  // Empty: none, "-": stdout.
  std::string label;
  std::optional<std::string> ws_path;  // Of WebSocket; none: plain bytes.
  bool verify;

  bool is_closed_loop() const { return !rate.has_value(); }
};

// Options, or the exit code to end with (0 after --help, 2 after a mistake);
// help and mistakes have been printed then.
std::variant<Options, int> ParseOptions(int argc, char** argv);

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_OPTIONS_H_
