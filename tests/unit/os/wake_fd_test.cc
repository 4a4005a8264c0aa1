// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WakeFdTest: a descriptor that another thread makes readable.

#include "os/wake_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "support/socket_pair.h"

namespace eddy::os {
namespace {

bool IsReadable(const WakeFd& wake_fd) {
  pollfd entry{wake_fd.fd(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

class WakeFdTest : public ::testing::Test {
 protected:
  const WakeFd wake_fd_ = test::Unwrap(WakeFd::Create(), "wake descriptor");
};

TEST_F(WakeFdTest, WakeMakesItReadable) {
  EXPECT_FALSE(IsReadable(wake_fd_));
  wake_fd_.Wake();
  EXPECT_TRUE(IsReadable(wake_fd_));
}

TEST_F(WakeFdTest, DrainTakesEveryWake) {
  for (int i = 0; i < 1000; ++i) wake_fd_.Wake();
  wake_fd_.Drain();
  EXPECT_FALSE(IsReadable(wake_fd_));
  wake_fd_.Wake();
  EXPECT_TRUE(IsReadable(wake_fd_));
}

TEST_F(WakeFdTest, DrainDoesNotWait) {
  wake_fd_.Drain();
  EXPECT_FALSE(IsReadable(wake_fd_));
}

TEST_F(WakeFdTest, WakeNeverWaits) {
  for (int i = 0; i < 100'000; ++i) wake_fd_.Wake();
  EXPECT_TRUE(IsReadable(wake_fd_));
}

TEST_F(WakeFdTest, AnyThreadMayWake) {
  std::thread waker([&] { wake_fd_.Wake(); });
  EXPECT_TRUE(test::AwaitReady(wake_fd_.fd(), POLLIN));
  waker.join();
}

TEST_F(WakeFdTest, ItIsClosedOnExec) {
  EXPECT_NE(::fcntl(wake_fd_.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace eddy::os
