// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Check tests: what happens when a precondition is broken.

#include "base/check.h"

#include <gtest/gtest.h>

namespace eddy::internal {
namespace {

TEST(CheckTest, ATrueConditionIsEvaluatedOnceAndNothingHappens) {
  int evaluations = 0;
  EDDY_CHECK(++evaluations == 1, "not reached");
  EXPECT_EQ(evaluations, 1);
}

TEST(CheckDeathTest, AFalseConditionAbortsWithPlaceAndMessage) {
  EXPECT_DEATH(EDDY_CHECK(1 == 2, "use Stop instead"),
               "check_test.cc:[0-9]+: use Stop instead");
}

#ifdef NDEBUG
TEST(CheckTest, ADebugCheckIsNotEvaluatedInARelease) {
  int evaluations = 0;
  EDDY_DCHECK(++evaluations == 0, "not reached");
  EXPECT_EQ(evaluations, 0);
}
#else
TEST(CheckDeathTest, ADebugCheckAborts) {
  EXPECT_DEATH(EDDY_DCHECK(false, "only in debug builds"),
               "only in debug builds");
}
#endif

}  // namespace
}  // namespace eddy::internal
