// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EpollPoller: readiness by Linux's epoll.

#ifndef EDDY_POLL_EPOLL_POLLER_H_
#define EDDY_POLL_EPOLL_POLLER_H_

#include <chrono>
#include <memory>

#include "poll/epoll.h"
#include "poll/readiness_poller.h"

namespace eddy::internal {

// EpollPoller: level-triggered epoll; the wake descriptor is edge-triggered, so
// that it need never be read.
//
// Thread: as Poller.
class EpollPoller final : public ReadinessPoller {
 public:
  static Result<std::unique_ptr<Poller>> Create(
      std::shared_ptr<const os::WakeFd> wake_fd);

  Backend backend() const noexcept override { return Backend::kEpoll; }
  Status Wait(std::chrono::nanoseconds timeout) override;

 private:
  EpollPoller(Epoll epoll, std::shared_ptr<const os::WakeFd> wake_fd);

  int Register(int fd, Interest interest, Token token) override;
  int Change(int fd, Interest from, Interest to, Token token) override;
  void Deregister(int fd, Interest from) override;

  Epoll epoll_;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_EPOLL_POLLER_H_
