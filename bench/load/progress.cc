// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Progress: a line on the terminal that shows how the run goes.

#include "bench/load/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/load/units.h"

namespace eddy::load {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::string_view kClearLine = "\r\x1b[K";

bool IsTerminal() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

std::string Bar(double part) {
  constexpr int kWidth = 24;
  const int filled =
      static_cast<int>(std::clamp(part, 0.0, 1.0) * kWidth + 0.5);
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < filled ? "━" : "┄";
  return bar;
}

}  // namespace

Progress::Progress(const Options& options)
    : options_(options), is_shown_(IsTerminal()) {}

Progress::~Progress() {
  if (is_shown_) fmt::print(stderr, "{}", kClearLine);
}

void Progress::Show(const Window::State& state) {
  if (!is_shown_) return;
  fmt::print(stderr, "{}{}", kClearLine, LineFor(state));
  std::fflush(stderr);
}

std::string Progress::LineFor(const Window::State& state) const {
  const double seconds = Seconds(state.time_in_phase).count();
  switch (state.phase) {
    case Window::Phase::kConnecting: {
      const double part = static_cast<double>(state.num_connected) /
                          static_cast<double>(options_.num_connections);
      return fmt::format("connecting {}  {} of {}", Bar(part),
                         Grouped(state.num_connected),
                         Grouped(options_.num_connections));
    }
    case Window::Phase::kWarmup: {
      const double total = Seconds(options_.warmup).count();
      return fmt::format("warming up {}  {:.1f} of {:.1f} s",
                         Bar(total > 0 ? seconds / total : 1),
                         std::min(seconds, total), total);
    }
    case Window::Phase::kMeasuring:
      break;
  }
  const auto rate = static_cast<std::uint64_t>(
      static_cast<double>(state.num_replies) / std::max(seconds, 1e-3));
  if (options_.max_messages) {
    const double part = static_cast<double>(state.num_replies) /
                        static_cast<double>(*options_.max_messages);
    return fmt::format(
        "measuring  {}  {} of {}  {}/s", Bar(part), Grouped(state.num_replies),
        Counted(*options_.max_messages, "message"), Grouped(rate));
  }
  const double total = Seconds(options_.duration).count();
  return fmt::format("measuring  {}  {:.1f} of {:.1f} s  {} messages/s",
                     Bar(seconds / total), std::min(seconds, total), total,
                     Grouped(rate));
}

}  // namespace eddy::load
