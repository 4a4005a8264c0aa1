// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PollerFactoryTest: which poller one gets for which backend.

#include <gtest/gtest.h>
#if EDDY_HAS_IO_URING
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

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

#if EDDY_HAS_IO_URING
TEST(PollerFactoryTest, IoUringIsThereWhenItIsBuilt) {
  const auto poller = Create(Backend::kIoUring);
  EXPECT_TRUE(poller) << poller.status().message();
}

// Refusal: how a system says no to a ring.
struct Refusal {
  std::uint32_t call;
  std::uint32_t error;
  std::string_view why;
};

// Exits with 0 if a ring is refused as `refusal` says.
[[noreturn]] void ExpectRefusal(const Refusal& refusal) {
  const std::array<sock_filter, 4> program = {
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                           offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refusal.call, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | refusal.error),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {program.size(),
                             const_cast<sock_filter*>(program.data())};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) std::_Exit(2);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) std::_Exit(3);
  const auto forced = Create(Backend::kIoUring);
  if (forced) std::_Exit(4);
  if (forced.status().code() != Error::kUnsupported) std::_Exit(5);
  const std::string message = forced.status().message();
  if (message.find(refusal.why) == std::string::npos) std::_Exit(6);
  std::_Exit(Create(Backend::kAuto) ? 0 : 7);
}

TEST(PollerFactoryTest, ARingThatIsRefusedSaysWhyAndAutoDoesWithoutOne) {
  const Refusal refusals[] = {
      {SYS_io_uring_setup, EPERM, "forbidden"},
      {SYS_io_uring_setup, ENOSYS, "no io_uring"},
      {SYS_io_uring_setup, EINVAL, "too old"},
      {SYS_io_uring_setup, ENOMEM, "lock"},
      // A kernel without buffer rings, or a policy against registering.
      {SYS_io_uring_register, EINVAL, "buffer ring"},
      {SYS_io_uring_register, EPERM, "buffer ring"},
  };
  for (const auto& refusal : refusals) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ExpectRefusal(refusal);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << refusal.why << ": exit code "
                         << WEXITSTATUS(status);
  }
}
#else
TEST(PollerFactoryTest, IoUringIsRefusedWhenItIsNotBuilt) {
  EXPECT_EQ(Create(Backend::kIoUring).status().code(), Error::kUnsupported);
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
