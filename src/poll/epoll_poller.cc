// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EpollPoller: readiness by Linux's epoll.

#include "poll/epoll_poller.h"

#include <utility>

namespace eddy::internal {
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

Status EpollPoller::Wait(std::chrono::nanoseconds timeout) {
  static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT &&
                kFailed == EPOLLERR && kHungUp == EPOLLHUP);
  const int count = epoll_.Wait(is_due() ? timeout.zero() : timeout);
  const epoll_event* event = epoll_.events();
  for (int left = count; left > 0; --left, ++event) {
    if (left > kPrefetchDistance) {
      Prefetch(TransportOf(event[kPrefetchDistance].data.u64));
    }
    Dispatch(event->data.u64, event->events);
  }
  DeliverDue();
  return count < 0 ? Status::FromErrno(-count, "epoll_wait") : Status();
}

}  // namespace eddy::internal
