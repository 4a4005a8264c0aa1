// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Bench fan-out tests: neither of its processes outlives the other.

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <string>

#include "integration/example_test.h"
#include "support/child_process.h"
#include "support/server_test.h"

namespace eddy::test {
namespace {

// FanOutTest: a run that takes longer than any test.
class FanOutTest : public ::testing::Test {
 protected:
  // The process that reads, once it is there.
  pid_t AwaitReader() {
    const std::string id = std::to_string(parent_.pid());
    pid_t reader = 0;
    EXPECT_TRUE(Eventually([&] {
      std::ifstream children("/proc/" + id + "/task/" + id + "/children");
      return static_cast<bool>(children >> reader);
    }));
    return reader;
  }

  ChildProcess parent_{BenchPath("fan_out"),
                       {"--connections", "10", "--rounds", "100000"}};
};

// Both have the error stream, which ends with the last of them.
TEST_F(FanOutTest, TheReaderGoesWithTheSender) {
  AwaitReader();
  parent_.Signal(SIGKILL);
  const auto exit = parent_.WaitExit();
  ASSERT_TRUE(exit) << "the reader is still there";
  EXPECT_EQ(exit->signal, SIGKILL);
}

TEST_F(FanOutTest, TheSenderGoesWithTheReader) {
  const pid_t reader = AwaitReader();
  ASSERT_GT(reader, 0);
  ASSERT_EQ(::kill(reader, SIGKILL), 0);
  const auto exit = parent_.WaitExit();
  ASSERT_TRUE(exit) << "the sender still waits";
  EXPECT_EQ(exit->code, 1);
  EXPECT_NE(exit->errors.find("the clients are gone"), std::string::npos)
      << exit->errors;
}

}  // namespace
}  // namespace eddy::test
