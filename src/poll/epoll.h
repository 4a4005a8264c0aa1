// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Epoll: an epoll instance.

#ifndef EDDY_POLL_EPOLL_H_
#define EDDY_POLL_EPOLL_H_

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "eddy/interest.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"

namespace eddy::internal {

// Epoll: level-triggered interest in descriptors, and waiting for them.
//
// Thread: external.
class Epoll {
 public:
  static Result<Epoll> Create();

  int fd() const noexcept { return fd_.get(); }

  // Each returns 0 or an errno. Remove's is of no use to anyone.
  int Add(int fd, Interest interest, std::uint64_t token) noexcept;
  int Modify(int fd, Interest interest, std::uint64_t token) noexcept;
  void Remove(int fd) noexcept;
  // Edge-triggered, for a descriptor that is written to and never read.
  int AddWake(int fd, std::uint64_t token) noexcept;

  // Waits for at most `timeout` (0: not at all; Poller::kForever). Returns how
  // many of events() are good until the next call, none after a signal, or a
  // negative errno if waiting is impossible for good.
  int Wait(std::chrono::nanoseconds timeout) noexcept;
  const epoll_event* events() const noexcept { return events_.get(); }

 private:
  explicit Epoll(UniqueFd fd);

  int Control(int verb, int fd, std::uint32_t events,
              std::uint64_t token) noexcept;
  int WaitFor(std::chrono::nanoseconds timeout) noexcept;

  UniqueFd fd_;
  bool has_fine_timeouts_ = true;  // until epoll_pwait2 is refused
  std::unique_ptr<epoll_event[]> events_;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_EPOLL_H_
