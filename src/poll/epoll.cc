// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Epoll: an epoll instance.

#include "poll/epoll.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <utility>

#include "os/kernel_call.h"
#include "poll/poller.h"

namespace eddy::internal {
namespace {

constexpr int kMaxEvents = 1024;

// Each of these returns how many events came, or the negative errno.
int EpollWait(int epoll_fd, epoll_event* events, int timeout_ms) noexcept {
#if defined(NDEBUG) && defined(SYS_epoll_wait)
  return static_cast<int>(os::KernelCall(SYS_epoll_wait, epoll_fd,
                                         os::KernelArgument(events), kMaxEvents,
                                         timeout_ms));
#else
  const int count = ::epoll_wait(epoll_fd, events, kMaxEvents, timeout_ms);
  return count < 0 ? -errno : count;
#endif
}

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
int FineEpollWait(int epoll_fd, epoll_event* events,
                  std::chrono::nanoseconds timeout) noexcept {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(timeout);
  timespec limit{};
  limit.tv_sec = static_cast<std::time_t>(seconds.count());
  limit.tv_nsec = static_cast<long>((timeout - seconds).count());
  const int count =
      ::epoll_pwait2(epoll_fd, events, kMaxEvents, &limit, nullptr);
  return count < 0 ? -errno : count;
}
#endif

std::uint32_t ToEvents(Interest interest) noexcept {
  std::uint32_t events = 0;
  if (Has(interest, Interest::kRead)) events |= EPOLLIN;
  if (Has(interest, Interest::kWrite)) events |= EPOLLOUT;
  return events;
}

}  // namespace

Epoll::Epoll(UniqueFd fd)
    : fd_(std::move(fd)),
      events_(std::make_unique_for_overwrite<epoll_event[]>(kMaxEvents)) {}

Result<Epoll> Epoll::Create() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return Status::FromErrno(errno, "epoll_create1");
  return Epoll(std::move(fd));
}

int Epoll::Control(int verb, int fd, std::uint32_t events,
                   std::uint64_t token) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(fd_.get(), verb, fd, &event) == 0 ? 0 : errno;
}

int Epoll::Add(int fd, Interest interest, std::uint64_t token) noexcept {
  return Control(EPOLL_CTL_ADD, fd, ToEvents(interest), token);
}

int Epoll::Modify(int fd, Interest interest, std::uint64_t token) noexcept {
  return Control(EPOLL_CTL_MOD, fd, ToEvents(interest), token);
}

void Epoll::Remove(int fd) noexcept { Control(EPOLL_CTL_DEL, fd, 0, 0); }

int Epoll::AddWake(int fd, std::uint64_t token) noexcept {
  return Control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, token);
}

inline int Epoll::WaitFor(std::chrono::nanoseconds timeout) noexcept {
  const int epoll_fd = fd_.get();
  if (timeout == Poller::kForever)
    return EpollWait(epoll_fd, events_.get(), -1);
  if (timeout <= timeout.zero()) return EpollWait(epoll_fd, events_.get(), 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
  if (has_fine_timeouts_) {
    const int count = FineEpollWait(epoll_fd, events_.get(), timeout);
    if (count != -ENOSYS && count != -EPERM) return count;
    has_fine_timeouts_ = false;  // Linux before 5.11, or a sandbox
  }
#endif
  // Rounded up: waking early would mean turning again for nothing.
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(timeout);
  return EpollWait(epoll_fd, events_.get(),
                   static_cast<int>(std::min<std::int64_t>(
                       limit.count(), std::numeric_limits<int>::max())));
}

int Epoll::Wait(std::chrono::nanoseconds timeout) noexcept {
  const int count = WaitFor(timeout);
  return count == -EINTR ? 0 : count;
}

}  // namespace eddy::internal
