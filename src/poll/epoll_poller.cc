// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EpollPoller: readiness by Linux's epoll.

#include "poll/epoll_poller.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <limits>
#include <span>
#include <utility>

namespace eddy::internal {
namespace {

constexpr std::size_t kEventBatch = 1024;
// Far enough for memory to answer meanwhile, and no further.
constexpr std::size_t kPrefetchDistance = 2;

// As os::Syscalls does, and for the same reason, past the C library.
int EpollWait(int epoll_fd, std::span<epoll_event> events,
              int timeout_ms) noexcept {
  const int capacity = static_cast<int>(events.size());
#if defined(NDEBUG) && defined(SYS_epoll_wait)
  return static_cast<int>(
      ::syscall(SYS_epoll_wait, epoll_fd, events.data(), capacity, timeout_ms));
#else
  return ::epoll_wait(epoll_fd, events.data(), capacity, timeout_ms);
#endif
}

std::uint32_t ToEvents(Interest interest) noexcept {
  std::uint32_t events = 0;
  if (Has(interest, Interest::kRead)) events |= EPOLLIN;
  if (Has(interest, Interest::kWrite)) events |= EPOLLOUT;
  return events;
}

}  // namespace

EpollPoller::EpollPoller(UniqueFd epoll_fd,
                         std::shared_ptr<const os::WakeFd> wake_fd)
    : ReadinessPoller(std::move(wake_fd)),
      epoll_fd_(std::move(epoll_fd)),
      events_(kEventBatch) {}

Result<std::unique_ptr<Poller>> EpollPoller::Create(
    std::shared_ptr<const os::WakeFd> wake_fd) {
  UniqueFd epoll_fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_fd) return Status::FromErrno(errno, "epoll_create1");
  std::unique_ptr<EpollPoller> poller(
      new EpollPoller(std::move(epoll_fd), std::move(wake_fd)));
  const int error = poller->Control(EPOLL_CTL_ADD, poller->wake_fd().fd(),
                                    EPOLLIN | EPOLLET, kWakeToken);
  if (error != 0) return Status::FromErrno(error, "epoll_ctl");
  return std::unique_ptr<Poller>(std::move(poller));
}

int EpollPoller::Control(int verb, int fd, std::uint32_t events, Token token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(epoll_fd_.get(), verb, fd, &event) == 0 ? 0 : errno;
}

int EpollPoller::Register(int fd, Interest interest, Token token) {
  return Control(EPOLL_CTL_ADD, fd, ToEvents(interest), token);
}

int EpollPoller::Change(int fd, Interest, Interest to, Token token) {
  return Control(EPOLL_CTL_MOD, fd, ToEvents(to), token);
}

void EpollPoller::Deregister(int fd, Interest) {
  Control(EPOLL_CTL_DEL, fd, 0, 0);
}

inline int EpollPoller::WaitFor(std::chrono::nanoseconds timeout) {
  const int epoll_fd = epoll_fd_.get();
  if (timeout == kForever) return EpollWait(epoll_fd, events_, -1);
  if (timeout <= timeout.zero()) return EpollWait(epoll_fd, events_, 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
  if (has_fine_timeouts_) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(timeout);
    timespec limit{};
    limit.tv_sec = static_cast<std::time_t>(seconds.count());
    limit.tv_nsec = static_cast<long>((timeout - seconds).count());
    const int count =
        ::epoll_pwait2(epoll_fd, events_.data(),
                       static_cast<int>(events_.size()), &limit, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    has_fine_timeouts_ = false;  // Linux before 5.11, or a sandbox
  }
#endif
  // Rounded up: waking early would mean turning again for nothing.
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(timeout);
  return EpollWait(epoll_fd, events_,
                   static_cast<int>(std::min<std::int64_t>(
                       limit.count(), std::numeric_limits<int>::max())));
}

Status EpollPoller::Collect(std::chrono::nanoseconds timeout) {
  const int count = WaitFor(timeout);
  if (count < 0) {
    if (errno == EINTR) return {};
    return Status::FromErrno(errno, "epoll_wait");
  }
  static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT &&
                kFailed == EPOLLERR && kHungUp == EPOLLHUP);
  const std::span events(events_.data(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kPrefetchDistance < events.size()) {
      Prefetch(events[i + kPrefetchDistance].data.u64);
    }
    Dispatch(events[i].data.u64, events[i].events);
  }
  return {};
}

}  // namespace eddy::internal
