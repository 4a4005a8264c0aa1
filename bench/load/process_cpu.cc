// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ProcessCpu: the CPU time that a process has used, over all its threads.

#include "bench/load/process_cpu.h"

namespace eddy::load {
namespace {

std::optional<std::chrono::nanoseconds> ReadClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::optional<ProcessCpu> ProcessCpu::Of(pid_t pid) {
  clockid_t clock{};
  if (clock_getcpuclockid(pid, &clock) != 0) return std::nullopt;
  return ProcessCpu(clock);
}

std::optional<std::chrono::nanoseconds> ProcessCpu::Read() const {
  return ReadClock(clock_);
}

std::chrono::nanoseconds ThreadCpu() {
  return ReadClock(CLOCK_THREAD_CPUTIME_ID)
      .value_or(std::chrono::nanoseconds(0));
}

}  // namespace eddy::load
