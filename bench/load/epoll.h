// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Epoll: an epoll instance with timeouts in nanoseconds.

#ifndef EDDY_BENCH_LOAD_EPOLL_H_
#define EDDY_BENCH_LOAD_EPOLL_H_

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/load/descriptor.h"

namespace eddy::load {

class Epoll {
 public:
  Epoll() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  bool is_open() const { return epoll_.is_open(); }

  // Watches `fd` level-triggered; its events carry `key`.
  //
  // Returns: false with errno set when the kernel refused.
  bool Add(int fd, std::uint32_t events, std::size_t key) {
    return Control(EPOLL_CTL_ADD, fd, events, key);
  }
  bool Modify(int fd, std::uint32_t events, std::size_t key) {
    return Control(EPOLL_CTL_MOD, fd, events, key);
  }
  void Remove(int fd) { Control(EPOLL_CTL_DEL, fd, 0, 0); }

  // Sleeps until there is an event, `timeout` has passed or a signal came.
  //
  // Returns: the events, valid until the next Wait; none but on success.
  std::span<const epoll_event> Wait(std::chrono::nanoseconds timeout);

 private:
  static constexpr int kMaxEvents = 1024;

  bool Control(int operation, int fd, std::uint32_t events, std::size_t key);
  int WaitForNanoseconds(std::chrono::nanoseconds timeout);

  Descriptor epoll_;
  std::array<epoll_event, kMaxEvents> events_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_EPOLL_H_
