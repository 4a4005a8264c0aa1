// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PollerFactoryTest: which poller one gets for which backend.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "eddy/backend.h"
#include "poll/poller.h"
#include "support/socket_pair.h"

namespace eddy::internal {
namespace {

Result<std::unique_ptr<Poller>> Create(Backend backend) {
  return CreatePoller(backend, std::make_shared<const os::WakeFd>(test::Unwrap(
                                   os::WakeFd::Create(), "wake descriptor")));
}

TEST(PollerFactoryTest, AutoTakesOneThatHasAName) {
  const auto poller = Create(Backend::kAuto);
  ASSERT_TRUE(poller) << poller.status().message();
  EXPECT_NE((*poller)->backend(), Backend::kAuto);
}

TEST(PollerFactoryTest, AForcedBackendIsThatOneOrAnErrorThatSaysWhy) {
  for (const Backend backend :
       {Backend::kEpoll, Backend::kKqueue, Backend::kIoUring}) {
    const auto poller = Create(backend);
    if (poller) {
      EXPECT_EQ((*poller)->backend(), backend);
      continue;
    }
    EXPECT_EQ(poller.status().code(), Error::kUnsupported);
    EXPECT_NE(poller.status().message().find(ToString(backend)),
              std::string::npos)
        << poller.status().message();
  }
}

#if EDDY_HAS_EPOLL
TEST(PollerFactoryTest, EpollIsThereWhenItIsBuilt) {
  EXPECT_TRUE(Create(Backend::kEpoll));
}
#endif

#if EDDY_HAS_KQUEUE
TEST(PollerFactoryTest, KqueueIsThereWhenItIsBuilt) {
  EXPECT_TRUE(Create(Backend::kKqueue));
}
#else
TEST(PollerFactoryTest, KqueueIsRefusedWhenItIsNotBuilt) {
  EXPECT_EQ(Create(Backend::kKqueue).status().code(), Error::kUnsupported);
}
#endif

TEST(PollerFactoryTest, AValueThatIsNoBackendIsAnError) {
  EXPECT_EQ(Create(static_cast<Backend>(77)).status().code(),
            Error::kInvalidArgument);
}

TEST(PollerFactoryTest, BackendsHaveNames) {
  EXPECT_EQ(ToString(Backend::kAuto), "auto");
  EXPECT_EQ(ToString(Backend::kEpoll), "epoll");
  EXPECT_EQ(ToString(Backend::kKqueue), "kqueue");
  EXPECT_EQ(ToString(Backend::kIoUring), "io_uring");
}

}  // namespace
}  // namespace eddy::internal
