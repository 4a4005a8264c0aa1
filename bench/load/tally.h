// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tally: what a loop, or all loops together, have counted.

#ifndef EDDY_BENCH_LOAD_TALLY_H_
#define EDDY_BENCH_LOAD_TALLY_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "bench/load/histogram.h"

namespace eddy::load {

struct Tally {
  // Within the measurement: the replies, and the CPU time of the load threads.
  Histogram latency;
  std::chrono::nanoseconds client_cpu{0};

  // Over the whole run: connections that were lost, by how.
  std::uint64_t num_closed = 0;   // The server sent FIN.
  std::uint64_t num_reset = 0;    // The server sent a reset.
  std::uint64_t num_failed = 0;   // Another error of the socket.
  std::uint64_t num_corrupt = 0;  // Bytes came back that were never sent.

  // At the end of the run.
  std::uint64_t num_silent = 0;   // Connections that never had a reply.
  std::uint64_t num_overdue = 0;  // Messages that were due but never sent.

  std::string first_loss;  // Says how the first connection was lost.

  std::uint64_t num_messages() const { return latency.count(); }
  std::uint64_t num_lost() const {
    return num_closed + num_reset + num_failed + num_corrupt;
  }

  void Add(const Tally& other) {
    latency.Add(other.latency);
    client_cpu += other.client_cpu;
    num_closed += other.num_closed;
    num_reset += other.num_reset;
    num_failed += other.num_failed;
    num_corrupt += other.num_corrupt;
    num_silent += other.num_silent;
    num_overdue += other.num_overdue;
    if (first_loss.empty()) first_loss = other.first_loss;
  }
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_TALLY_H_
