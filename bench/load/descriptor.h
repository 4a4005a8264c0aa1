// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Descriptor: an owned file descriptor, closed at the end of its scope.

#ifndef EDDY_BENCH_LOAD_DESCRIPTOR_H_
#define EDDY_BENCH_LOAD_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace eddy::load {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~Descriptor() { Reset(); }

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

  // Gives it up: it is the caller's to close.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_DESCRIPTOR_H_
