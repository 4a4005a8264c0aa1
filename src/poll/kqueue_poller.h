// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// KqueuePoller: readiness by BSD's kqueue, or by libkqueue on Linux.

#ifndef EDDY_POLL_KQUEUE_POLLER_H_
#define EDDY_POLL_KQUEUE_POLLER_H_

#include <sys/types.h>
// On BSD it needs the one above.
#include <sys/event.h>

#include <chrono>
#include <memory>
#include <vector>

#include "eddy/unique_fd.h"
#include "poll/readiness_poller.h"

namespace eddy::internal {

// KqueuePoller: a level-triggered filter for each direction that is of
// interest, and none for what is not.
//
// Changes go to the kernel one by one, at once: one that is put off until the
// wait could fail there, when nobody can be told, or name a descriptor that has
// been closed in between.
//
// Thread: as Poller.
class KqueuePoller final : public ReadinessPoller {
 public:
  static Result<std::unique_ptr<Poller>> Create(
      std::shared_ptr<const os::WakeFd> wake_fd);
  ~KqueuePoller() override;

  Backend backend() const noexcept override { return Backend::kKqueue; }
  Status Wait(std::chrono::nanoseconds timeout) override;

 private:
  using Filter = decltype(kevent::filter);
  using Flags = decltype(kevent::flags);

  KqueuePoller(UniqueFd kqueue_fd, std::shared_ptr<const os::WakeFd> wake_fd);

  int Register(int fd, Interest interest, Token token) override;
  int Change(int fd, Interest from, Interest to, Token token) override;
  void Deregister(int fd, Interest from) override;
  // Returns 0 or an errno.
  int Control(int fd, Filter filter, Flags flags, Token token);
  void Take(const struct kevent& event);

  UniqueFd kqueue_fd_;
  std::vector<struct kevent> events_;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_KQUEUE_POLLER_H_
