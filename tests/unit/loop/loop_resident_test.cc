// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopResidentTest: who is told of a loop's end, when and where.

#include <gtest/gtest.h>

#include <chrono>
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
using std::chrono::milliseconds;

class Resident final : public LoopResident {
 public:
  explicit Resident(std::function<void(const Status&)> on_end)
      : on_end_(std::move(on_end)) {}
  void OnLoopStop(milliseconds drain) override {
    if (on_stop) on_stop(drain);
  }
  void OnLoopEnd(const Status& status) override { on_end_(status); }

  std::function<void(milliseconds)> on_stop;

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

// ---- The loop is going to end -----------------------------------------------

const std::function<void(const Status&)> kNever = [](const Status&) {
  ADD_FAILURE() << "told of the end though it had gone";
};

TEST(LoopResidentTest, AStopIsToldToTheLastToComeFirst) {
  std::vector<int> told;
  Resident first([](const Status&) {});
  Resident second([](const Status&) {});
  ManualLoop manual;
  manual.loop->AddResident(first);
  manual.loop->AddResident(second);
  first.on_stop = [&](milliseconds drain) {
    EXPECT_EQ(drain, milliseconds(7));
    told.push_back(1);
  };
  second.on_stop = [&](milliseconds drain) {
    EXPECT_EQ(drain, milliseconds(7));
    told.push_back(2);
    throw std::runtime_error("second");
  };
  const LogCapture log;
  manual.loop->StopResidents(milliseconds(7));
  EXPECT_EQ(told, (std::vector<int>{2, 1}));
  EXPECT_EQ(manual.loop->exceptions(), 1U);
}

TEST(LoopResidentTest, WhoComesAfterAStopHasNoTime) {
  int told = 0;
  Resident late([](const Status&) {});
  late.on_stop = [&](milliseconds drain) {
    EXPECT_EQ(drain, milliseconds(0));
    ++told;
  };
  ManualLoop manual;
  manual.loop->StopResidents(milliseconds(7));
  manual.loop->AddResident(late);
  EXPECT_EQ(told, 1);
}

TEST(LoopResidentTest, ALoopIsVacantOnceWhenAllThatWereStoppedHaveGone) {
  int vacancies = 0;
  Resident first(kNever);
  Resident second(kNever);
  ManualLoop manual;
  manual.loop->SetVacantTask([&] { ++vacancies; });
  manual.loop->AddResident(first);
  manual.loop->RemoveResident(first);
  EXPECT_EQ(vacancies, 0) << "nobody was told to go";
  manual.loop->AddResident(first);
  manual.loop->AddResident(second);
  // One goes as soon as it is told.
  second.on_stop = [&](milliseconds) { manual.loop->RemoveResident(second); };
  manual.loop->StopResidents(milliseconds(7));
  EXPECT_EQ(vacancies, 0);
  manual.loop->RemoveResident(first);
  EXPECT_EQ(vacancies, 1);
  manual.loop->StopResidents(milliseconds(0));
  EXPECT_TRUE(manual.Run({}).ok());
  EXPECT_EQ(vacancies, 1);
}

TEST(LoopResidentTest, ALoopThatHasEndedIsVacant) {
  int vacancies = 0;
  int ends = 0;
  Resident resident([&](const Status&) {
    EXPECT_EQ(vacancies, 0);
    ++ends;
  });
  ManualLoop manual;
  manual.loop->SetVacantTask([&] { ++vacancies; });
  manual.loop->AddResident(resident);
  EXPECT_TRUE(manual.Run({}).ok());
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(vacancies, 1);
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
