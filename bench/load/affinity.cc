// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Affinity: binds threads to CPUs.

#include "bench/load/affinity.h"

#include <sched.h>

#include <cstddef>

namespace eddy::load {

bool PinThisThread(std::span<const int> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace eddy::load
