// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EpollPoller: readiness by Linux's epoll.

#include "poll/epoll_poller.h"

#include <utility>

namespace eddy::internal {
namespace {

// Far enough for memory to answer meanwhile, and no further.
constexpr std::size_t kPrefetchDistance = 2;

}  // namespace

EpollPoller::EpollPoller(Epoll epoll, std::shared_ptr<const os::WakeFd> wake_fd)
    : ReadinessPoller(std::move(wake_fd)), epoll_(std::move(epoll)) {}

Result<std::unique_ptr<Poller>> EpollPoller::Create(
    std::shared_ptr<const os::WakeFd> wake_fd) {
  auto epoll = Epoll::Create();
  if (!epoll) return epoll.status();
  const int error = epoll->AddWake(wake_fd->fd(), kWakeToken);
  if (error != 0) return Status::FromErrno(error, "epoll_ctl");
  return std::unique_ptr<Poller>(
      new EpollPoller(*std::move(epoll), std::move(wake_fd)));
}

int EpollPoller::Register(int fd, Interest interest, Token token) {
  return epoll_.Add(fd, interest, token);
}

int EpollPoller::Change(int fd, Interest, Interest to, Token token) {
  return epoll_.Modify(fd, to, token);
}

void EpollPoller::Deregister(int fd, Interest) { epoll_.Remove(fd); }

Status EpollPoller::Collect(std::chrono::nanoseconds timeout) {
  const int count = epoll_.Wait(timeout);
  if (count < 0) return Status::FromErrno(-count, "epoll_wait");
  static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT &&
                kFailed == EPOLLERR && kHungUp == EPOLLHUP);
  const auto events = epoll_.events().first(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kPrefetchDistance < events.size()) {
      Prefetch(events[i + kPrefetchDistance].data.u64);
    }
    Dispatch(events[i].data.u64, events[i].events);
  }
  return {};
}

}  // namespace eddy::internal
