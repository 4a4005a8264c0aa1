// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Log: how the library's own code reaches the log hook.

#ifndef EDDY_BASE_LOG_H_
#define EDDY_BASE_LOG_H_

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "eddy/log.h"
#include "eddy/status.h"

namespace eddy::internal {

// Whether a message of `level` would reach the logger.
bool LogEnabled(Level level) noexcept;
// Hands `message` to the logger. Never throws.
void LogMessage(Level level, std::string_view message) noexcept;

// Formats and logs, and does neither when nobody listens. Never throws.
template <typename... Args>
void Log(Level level, fmt::format_string<Args...> format,
         Args&&... args) noexcept {
  if (!LogEnabled(level)) return;
  try {
    LogMessage(level, fmt::format(format, std::forward<Args>(args)...));
  } catch (...) {
    LogMessage(level, "(a message that could not be formatted)");
  }
}

}  // namespace eddy::internal

// Inside Log, where want of memory for the message does no harm.
template <>
struct fmt::formatter<eddy::Status> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const eddy::Status& status, Context& context) const {
    return fmt::formatter<std::string_view>::format(status.message(), context);
  }
};

#endif  // EDDY_BASE_LOG_H_
