// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Affinity: binds threads to CPUs.

#ifndef EDDY_BENCH_LOAD_AFFINITY_H_
#define EDDY_BENCH_LOAD_AFFINITY_H_

#include <span>

namespace eddy::load {

// Lets the calling thread, and those that it starts later, run on `cpus` only.
//
// Returns: false when none of them can be used.
bool PinThisThread(std::span<const int> cpus);

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_AFFINITY_H_
