// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UniqueFd tests: who closes what, and when.

#include "eddy/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace eddy {
namespace {

int OpenNull() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFdTest, DefaultOwnsNothing) {
  const UniqueFd fd;
  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(UniqueFdTest, ClosesWhatItOwns) {
  const int number = OpenNull();
  {
    const UniqueFd fd(number);
    EXPECT_TRUE(fd);
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFdTest, DescriptorZeroCounts) {
  UniqueFd fd(0);
  EXPECT_TRUE(fd);
  EXPECT_EQ(fd.Release(), 0);
}

TEST(UniqueFdTest, MovingHandsTheDescriptorOver) {
  UniqueFd from(OpenNull());
  const int number = from.get();
  const UniqueFd to = std::move(from);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to.get(), number);
  EXPECT_TRUE(IsOpen(number));
}

TEST(UniqueFdTest, AssignmentClosesWhatWasThere) {
  UniqueFd fd(OpenNull());
  const int old = fd.get();
  UniqueFd other(OpenNull());
  const int taken = other.get();
  fd = std::move(other);
  EXPECT_FALSE(IsOpen(old));
  EXPECT_EQ(fd.get(), taken);
  EXPECT_TRUE(IsOpen(taken));
}

TEST(UniqueFdTest, AssignmentToItselfKeepsTheDescriptor) {
  UniqueFd fd(OpenNull());
  UniqueFd& same = fd;
  fd = std::move(same);
  ASSERT_TRUE(fd);
  EXPECT_TRUE(IsOpen(fd.get()));
}

TEST(UniqueFdTest, ReleaseLeavesTheClosingToTheCaller) {
  int number = -1;
  {
    UniqueFd fd(OpenNull());
    number = fd.Release();
    EXPECT_FALSE(fd);
  }
  EXPECT_TRUE(IsOpen(number));
  ::close(number);
}

TEST(UniqueFdTest, ResetClosesAndTakes) {
  UniqueFd fd(OpenNull());
  const int old = fd.get();
  const int taken = OpenNull();
  fd.Reset(taken);
  EXPECT_FALSE(IsOpen(old));
  EXPECT_EQ(fd.get(), taken);
  fd.Reset();
  EXPECT_FALSE(IsOpen(taken));
  EXPECT_FALSE(fd);
}

TEST(UniqueFdTest, ClosingLeavesErrnoAsItWas) {
  const int number = OpenNull();
  ::close(number);
  errno = EACCES;
  UniqueFd(number).Reset();  // EBADF
  EXPECT_EQ(errno, EACCES);
}

}  // namespace
}  // namespace eddy
