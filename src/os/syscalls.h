// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Syscalls: every system call of the data path, at the one place where tests
// put faults.

#ifndef EDDY_OS_SYSCALLS_H_
#define EDDY_OS_SYSCALLS_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

namespace eddy::os {

// RingCall: what a ring does without a system call for each.
enum class RingCall { kReceive, kSend, kSendViews, kConnect };

// Syscalls: what the wrappers below call. Each member has the signature of its
// namesake, but returns the negative errno when that fails.
struct Syscalls {
  ssize_t (*recv)(int fd, void* buffer, std::size_t size, int flags);
  ssize_t (*send)(int fd, const void* data, std::size_t size, int flags);
  ssize_t (*sendmsg)(int fd, const msghdr* message, int flags);
  // Accepts a non-blocking descriptor that is closed on exec.
  int (*accept)(int fd, sockaddr* address, socklen_t* size);
  int (*connect)(int fd, const sockaddr* address, socklen_t size);
  // What befalls a ring's operation in the kernel's place: nothing (0), or an
  // errno. May cut `size`, the bytes that are moved. nullptr: nothing ever.
  int (*intercept)(RingCall call, int fd, std::size_t& size);
};

extern const Syscalls kSystem;

// What is in force: kSystem, or a test's table, which must outlive its use. One
// indirect call is nothing beside a system call, so that the code under test is
// the code that ships.
extern std::atomic<const Syscalls*> active;

inline bool is_intercepting() noexcept {
  return active.load(std::memory_order_relaxed)->intercept != nullptr;
}

inline int Intercept(RingCall call, int fd, std::size_t& size) noexcept {
  const auto intercept = active.load(std::memory_order_relaxed)->intercept;
  return intercept == nullptr ? 0 : intercept(call, fd, size);
}

// The wrappers return what the call does, or the negative errno; EINTR is
// retried.
ssize_t Recv(int fd, std::span<std::byte> buffer) noexcept;
ssize_t Send(int fd, std::span<const std::byte> bytes) noexcept;
// Sends the views in order, by one call. At most kMaxViews of them.
inline constexpr std::size_t kMaxViews = 64;
ssize_t SendViews(int fd,
                  std::span<const std::span<const std::byte>> views) noexcept;
// Sends `first`, then `second`, by one call. Either may be empty.
inline ssize_t SendPair(int fd, std::span<const std::byte> first,
                        std::span<const std::byte> second) noexcept {
  if (second.empty()) return Send(fd, first);
  return SendViews(fd, std::array{first, second});
}
int Accept(int fd, sockaddr* address, socklen_t* size) noexcept;
// EINTR is not retried: the connection goes on being made, as by EINPROGRESS.
int Connect(int fd, const sockaddr* address, socklen_t size) noexcept;

// "Not now" of a non-blocking call; `result` is a wrapper's.
bool WouldBlock(ssize_t result) noexcept;

}  // namespace eddy::os

#endif  // EDDY_OS_SYSCALLS_H_
