// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WakeFd: a descriptor that another thread makes readable.

#include "os/wake_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#if defined(__linux__)
#include <sys/eventfd.h>
#endif

namespace eddy::os {

WakeFd::WakeFd(UniqueFd read_end, UniqueFd write_end) noexcept
    : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

Result<WakeFd> WakeFd::Create() {
#if defined(__linux__)
  UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd) return Status::FromErrno(errno, "eventfd");
  return WakeFd(std::move(fd), UniqueFd());
#else
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return Status::FromErrno(errno, "pipe");
  WakeFd wake_fd{UniqueFd(ends[0]), UniqueFd(ends[1])};
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  return wake_fd;
#endif
}

void WakeFd::Wake() const noexcept {
  const std::uint64_t one = 1;
  const int fd = write_end_ ? write_end_.get() : read_end_.get();
  // It can only fail because it is full, and then it is readable already.
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof(one));
}

void WakeFd::Drain() const noexcept {
  std::array<std::byte, 512> sink;
  while (::read(fd(), sink.data(), sink.size()) ==
         static_cast<ssize_t>(sink.size())) {
  }
}

}  // namespace eddy::os
