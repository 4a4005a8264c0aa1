// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Wakeups: how often the threads of a process slept and were woken.

#include "bench/load/wakeups.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace eddy::load {
namespace {

std::uint64_t CountOfThread(const std::filesystem::path& thread) {
  std::ifstream status(thread / "status");
  std::uint64_t count = 0;
  for (std::string word; status >> word;) {
    if (word == "voluntary_ctxt_switches:") status >> count;
  }
  return count;
}

}  // namespace

std::optional<std::uint64_t> CountWakeups(pid_t pid) {
  const auto tasks =
      std::filesystem::path("/proc") / std::to_string(pid) / "task";
  std::error_code error;
  std::filesystem::directory_iterator thread(tasks, error);
  if (error) return std::nullopt;
  std::uint64_t count = 0;
  for (; thread != end(thread); thread.increment(error)) {
    count += CountOfThread(*thread);
  }
  return count;
}

}  // namespace eddy::load
