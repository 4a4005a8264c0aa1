// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Log tests: what reaches which logger.

#include "base/log.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eddy::internal {
namespace {

struct Entry {
  Level level;
  std::string message;

  bool operator==(const Entry&) const = default;
};

// Collects in place of the default logger for the time of a test.
class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetLogger({}); }

  void Collect(Level threshold) {
    SetLogger(
        [this](Level level, std::string_view message) {
          entries_.push_back({level, std::string(message)});
        },
        threshold);
  }

  std::vector<Entry> entries_;
};

TEST_F(LogTest, HandsFormattedMessagesToTheLogger) {
  Collect(Level::kWarning);
  Log(Level::kError, "accept on {}: {}", "[::]:80", 24);
  EXPECT_EQ(entries_,
            (std::vector<Entry>{{Level::kError, "accept on [::]:80: 24"}}));
}

TEST_F(LogTest, DropsWhatIsBelowTheThreshold) {
  Collect(Level::kInfo);
  Log(Level::kDebug, "debug");
  Log(Level::kInfo, "info");
  LogMessage(Level::kDebug, "debug");
  EXPECT_EQ(entries_, (std::vector<Entry>{{Level::kInfo, "info"}}));
}

TEST_F(LogTest, TellsWhetherALevelIsHeard) {
  Collect(Level::kInfo);
  EXPECT_FALSE(LogEnabled(Level::kDebug));
  EXPECT_TRUE(LogEnabled(Level::kInfo));
  EXPECT_TRUE(LogEnabled(Level::kError));
}

TEST_F(LogTest, TheDefaultWritesToStderrFromWarningsOn) {
  testing::internal::CaptureStderr();
  Log(Level::kInfo, "unheard");
  Log(Level::kWarning, "a {}", "warning");
  Log(Level::kError, "an error");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "eddy: warning: a warning\neddy: error: an error\n");
}

TEST_F(LogTest, AnEmptyLoggerRestoresTheDefault) {
  Collect(Level::kDebug);
  SetLogger({}, Level::kDebug);
  EXPECT_FALSE(LogEnabled(Level::kInfo));
  testing::internal::CaptureStderr();
  Log(Level::kWarning, "back");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "eddy: warning: back\n");
  EXPECT_TRUE(entries_.empty());
}

TEST_F(LogTest, ALoggerThatThrowsHurtsNobody) {
  SetLogger([](Level, std::string_view) { throw std::runtime_error("out"); });
  Log(Level::kError, "message");
  Collect(Level::kWarning);
  Log(Level::kError, "next");
  EXPECT_EQ(entries_, (std::vector<Entry>{{Level::kError, "next"}}));
}

// Asks the library something when it is destroyed, as a program's logger may.
struct LogsAtItsEnd {
  LogsAtItsEnd() = default;
  LogsAtItsEnd(LogsAtItsEnd&&) noexcept = default;
  ~LogsAtItsEnd() {
    if (is_last != nullptr) LogMessage(Level::kError, "from the destructor");
  }
  void operator()(Level, std::string_view) const {}

  std::unique_ptr<bool> is_last = std::make_unique<bool>(true);
};

TEST_F(LogTest, AReplacedLoggerIsDestroyedOutsideTheLock) {
  SetLogger(LogsAtItsEnd());
  Collect(Level::kWarning);
  EXPECT_EQ(entries_,
            (std::vector<Entry>{{Level::kError, "from the destructor"}}));
}

TEST_F(LogTest, CallsTheLoggerFromOneThreadAtATime) {
  constexpr int kThreads = 4;
  constexpr int kMessages = 500;
  Collect(Level::kWarning);  // its vector would not survive two at once
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < kMessages; ++n) Log(Level::kWarning, "{}", n);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entries_.size(), static_cast<std::size_t>(kThreads * kMessages));
}

}  // namespace
}  // namespace eddy::internal
