// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Report: what was measured, as numbers, as a table and as JSON.

#ifndef EDDY_BENCH_LOAD_REPORT_H_
#define EDDY_BENCH_LOAD_REPORT_H_

#include <optional>
#include <string>

#include "bench/load/options.h"
#include "bench/load/tally.h"
#include "bench/load/window.h"

namespace eddy::load {

struct Report {
  const Options& options;
  Window::Outcome outcome;
  Tally tally;

  bool has_results() const { return tally.num_messages() > 0; }

  double elapsed_seconds() const;
  double MessagesPerSecond() const;
  // In each direction; an echo moves as much again in the other one.
  double MegabytesPerSecond() const;

  // CPU nanoseconds per message, and CPUs kept busy on average. The server's
  // are known only with --server-pid.
  std::optional<double> ServerCpuPerMessage() const;
  std::optional<double> ServerCpusBusy() const;
  // None as well when the server never slept.
  std::optional<double> MessagesPerWakeup() const;
  double ClientCpuPerMessage() const;
  double ClientCpusBusy() const;

  // Says in one sentence why the run is no valid measurement; empty when it is.
  std::string Failure() const;
};

// The results for people; REQUIRES: has_results().
std::string ToTable(const Report& report);

// The results for programs: one JSON object on one line, with every number in
// its base unit (bytes, nanoseconds, seconds).
std::string ToJson(const Report& report);

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_REPORT_H_
