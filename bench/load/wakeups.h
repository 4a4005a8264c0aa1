// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Wakeups: how often the threads of a process slept and were woken.

#ifndef EDDY_BENCH_LOAD_WAKEUPS_H_
#define EDDY_BENCH_LOAD_WAKEUPS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace eddy::load {

// The voluntary context switches of the threads that `pid` has now. One that
// has ended takes its count with it.
//
// Returns: nullopt when there is no such process, or no /proc.
std::optional<std::uint64_t> CountWakeups(pid_t pid);

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_WAKEUPS_H_
