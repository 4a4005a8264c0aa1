// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Log: the hook, and stderr where there is none.

#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>

namespace eddy {
namespace {

struct Sink {
  std::mutex mutex;
  Logger logger;  // none: stderr
};

// Never destroyed: other threads and the destructors of static objects may have
// something to say until the program's very end.
Sink& TheSink() {
  static Sink& sink = *new Sink;
  return sink;
}

// Changed under the sink's mutex, so that no logger is handed a message that
// is below its threshold; read without it to skip the formatting of messages
// that nobody wants.
constinit std::atomic<Level> least_level{Level::kWarning};

const char* NameOf(Level level) noexcept {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "log";
}

}  // namespace

void SetLogger(Logger logger, Level threshold) {
  Sink& sink = TheSink();
  const std::lock_guard lock(sink.mutex);
  least_level.store(logger ? threshold : Level::kWarning,
                    std::memory_order_relaxed);
  // The old logger goes with the parameter, after the mutex: its destructor is
  // the program's code.
  std::swap(sink.logger, logger);
}

namespace internal {

bool LogEnabled(Level level) noexcept {
  return level >= least_level.load(std::memory_order_relaxed);
}

void LogMessage(Level level, std::string_view message) noexcept {
  try {
    Sink& sink = TheSink();
    const std::lock_guard lock(sink.mutex);
    if (!LogEnabled(level)) return;
    if (sink.logger) {
      sink.logger(level, message);
    } else {
      std::fprintf(stderr, "eddy: %s: %.*s\n", NameOf(level),
                   static_cast<int>(message.size()), message.data());
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // A logger that fails has nobody left to be told.
  }
}

}  // namespace internal
}  // namespace eddy
