// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SocketPair: two connected sockets on this machine, and what tests do to them.

#ifndef EDDY_SUPPORT_SOCKET_PAIR_H_
#define EDDY_SUPPORT_SOCKET_PAIR_H_

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "eddy/address.h"
#include "eddy/unique_fd.h"
#include "os/socket.h"
#include "support/pattern.h"

namespace eddy::test {

// How long a test waits for what must happen. Only a failing test takes it.
constexpr std::chrono::seconds kPatience{30};

// SocketPair: both ends are non-blocking stream sockets.
struct SocketPair {
  UniqueFd ours;
  UniqueFd peer;
};

// Ends the program: without sockets no test means anything.
template <typename T>
T Unwrap(Result<T> result, const char* what) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s: %s\n", what, result.status().message().c_str());
  std::abort();
}

inline UniqueFd ListenOnLoopback() {
  return Unwrap(os::Listen(Address::Ipv4({127, 0, 0, 1}, 0), {}), "listen");
}

// A socket that has a port of this machine and does not listen: as long as it
// is there, who connects to it is refused. Another socket may listen on its
// port, with reuse_port.
inline UniqueFd BindOnLoopback() {
  UniqueFd fd = Unwrap(os::CreateSocket(Address::Family::kIpv4), "socket");
  const int on = 1;
  const os::SocketAddress name(Address::Ipv4({127, 0, 0, 1}, 0));
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
      ::bind(fd.get(), name.get(), name.size) != 0) {
    std::perror("bind");
    std::abort();
  }
  return fd;
}

// Waits until `fd` is ready for `events` of poll(2). False: out of patience.
inline bool AwaitReady(int fd, short events) {
  pollfd entry{fd, events, 0};
  const auto limit =
      std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
  return ::poll(&entry, 1, static_cast<int>(limit.count())) == 1;
}

// A socket that connects, or has connected, to `address`.
inline UniqueFd ConnectTo(const Address& address) {
  UniqueFd fd = Unwrap(os::CreateSocket(address.family()), "socket");
  const os::SocketAddress name(address);
  if (::connect(fd.get(), name.get(), name.size) != 0 && errno != EINPROGRESS) {
    std::perror("connect");
    std::abort();
  }
  return fd;
}

inline SocketPair TcpPair() {
  const UniqueFd listener = ListenOnLoopback();
  SocketPair pair;
  pair.peer = ConnectTo(os::LocalAddress(listener.get()));
  AwaitReady(listener.get(), POLLIN);
  pair.ours = UniqueFd(os::AcceptFrom(listener.get()).fd);
  AwaitReady(pair.peer.get(), POLLOUT);
  if (!pair.ours || os::TakeError(pair.peer.get()) != 0) std::abort();
  return pair;
}

inline SocketPair UnixPair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) std::abort();
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Makes the kernel hold about `bytes` each way for `fd`.
inline void SetBufferBytes(int fd, int bytes) {
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

// Closes the connection with a reset instead of FIN.
inline void Reset(UniqueFd fd) {
  os::ResetOnClose(fd.get());
  fd.Reset();
}

// Writes what the kernel takes now and returns how much that was.
inline std::size_t WriteSome(int fd, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t result =
        ::send(fd, text.data() + written, text.size() - written, MSG_NOSIGNAL);
    if (result <= 0) break;
    written += static_cast<std::size_t>(result);
  }
  return written;
}

// Writes as much as the kernel takes and returns how much that was.
inline std::size_t FillUp(int fd) {
  const std::string block(1 << 16, 'f');
  std::size_t total = 0;
  while (const std::size_t written = WriteSome(fd, block)) total += written;
  return total;
}

// Writes all of `text`, waiting for room. False: an error or out of patience.
inline bool WriteAll(int fd, std::string_view text) {
  for (;;) {
    text.remove_prefix(WriteSome(fd, text));
    if (text.empty()) return true;
    if (errno != EAGAIN || !AwaitReady(fd, POLLOUT)) return false;
  }
}

// How a stream stands after ReadSome.
enum class Stream { kOpen, kEnded, kBroken };

// Appends what can be read now to `text`.
inline Stream ReadSome(int fd, std::string& text) {
  std::array<char, 1 << 14> block;
  for (;;) {
    const ssize_t result = ::recv(fd, block.data(), block.size(), 0);
    if (result == 0) return Stream::kEnded;
    if (result < 0) return errno == EAGAIN ? Stream::kOpen : Stream::kBroken;
    text.append(block.data(), static_cast<std::size_t>(result));
  }
}

// Reads until `count` bytes have come, the stream ends or patience does.
inline std::string ReadAll(int fd, std::size_t count) {
  std::string text;
  while (text.size() < count && ReadSome(fd, text) == Stream::kOpen) {
    if (text.size() < count && !AwaitReady(fd, POLLIN)) break;
  }
  return text;
}

// Whether the peer of `fd` has ended the stream, as far as is known by now.
inline bool HasEnded(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, MSG_PEEK) == 0;
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_SOCKET_PAIR_H_
