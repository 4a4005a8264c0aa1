// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Poller factory: the one place that knows every backend.

#include <utility>

#include "poll/poller.h"

#if EDDY_HAS_EPOLL
#include "poll/epoll_poller.h"
#endif
#if EDDY_HAS_KQUEUE
#include "poll/kqueue_poller.h"
#endif
#if EDDY_HAS_IO_URING
#include "poll/uring_poller.h"
#endif

namespace eddy::internal {

Result<std::unique_ptr<Poller>> CreatePoller(
    Backend backend, std::shared_ptr<const os::WakeFd> wake_fd) {
  switch (backend) {
    case Backend::kAuto:
#if EDDY_HAS_EPOLL
      return EpollPoller::Create(std::move(wake_fd));
#elif EDDY_HAS_KQUEUE
      return KqueuePoller::Create(std::move(wake_fd));
#else
#error "No backend for this system"
#endif
    case Backend::kEpoll:
#if EDDY_HAS_EPOLL
      return EpollPoller::Create(std::move(wake_fd));
#else
      return Status(Error::kUnsupported, "epoll is not on this system");
#endif
    case Backend::kKqueue:
#if EDDY_HAS_KQUEUE
      return KqueuePoller::Create(std::move(wake_fd));
#else
      return Status(Error::kUnsupported,
                    "kqueue is not on this system or not in this build");
#endif
    case Backend::kIoUring:
#if EDDY_HAS_IO_URING
      return UringPoller::Create(std::move(wake_fd));
#else
      return Status(Error::kUnsupported, "io_uring is not in this build");
#endif
  }
  return Status(Error::kInvalidArgument, "unknown backend");
}

}  // namespace eddy::internal
