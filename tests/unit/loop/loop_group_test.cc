// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopGroupTest: threads, names, CPUs, and threads that can't be had.

#include "loop/loop_group.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "loop/loop_core.h"
#include "os/thread.h"
#include "support/backends.h"
#include "support/no_threads.h"

namespace eddy {
namespace {

using internal::LoopGroup;

class LoopGroupTest : public ::testing::TestWithParam<Backend> {
 protected:
  ~LoopGroupTest() override {
    group_.Stop();
    group_.Join();
  }

  void Start(std::size_t count, bool pin_cpus = false) {
    ASSERT_TRUE(group_.Create(count, {.backend = GetParam()}).ok());
    ASSERT_TRUE(group_.Start("group", pin_cpus).ok());
  }
  // Calls `function` on loop `index` and returns what it returned.
  template <typename Function>
  auto Call(std::size_t index, Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    EXPECT_TRUE(group_[index].Post([&task] { task(); }).ok());
    return result.get();
  }

  LoopGroup group_;
};
EDDY_ON_USABLE_BACKENDS(LoopGroupTest);

TEST_P(LoopGroupTest, EachLoopHasAThreadOfItsOwn) {
  Start(3);
  std::set<std::thread::id> threads;
  for (std::size_t i = 0; i < 3; ++i) {
    threads.insert(Call(i, [] { return std::this_thread::get_id(); }));
    EXPECT_TRUE(Call(i, [this] { return group_.IsInLoopThread(); }));
  }
  EXPECT_EQ(threads.size(), 3U);
  EXPECT_FALSE(group_.IsInLoopThread());
}

#if defined(__linux__)
TEST_P(LoopGroupTest, ThreadsBearTheGroupsNameAndTheirNumber) {
  Start(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string name = Call(i, [] {
      std::array<char, 16> text{};
      ::pthread_getname_np(::pthread_self(), text.data(), text.size());
      return std::string(text.data());
    });
    EXPECT_EQ(name, "group-" + std::to_string(i));
  }
}

TEST_P(LoopGroupTest, PinsEachThreadToOneCpuInTurn) {
  const std::vector<int> cpus = os::AllowedCpus();
  const std::size_t count = cpus.size() + 1;
  Start(count, true);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(Call(i, [] { return os::AllowedCpus(); }),
              std::vector<int>{cpus[i % cpus.size()]});
  }
}
#endif

TEST_P(LoopGroupTest, ThreadsRunOnEveryCpuUnlessPinned) {
  Start(1);
  EXPECT_EQ(Call(0, [] { return os::AllowedCpus(); }), os::AllowedCpus());
}

#if defined(__GLIBC__)
TEST_P(LoopGroupTest, AThreadThatCannotBeHadIsAnErrorAndNoneIsLeftRunning) {
  ASSERT_TRUE(group_.Create(3, {.backend = GetParam()}).ok());
  // Only now: libkqueue has a thread of its own.
  const test::NoThreads no_threads;
  const Status status = group_.Start("group", false);
  EXPECT_EQ(status.code(), std::errc::resource_unavailable_try_again);
  EXPECT_EQ(status.message().find("start a thread"), 0U);
}
#endif

TEST(LoopGroupErrorTest, ItIsAllLoopsOrNone) {
  const auto usable = test::UsableBackends();
  for (const Backend backend : {Backend::kKqueue, Backend::kIoUring}) {
    if (std::ranges::count(usable, backend) != 0) continue;
    LoopGroup group;
    EXPECT_EQ(group.Create(3, {.backend = backend}).code(),
              Error::kUnsupported);
    EXPECT_EQ(group.size(), 0U);
  }
}

}  // namespace
}  // namespace eddy
