// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopResidentTest: who is told of a loop's end, when and where.

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "loop/loop_core.h"
#include "support/backends.h"
#include "support/idle_poller.h"
#include "support/log_capture.h"
#include "support/loop_thread.h"

namespace eddy::test {
namespace {

using internal::LoopCore;
using internal::LoopResident;

class Resident final : public LoopResident {
 public:
  explicit Resident(std::function<void(const Status&)> on_end)
      : on_end_(std::move(on_end)) {}
  void OnLoopEnd(const Status& status) override { on_end_(status); }

 private:
  std::function<void(const Status&)> on_end_;
};

TEST(LoopResidentTest, TheLastToComeIsTheFirstToBeTold) {
  std::vector<int> told;
  Resident first([&](const Status&) { told.push_back(1); });
  Resident second([&](const Status&) { told.push_back(2); });
  Resident gone([&](const Status&) { told.push_back(3); });
  {
    ManualLoop manual;
    manual.loop->AddResident(first);
    manual.loop->AddResident(gone);
    manual.loop->AddResident(second);
    manual.loop->RemoveResident(gone);
    EXPECT_TRUE(manual.Run({}).ok());
    EXPECT_EQ(told, (std::vector<int>{2, 1}));
  }
  EXPECT_EQ(told.size(), 2U) << "told again";
}

TEST(LoopResidentTest, EveryTaskWasCalledBefore) {
  int tasks = 0;
  int seen = 0;
  Resident resident([&](const Status&) { seen = tasks; });
  ManualLoop manual;
  manual.loop->AddResident(resident);
  EXPECT_TRUE(manual
                  .Run({[&] {
                    manual.loop->Stop();
                    EXPECT_FALSE(manual.loop->Post([] {}).ok());
                  }})
                  .ok());
  EXPECT_EQ(seen, 0);
  ManualLoop other;
  other.loop->AddResident(resident);
  EXPECT_TRUE(other
                  .Run({[&] {
                    EXPECT_TRUE(other.loop->Post([&] { ++tasks; }).ok());
                    other.loop->Stop();
                  }})
                  .ok());
  EXPECT_EQ(seen, 1);
}

TEST(LoopResidentTest, OfALoopThatFailsTheyLearnWhy) {
  Status told;
  Resident resident([&](const Status& status) { told = status; });
  ManualLoop manual;
  manual.loop->AddResident(resident);
  manual.poller->outcome = Error::kNoMemory;
  EXPECT_EQ(manual.loop->Run().code(), Error::kNoMemory);
  EXPECT_EQ(told.code(), Error::kNoMemory);
}

TEST(LoopResidentTest, OfALoopThatNeverRanTheyAreToldAtItsEnd) {
  int told = 0;
  Resident resident([&](const Status& status) {
    ++told;
    EXPECT_TRUE(status.ok());
  });
  {
    ManualLoop manual;
    manual.loop->AddResident(resident);
    EXPECT_EQ(told, 0);
  }
  EXPECT_EQ(told, 1);
}

TEST(LoopResidentTest, OneThatThrowsDoesNotKeepTheOthersFromBeingTold) {
  const LogCapture log;
  int told = 0;
  Resident first([&](const Status&) { ++told; });
  Resident second([](const Status&) { throw std::runtime_error("second"); });
  ManualLoop manual;
  manual.loop->AddResident(first);
  manual.loop->AddResident(second);
  EXPECT_TRUE(manual.Run({}).ok());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(log.Count("second"), 1U);
}

class LoopResidentThreadTest : public ::testing::TestWithParam<Backend> {};
EDDY_ON_USABLE_BACKENDS(LoopResidentThreadTest);

TEST_P(LoopResidentThreadTest, TheyAreToldOnTheLoopsThread) {
  LoopThread thread({.backend = GetParam()});
  auto& loop = LoopCore::Of(thread.loop());
  bool is_owner = false;
  Resident resident([&](const Status&) { is_owner = loop.IsOwner(); });
  thread.Call([&] {
    loop.AddResident(resident);
    EXPECT_TRUE(loop.is_running());
    return 0;
  });
  thread.Join();
  EXPECT_TRUE(is_owner);
  EXPECT_FALSE(loop.is_running());
}

}  // namespace
}  // namespace eddy::test
