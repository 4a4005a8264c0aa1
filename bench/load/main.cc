// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// eddy_load: loads an echo server and reports throughput, latency and CPU cost.

#include <errno.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include "bench/load/affinity.h"
#include "bench/load/frame_pattern.h"
#include "bench/load/load_loop.h"
#include "bench/load/options.h"
#include "bench/load/pattern.h"
#include "bench/load/process_cpu.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"
#include "bench/load/units.h"
#include "bench/load/window.h"

namespace eddy::load {
namespace {

// The window that a signal ends. Set before the handler, and never reset: the
// process ends with the run.
Window* interrupted_window = nullptr;

void InterruptWindow(int) { interrupted_window->Interrupt(); }

void InterruptOnSignals(Window& window) {
  interrupted_window = &window;
  struct sigaction action {};
  action.sa_handler = InterruptWindow;
  // A second signal ends a process that the first one did not.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void Complain(std::string_view what) {
  fmt::print(stderr, "eddy_load: {}\n", what);
}

// Returns: false, after saying so, when the descriptors do not suffice.
bool RaiseDescriptorLimit(const Options& options) {
  constexpr std::size_t kOthers = 16;  // Standard streams, epoll and such.
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t needed =
      options.num_connections + 2 * options.num_threads + kOthers;
  if (needed <= limit.rlim_max) return true;
  Complain(
      fmt::format("{} need {} descriptors, but this process may open {} "
                  "(ulimit -Hn)",
                  Counted(options.num_connections, "connection"),
                  Grouped(needed), Grouped(limit.rlim_max)));
  return false;
}

void ShowUntilFinished(const Options& options, Window& window) {
  constexpr std::chrono::milliseconds kRefresh(250);
  Progress progress(options);
  if (!progress.is_shown()) {
    while (!window.AwaitFinished(std::chrono::hours(1))) {
    }
    return;
  }
  do {
    progress.Show(window.Observe());
  } while (!window.AwaitFinished(kRefresh));
}

Tally RunLoops(const Options& options, Window& window) {
  const Pattern pattern;
  std::optional<FramePattern> frames;
  if (options.ws_path) {
    frames.emplace(pattern, FramePattern::MakeKey(), options.message_bytes);
  }
  std::vector<std::unique_ptr<LoadLoop>> loops;
  for (std::size_t i = 0; i < options.num_threads; ++i) {
    loops.push_back(std::make_unique<LoadLoop>(
        options, pattern, frames ? &*frames : nullptr, window, i));
  }
  std::vector<std::jthread> threads;
  for (const auto& loop : loops) {
    threads.emplace_back([&loop] { loop->Run(); });
  }
  ShowUntilFinished(options, window);
  threads.clear();
  Tally total;
  for (const auto& loop : loops) total.Add(loop->result());
  return total;
}

// Returns: whether the JSON could be written.
bool WriteJson(const Report& report) {
  const std::string& path = report.options.json_path;
  const std::string text = ToJson(report);
  if (path == "-") {
    fmt::print("{}", text);
    return std::fflush(stdout) == 0;
  }
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return false;
  const bool is_written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && is_written;
}

// Returns: the exit code.
int Publish(const Report& report) {
  const Options& options = report.options;
  if (report.has_results() && options.json_path != "-") {
    fmt::print("{}", ToTable(report));
    std::fflush(stdout);
  }
  if (!options.json_path.empty() && !WriteJson(report)) {
    Complain(fmt::format("cannot write {}: {}", options.json_path,
                         std::generic_category().message(errno)));
    return 1;
  }
  const std::string failure = report.Failure();
  if (failure.empty()) return 0;
  Complain(failure);
  return 1;
}

int Measure(const Options& options) {
  if (!RaiseDescriptorLimit(options)) return 1;
  std::optional<ProcessCpu> server;
  if (options.server_pid) {
    server = ProcessCpu::Of(*options.server_pid);
    if (!server) {
      Complain(fmt::format("there is no process {}", *options.server_pid));
      return 1;
    }
  }
  if (!options.cpus.empty() && !PinThisThread(options.cpus)) {
    Complain("none of the CPUs of --cpu can be used");
    return 1;
  }
  Window window(options, server);
  InterruptOnSignals(window);
  const Tally tally = RunLoops(options, window);
  return Publish({options, window.outcome(), tally});
}

}  // namespace
}  // namespace eddy::load

int main(int argc, char** argv) {
  try {
    const auto options = eddy::load::ParseOptions(argc, argv);
    if (const int* exit_code = std::get_if<int>(&options)) return *exit_code;
    return eddy::load::Measure(std::get<eddy::load::Options>(options));
  } catch (const std::exception& error) {
    eddy::load::Complain(error.what());
    return 1;
  }
}
