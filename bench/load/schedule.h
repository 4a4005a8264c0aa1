// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Schedule: the fixed times at which the messages of an open loop are due.

#ifndef EDDY_BENCH_LOAD_SCHEDULE_H_
#define EDDY_BENCH_LOAD_SCHEDULE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "bench/load/clock.h"

namespace eddy::load {

// The messages of all loops, numbered through, are due one interval apart. Loop
// i of n has every n-th of them, beginning with the i-th, and deals its own to
// its connections in turn. All of it is arithmetic: a backlog of any length
// needs no memory.
class Schedule {
 public:
  struct Share {
    std::size_t loop;
    std::size_t num_loops;
    std::size_t num_connections;  // Of this loop.
  };

  Schedule(Time start, double rate, Share share)
      : start_(start), nanoseconds_apart_(1e9 / rate), share_(share) {}

  // When this loop's message number `index` is due.
  Time TimeOf(std::uint64_t index) const {
    const std::uint64_t overall = index * share_.num_loops + share_.loop;
    return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(
                        static_cast<double>(overall) * nanoseconds_apart_));
  }

  // The number of the message that is the `turn`-th of `connection`.
  std::uint64_t IndexOf(std::size_t connection, std::uint64_t turn) const {
    return turn * share_.num_connections + connection;
  }

  std::size_t ConnectionOf(std::uint64_t index) const {
    return index % share_.num_connections;
  }

  // How many of this loop's messages are due at `time` or before.
  std::uint64_t CountDueBy(Time time) const {
    if (time < TimeOf(0)) return 0;
    const double overall =
        static_cast<double>((time - start_).count()) / nanoseconds_apart_;
    const double own = (overall - static_cast<double>(share_.loop)) /
                       static_cast<double>(share_.num_loops);
    return static_cast<std::uint64_t>(own) + 1;
  }

 private:
  Time start_;
  double nanoseconds_apart_;
  Share share_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_SCHEDULE_H_
