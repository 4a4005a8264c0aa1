// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UniqueFd: owns one file descriptor and closes it.

#ifndef EDDY_UNIQUE_FD_H_
#define EDDY_UNIQUE_FD_H_

#include <utility>

#include "eddy/export.h"

namespace eddy {

// UniqueFd: the sole owner of a file descriptor, or of none (-1).
//
// Thread: external, as for any value.
class EDDY_EXPORT UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  // Gives the descriptor to the caller, who closes it.
  [[nodiscard]] int Release() noexcept { return std::exchange(fd_, -1); }
  // Closes what is owned and takes `fd`.
  void Reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace eddy

#endif  // EDDY_UNIQUE_FD_H_
