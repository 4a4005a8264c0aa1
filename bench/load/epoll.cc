// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Epoll: an epoll instance with timeouts in nanoseconds.

#include "bench/load/epoll.h"

#include <errno.h>
#include <time.h>

#include <algorithm>

namespace eddy::load {

bool Epoll::Control(int operation, int fd, std::uint32_t events,
                    std::size_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  return epoll_ctl(epoll_.fd(), operation, fd, &event) == 0;
}

std::span<const epoll_event> Epoll::Wait(std::chrono::nanoseconds timeout) {
  const int count =
      WaitForNanoseconds(std::max(timeout, std::chrono::nanoseconds(0)));
  return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

int Epoll::WaitForNanoseconds(std::chrono::nanoseconds timeout) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timespec time = {.tv_sec = seconds.count(),
                         .tv_nsec = (timeout - seconds).count()};
  const int count =
      epoll_pwait2(epoll_.fd(), events_.data(), kMaxEvents, &time, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  // Linux before 5.11 knows milliseconds only.
  return epoll_wait(
      epoll_.fd(), events_.data(), kMaxEvents,
      static_cast<int>(
          std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
}

}  // namespace eddy::load
