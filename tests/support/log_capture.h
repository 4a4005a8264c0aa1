// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LogCapture: keeps what the library logs, for tests to look at.

#ifndef EDDY_SUPPORT_LOG_CAPTURE_H_
#define EDDY_SUPPORT_LOG_CAPTURE_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/log.h"

namespace eddy::test {

// LogCapture: takes the place of the logger while it lives.
//
// Thread: any.
class LogCapture {
 public:
  explicit LogCapture(Level threshold = Level::kWarning) {
    SetLogger(
        [lines = lines_](Level, std::string_view message) {
          const std::lock_guard lock(lines->mutex);
          lines->texts.emplace_back(message);
        },
        threshold);
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture() { SetLogger(nullptr); }

  // How many messages contain `text`.
  std::size_t Count(std::string_view text) const {
    const std::lock_guard lock(lines_->mutex);
    return static_cast<std::size_t>(
        std::ranges::count_if(lines_->texts, [&](const std::string& line) {
          return line.find(text) != std::string::npos;
        }));
  }

 private:
  struct Lines {
    std::mutex mutex;
    std::vector<std::string> texts;
  };

  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_LOG_CAPTURE_H_
