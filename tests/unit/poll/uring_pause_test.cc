// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringPauseTest: what a pause does to a receive that is under way.

#include "unit/poll/uring_test.h"

namespace eddy::test {
namespace {

// Its parameter: whether the kernel limits receives.
class UringPauseTest : public UringTest,
                       public ::testing::WithParamInterface<bool> {
 protected:
  UringPauseTest() : UringTest(GetParam()) {
    EXPECT_TRUE(link_.ours->Open().ok());
    Settle();
  }
  std::size_t SubmittedSoFar() { return ring().Read().submitted; }

  Link& link_ = Add();
};
EDDY_ON_KERNELS(UringPauseTest);

// Else it would fill all the buffers that there are.
TEST_P(UringPauseTest, OnlyAReceiveWithoutALimitIsEndedByIt) {
  const std::size_t before = SubmittedSoFar();
  link_.ours->SetReceiving(false);
  WriteAll(link_.peer.get(), "x");
  Turn();
  EXPECT_EQ(SubmittedSoFar() == before, GetParam());
  Settle();
  EXPECT_EQ(link_.ours->received, GetParam() ? "x" : "");
  link_.ours->SetReceiving(true);
  EXPECT_TRUE(RunUntil([&] { return link_.ours->received == "x"; }));
}

TEST_P(UringPauseTest, OneThatIsOverBeforeTheTurnEndsNothing) {
  const std::size_t before = SubmittedSoFar();
  link_.ours->SetReceiving(false);
  link_.ours->SetReceiving(true);
  Settle();
  EXPECT_EQ(SubmittedSoFar(), before);
  WriteAll(link_.peer.get(), "x");
  EXPECT_TRUE(RunUntil([&] { return link_.ours->received == "x"; }));
}

}  // namespace
}  // namespace eddy::test
