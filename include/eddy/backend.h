// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Backend: how a loop learns of I/O.

#ifndef EDDY_BACKEND_H_
#define EDDY_BACKEND_H_

#include <cstdint>
#include <string_view>

namespace eddy {

// kAuto: epoll on Linux, kqueue elsewhere. bench/README.md has the numbers that
// decide this.
enum class Backend : std::uint8_t { kAuto, kEpoll, kKqueue, kIoUring };

// "auto", "epoll", "kqueue", "io_uring".
constexpr std::string_view ToString(Backend backend) noexcept {
  switch (backend) {
    case Backend::kAuto:
      return "auto";
    case Backend::kEpoll:
      return "epoll";
    case Backend::kKqueue:
      return "kqueue";
    case Backend::kIoUring:
      return "io_uring";
  }
  return "unknown";
}

}  // namespace eddy

#endif  // EDDY_BACKEND_H_
