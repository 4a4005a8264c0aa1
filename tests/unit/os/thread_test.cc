// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ThreadTest: the CPUs a thread may run on, and its name.

#include "os/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace eddy::os {
namespace {

// On a thread of its own, so that the tests do not bind one another.
void OnAThread(const std::function<void()>& body) { std::thread(body).join(); }

TEST(ThreadTest, AThreadMayRunSomewhere) {
  const auto cpus = AllowedCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
  EXPECT_EQ(std::adjacent_find(cpus.begin(), cpus.end()), cpus.end());
  EXPECT_GE(cpus.front(), 0);
}

#if defined(__linux__)

TEST(ThreadTest, APinnedThreadRunsOnOneCpu) {
  const int cpu = AllowedCpus().back();
  OnAThread([cpu] {
    EXPECT_TRUE(PinToCpu(cpu).ok());
    EXPECT_EQ(AllowedCpus(), std::vector{cpu});
  });
}

TEST(ThreadTest, APinnedThreadMayBeMoved) {
  const auto cpus = AllowedCpus();
  OnAThread([&] {
    for (const int cpu : cpus) {
      EXPECT_TRUE(PinToCpu(cpu).ok());
      EXPECT_EQ(AllowedCpus(), std::vector{cpu});
    }
  });
}

TEST(ThreadTest, CheckingACpuBindsNobody) {
  const auto cpus = AllowedCpus();
  EXPECT_TRUE(CheckCpu(cpus.back()).ok());
  EXPECT_EQ(CheckCpu(-1).code(), Error::kInvalidArgument);
  EXPECT_EQ(AllowedCpus(), cpus);
}

TEST(ThreadTest, PinningOneThreadLeavesOthersAlone) {
  const auto before = AllowedCpus();
  OnAThread([&] { EXPECT_TRUE(PinToCpu(before.front()).ok()); });
  EXPECT_EQ(AllowedCpus(), before);
}

TEST(ThreadTest, ACpuThatIsNotAllowedIsRefused) {
  for (const int cpu : {-1, 1'000'000}) {
    EXPECT_EQ(PinToCpu(cpu).code(), Error::kInvalidArgument);
  }
}

TEST(ThreadTest, AThreadHasTheNameThatItGot) {
  OnAThread([] {
    NameThread("eddy-loop-1");
    std::array<char, 64> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    EXPECT_STREQ(name.data(), "eddy-loop-1");
  });
}

TEST(ThreadTest, ALongNameIsCut) {
  OnAThread([] {
    NameThread("a name that is longer than the system takes");
    std::array<char, 64> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    EXPECT_STREQ(name.data(), "a name that is ");
  });
}

#endif

}  // namespace
}  // namespace eddy::os
