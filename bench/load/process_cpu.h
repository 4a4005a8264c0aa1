// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ProcessCpu: the CPU time that a process has used, over all its threads.

#ifndef EDDY_BENCH_LOAD_PROCESS_CPU_H_
#define EDDY_BENCH_LOAD_PROCESS_CPU_H_

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <optional>

namespace eddy::load {

// Reads the kernel's CPU clock of the process: nanoseconds in user and kernel
// mode, threads that have exited included. A thread that is running at the
// moment of reading is known up to its last switch or tick, so a reading can
// be late by some milliseconds for each CPU.
class ProcessCpu {
 public:
  // Returns: nullopt when there is no such process.
  static std::optional<ProcessCpu> Of(pid_t pid);

  // Returns: nullopt when the process is gone.
  std::optional<std::chrono::nanoseconds> Read() const;

 private:
  explicit ProcessCpu(clockid_t clock) : clock_(clock) {}

  clockid_t clock_;
};

// The CPU time that the calling thread has used.
std::chrono::nanoseconds ThreadCpu();

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_PROCESS_CPU_H_
