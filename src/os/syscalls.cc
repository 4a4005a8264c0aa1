// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Syscalls: the real ones, and the wrappers.

#include "os/syscalls.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#if defined(__linux__)
#include "os/kernel_call.h"
#endif

namespace eddy::os {
namespace {

int AcceptNonBlocking(int fd, sockaddr* address, socklen_t* size) {
#if defined(__APPLE__)
  // No accept4: a child that is forked in between inherits the descriptor.
  const int accepted = ::accept(fd, address, size);
  if (accepted < 0) return -errno;
  const int on = 1;
  ::setsockopt(accepted, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
  ::fcntl(accepted, F_SETFD, FD_CLOEXEC);
  ::fcntl(accepted, F_SETFL, ::fcntl(accepted, F_GETFL) | O_NONBLOCK);
  return accepted;
#else
  const int accepted =
      ::accept4(fd, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return accepted < 0 ? -errno : accepted;
#endif
}

int ConnectTo(int fd, const sockaddr* address, socklen_t size) {
  return ::connect(fd, address, size) == 0 ? 0 : -errno;
}

#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;  // SO_NOSIGPIPE is set on the socket instead
#endif

#if defined(__linux__) && defined(NDEBUG)
ssize_t ReceiveFrom(int fd, void* buffer, std::size_t size, int flags) {
  return KernelCall(SYS_recvfrom, fd, KernelArgument(buffer),
                    static_cast<long>(size), flags);
}

ssize_t SendTo(int fd, const void* data, std::size_t size, int flags) {
  return KernelCall(SYS_sendto, fd, KernelArgument(data),
                    static_cast<long>(size), flags);
}

ssize_t SendMessage(int fd, const msghdr* message, int flags) {
  return KernelCall(SYS_sendmsg, fd, KernelArgument(message), flags);
}
#else
ssize_t ReceiveFrom(int fd, void* buffer, std::size_t size, int flags) {
  const ssize_t received = ::recv(fd, buffer, size, flags);
  return received < 0 ? -errno : received;
}

ssize_t SendTo(int fd, const void* data, std::size_t size, int flags) {
  const ssize_t sent = ::send(fd, data, size, flags);
  return sent < 0 ? -errno : sent;
}

ssize_t SendMessage(int fd, const msghdr* message, int flags) {
  const ssize_t sent = ::sendmsg(fd, message, flags);
  return sent < 0 ? -errno : sent;
}
#endif

const Syscalls& Active() noexcept {
  return *active.load(std::memory_order_relaxed);
}

template <typename Call>
ssize_t Retry(Call call) noexcept {
  for (;;) {
    const ssize_t result = call();
    if (result != -EINTR) return result;
  }
}

}  // namespace

const Syscalls kSystem = {ReceiveFrom,       SendTo,    SendMessage,
                          AcceptNonBlocking, ConnectTo, nullptr};

constinit std::atomic<const Syscalls*> active = &kSystem;

ssize_t Recv(int fd, std::span<std::byte> buffer) noexcept {
  return Retry(
      [&] { return Active().recv(fd, buffer.data(), buffer.size(), 0); });
}

ssize_t Send(int fd, std::span<const std::byte> bytes) noexcept {
  return Retry([&] {
    return Active().send(fd, bytes.data(), bytes.size(), kSendFlags);
  });
}

ssize_t SendViews(int fd,
                  std::span<const std::span<const std::byte>> views) noexcept {
  if (views.size() == 1) return Send(fd, views.front());
  std::array<iovec, kMaxViews> pieces;
  std::size_t count = 0;
  for (const auto view : views.first(std::min(views.size(), kMaxViews))) {
    // sendmsg does not write to what it sends.
    pieces[count++] = {const_cast<std::byte*>(view.data()), view.size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  return Retry([&] { return Active().sendmsg(fd, &message, kSendFlags); });
}

int Accept(int fd, sockaddr* address, socklen_t* size) noexcept {
  return static_cast<int>(
      Retry([&] { return Active().accept(fd, address, size); }));
}

int Connect(int fd, const sockaddr* address, socklen_t size) noexcept {
  return Active().connect(fd, address, size);
}

bool WouldBlock(ssize_t result) noexcept {
  return result == -EAGAIN || result == -EWOULDBLOCK;
}

}  // namespace eddy::os
