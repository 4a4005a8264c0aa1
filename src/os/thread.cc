// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Thread: the CPUs a thread may run on, and its name.

#include "os/thread.h"

#include <fmt/format.h>
#include <pthread.h>
#if defined(__linux__)
#include <sched.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

namespace eddy::os {

namespace {

// Those of the thread with this id, 0 for the calling one.
std::vector<int> CpusOf([[maybe_unused]] pid_t thread) {
  std::vector<int> cpus;
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(thread, sizeof(set), &set) == 0) {
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(static_cast<int>(cpu));
    }
  }
#endif
  if (cpus.empty()) {
    const unsigned count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned cpu = 0; cpu < count; ++cpu) {
      cpus.push_back(static_cast<int>(cpu));
    }
  }
  return cpus;
}

}  // namespace

std::vector<int> AllowedCpus() { return CpusOf(0); }

Status CheckCpu(int cpu) {
#if defined(__linux__)
  // Those of the main thread, before anything was bound here.
  static const std::vector<int> cpus = CpusOf(::getpid());
  if (std::binary_search(cpus.begin(), cpus.end(), cpu)) return {};
  return Status(Error::kInvalidArgument,
                fmt::format("CPU {} is not one this process may use", cpu));
#else
  return Status(Error::kUnsupported,
                fmt::format("pin to CPU {}: not on this system", cpu));
#endif
}

Status PinToCpu(int cpu) {
  Status status = CheckCpu(cpu);
#if defined(__linux__)
  if (!status.ok()) return status;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  const int error =
      ::pthread_setaffinity_np(::pthread_self(), sizeof(set), &set);
  if (error != 0) {
    return Status::FromErrno(error, fmt::format("pin to CPU {}", cpu));
  }
#endif
  return status;
}

void NameThread(std::string_view name) noexcept {
#if defined(__linux__)
  constexpr std::size_t kMaxLength = 15;
  char text[kMaxLength + 1] = {};
  std::copy_n(name.begin(), std::min(name.size(), kMaxLength), text);
  ::pthread_setname_np(::pthread_self(), text);
#else
  static_cast<void>(name);
#endif
}

}  // namespace eddy::os
