// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Status tests: codes, messages, sharing, and Result.

#include "eddy/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace eddy {
namespace {

TEST(StatusTest, IsOnePointerWide) { EXPECT_EQ(sizeof(Status), sizeof(void*)); }

TEST(StatusTest, DefaultIsSuccess) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_FALSE(status.code());
  EXPECT_EQ(status.message(), "ok");
}

TEST(StatusTest, OfAnErrorComparesEqualToThatErrorOnly) {
  const Status status = Error::kClosed;
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Error::kClosed);
  EXPECT_NE(status.code(), Error::kStopped);
}

TEST(StatusTest, EachErrorHasItsOwnCodeAndText) {
  std::set<std::string> messages;
  for (int value = 1; value <= static_cast<int>(Error::kWrongThread); ++value) {
    const auto error = static_cast<Error>(value);
    const Status status = error;
    EXPECT_EQ(status.code(), error);
    messages.insert(status.message());
  }
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(Error::kWrongThread));
}

TEST(StatusTest, CategoryIsNamedEddy) {
  EXPECT_STREQ(ErrorCategory().name(), "eddy");
  EXPECT_EQ(make_error_code(Error::kTimeout).category(), ErrorCategory());
}

TEST(StatusTest, CategoryNamesTheNumberOfAnUnknownError) {
  EXPECT_EQ(ErrorCategory().message(12345), "unknown error 12345");
}

TEST(StatusTest, ContextStandsBeforeWhatTheCodeSays) {
  const Status status(Error::kTimeout, "connect to [::1]:80");
  EXPECT_EQ(status.message(), "connect to [::1]:80: timed out");
  EXPECT_EQ(status.code(), Error::kTimeout);
}

TEST(StatusTest, FromErrnoSpeaksTheSystemsLanguage) {
  const Status status = Status::FromErrno(EACCES, "listen on 127.0.0.1:80");
  EXPECT_EQ(status.message(), "listen on 127.0.0.1:80: Permission denied");
}

TEST(StatusTest, FromErrnoComparesEqualToErrc) {
  const Status status = Status::FromErrno(ECONNRESET);
  EXPECT_EQ(status.code(), std::errc::connection_reset);
  EXPECT_NE(status.code(), std::errc::broken_pipe);
  EXPECT_EQ(status.code().value(), ECONNRESET);
}

TEST(StatusTest, WithoutContextTheMessageIsTheCodesAlone) {
  EXPECT_EQ(Status::FromErrno(EPIPE).message(), "Broken pipe");
}

TEST(StatusTest, KeepsTheCodeOfAForeignCategory) {
  const std::error_code code = std::make_error_code(std::io_errc::stream);
  const Status status(code, "context");
  EXPECT_EQ(status.code(), code);
}

TEST(StatusTest, KeepsAZeroByteInTheContext) {
  const std::string context("a\0b", 3);
  EXPECT_EQ(Status(Error::kProtocol, context).message(),
            context + ": protocol error");
}

TEST(StatusTest, StatusesAreEqualWhenTheirCodesAre) {
  EXPECT_EQ(Status(Error::kClosed), Status(Error::kClosed, "context"));
  EXPECT_NE(Status(Error::kClosed), Status(Error::kStopped));
  EXPECT_NE(Status(Error::kClosed), Status());
  EXPECT_EQ(Status(), Status());
  // The numbers are the same, the categories are not.
  EXPECT_NE(Status(Error::kClosed), Status::FromErrno(1));
}

TEST(StatusTest, ACopyOutlivesItsOriginal) {
  auto original = std::make_unique<Status>(Error::kProtocol, "context");
  const Status copy = *original;
  original.reset();
  EXPECT_EQ(copy.message(), "context: protocol error");
}

TEST(StatusTest, CopiesOfAnErrorAloneComeAndGo) {
  const Status original = Error::kClosed;
  {
    const Status copy = original;
    EXPECT_EQ(copy.code(), Error::kClosed);
  }
  EXPECT_EQ(Status(Error::kClosed).message(), "closed");
}

TEST(StatusTest, AMovedFromStatusIsSuccess) {
  Status from(Error::kProtocol, "context");
  const Status to = std::move(from);
  EXPECT_TRUE(from.ok());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to.message(), "context: protocol error");
}

TEST(StatusTest, AssignmentReplacesWhatWasThere) {
  Status status(Error::kProtocol, "first");
  const Status second(Error::kTimeout, "second");
  status = second;
  EXPECT_EQ(status.message(), "second: timed out");
  status = Status();
  EXPECT_TRUE(status.ok());
  status = Error::kClosed;
  EXPECT_EQ(status.code(), Error::kClosed);
}

TEST(StatusTest, AssignmentToItselfChangesNothing) {
  Status status(Error::kProtocol, "context");
  Status& same = status;
  status = same;
  EXPECT_EQ(status.message(), "context: protocol error");
  status = std::move(same);
  EXPECT_EQ(status.message(), "context: protocol error");
}

TEST(StatusTest, CopiesAreSharedBetweenThreads) {
  const Status status(Error::kProtocol, "context");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = status] {
      for (int round = 0; round < 1000; ++round) {
        const Status mine = copy;
        ASSERT_EQ(mine.code(), Error::kProtocol);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(status.message(), "context: protocol error");
}

TEST(StatusDeathTest, RefusesANumberThatIsNoError) {
  EXPECT_DEATH(Status(static_cast<Error>(0)), "no eddy::Error");
  EXPECT_DEATH(Status(static_cast<Error>(1000)), "no eddy::Error");
}

Result<int> Half(int number) {
  if (number % 2 != 0) return Error::kInvalidArgument;
  return number / 2;
}

TEST(ResultTest, HoldsAValueAndASuccess) {
  const Result<int> half = Half(4);
  ASSERT_TRUE(half.has_value());
  EXPECT_TRUE(half);
  EXPECT_EQ(*half, 2);
  EXPECT_TRUE(half.status().ok());
}

TEST(ResultTest, HoldsTheStatusThatSaysWhyThereIsNoValue) {
  const Result<int> half = Half(3);
  EXPECT_FALSE(half.has_value());
  EXPECT_FALSE(half);
  EXPECT_EQ(half.status().code(), Error::kInvalidArgument);
}

TEST(ResultTest, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, ArrowReachesTheValuesMembers) {
  Result<std::string> result = std::string("eddy");
  EXPECT_EQ(result->size(), 4u);
}

}  // namespace
}  // namespace eddy
