// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Socket: making, naming and setting up sockets.

#include "os/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "os/syscalls.h"

namespace eddy::os {
namespace {

#if defined(__linux__)
constexpr bool kHasAbstractNames = true;
#else
constexpr bool kHasAbstractNames = false;
#endif

int SystemFamily(Address::Family family) noexcept {
  switch (family) {
    case Address::Family::kIpv4:
      return AF_INET;
    case Address::Family::kIpv6:
      return AF_INET6;
    case Address::Family::kUnix:
      return AF_UNIX;
    case Address::Family::kNone:
      break;
  }
  return AF_UNSPEC;
}

bool SetFlag(int fd, int level, int name, bool on) noexcept {
  const int value = on ? 1 : 0;
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

Status Failed(const Address& address, int error) {
  return Status::FromErrno(error,
                           fmt::format("listen on {}", address.ToString()));
}

bool IsOnDisk(const Address& address) {
  return address.is_unix() && !address.path().starts_with('@');
}

// Whether the file at `address` is the leftover of a listener that is gone:
// a socket that refuses connections.
bool IsStale(const Address& address) {
  struct stat info {};
  const std::string path(address.path());
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
    return false;
  }
  const auto probe = CreateSocket(Address::Family::kUnix);
  if (!probe) return false;
  const SocketAddress name(address);
  return Connect(probe->get(), name.get(), name.size) == -ECONNREFUSED;
}

Status Bind(int fd, const Address& address, const ListenOptions& options) {
  if (address.is_ip()) {
    SetFlag(fd, SOL_SOCKET, SO_REUSEADDR, true);
    SetFlag(fd, IPPROTO_TCP, TCP_NODELAY, options.no_delay);
    SetFlag(fd, SOL_SOCKET, SO_KEEPALIVE, options.keep_alive);
    if (options.reuse_port && !SetFlag(fd, SOL_SOCKET, SO_REUSEPORT, true)) {
      return Failed(address, errno);
    }
    if (address.family() == Address::Family::kIpv6) {
      SetFlag(fd, IPPROTO_IPV6, IPV6_V6ONLY, !address.is_dual_stack_any());
    }
  }
  const SocketAddress name(address);
  if (::bind(fd, name.get(), name.size) == 0) return {};
  const int error = errno;
  if (error != EADDRINUSE || !IsOnDisk(address) || !IsStale(address)) {
    return Failed(address, error);
  }
  UnlinkPath(address);
  if (::bind(fd, name.get(), name.size) == 0) return {};
  return Failed(address, errno);
}

}  // namespace

SocketAddress::SocketAddress(const Address& address) noexcept {
  const auto& octets = address.octets();
  switch (address.family()) {
    case Address::Family::kIpv4: {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_port = htons(address.port());
      std::memcpy(&in.sin_addr, octets.data(), sizeof(in.sin_addr));
      std::memcpy(&storage, &in, sizeof(in));
      size = sizeof(in);
      return;
    }
    case Address::Family::kIpv6: {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(address.port());
      in.sin6_scope_id = address.scope_id();
      std::memcpy(&in.sin6_addr, octets.data(), sizeof(in.sin6_addr));
      std::memcpy(&storage, &in, sizeof(in));
      size = sizeof(in);
      return;
    }
    case Address::Family::kUnix: {
      sockaddr_un un{};
      un.sun_family = AF_UNIX;
      const std::string_view path = address.path();
      // Parse bounds the length; a longer path was made by hand and is cut.
      const bool is_abstract = path.starts_with('@');
      const std::size_t most = sizeof(un.sun_path) - (is_abstract ? 0 : 1);
      const std::size_t length = std::min(path.size(), most);
      std::memcpy(un.sun_path, path.data(), length);
      if (is_abstract) un.sun_path[0] = '\0';
      // An abstract name is all of its bytes; a path ends at its NUL.
      const std::size_t end = length + (is_abstract ? 0 : 1);
      std::memcpy(&storage, &un, sizeof(un));
      size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + end);
      return;
    }
    case Address::Family::kNone:
      size = 0;
  }
}

Address SocketAddress::ToAddress() const {
  switch (storage.ss_family) {
    case AF_INET: {
      sockaddr_in in;
      std::memcpy(&in, &storage, sizeof(in));
      std::array<std::uint8_t, 4> octets;
      std::memcpy(octets.data(), &in.sin_addr, octets.size());
      return Address::Ipv4(octets, ntohs(in.sin_port));
    }
    case AF_INET6: {
      sockaddr_in6 in;
      std::memcpy(&in, &storage, sizeof(in));
      std::array<std::uint8_t, 16> octets;
      std::memcpy(octets.data(), &in.sin6_addr, octets.size());
      return Address::Ipv6(octets, ntohs(in.sin6_port), in.sin6_scope_id);
    }
    case AF_UNIX: {
      sockaddr_un un;
      std::memcpy(&un, &storage, sizeof(un));
      constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);
      if (size <= kPathOffset) return {};
      // Linux counts a NUL that a path of full length has no room for.
      std::string path(un.sun_path,
                       std::min(size - kPathOffset, sizeof(un.sun_path)));
      if (path.front() == '\0') {
        if (!kHasAbstractNames) return {};  // how BSD says "unnamed"
        path.front() = '@';
      } else {
        path.resize(std::strlen(path.c_str()));
      }
      return Address::Unix(path);
    }
    default:
      return {};
  }
}

Result<UniqueFd> CreateSocket(Address::Family family) {
#if defined(SOCK_CLOEXEC)
  UniqueFd fd(::socket(SystemFamily(family),
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Status::FromErrno(errno, "socket");
#else
  UniqueFd fd(::socket(SystemFamily(family), SOCK_STREAM, 0));
  if (!fd) return Status::FromErrno(errno, "socket");
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  SetFlag(fd.get(), SOL_SOCKET, SO_NOSIGPIPE, true);
#endif
  return fd;
}

Result<UniqueFd> Listen(const Address& address, const ListenOptions& options) {
  auto fd = CreateSocket(address.family());
  if (!fd && address.is_dual_stack_any() &&
      fd.status().code() == std::errc::address_family_not_supported) {
    return Listen(Address::Ipv4({0, 0, 0, 0}, address.port()), options);
  }
  if (!fd) return Failed(address, fd.status().code().value());
  if (Status status = Bind(fd->get(), address, options); !status.ok()) {
    return status;
  }
  if (::listen(fd->get(), options.backlog) != 0) {
    return Failed(address, errno);
  }
  return fd;
}

Accepted AcceptFrom(int listener) noexcept {
  Accepted accepted;
  accepted.fd = Accept(listener, accepted.peer.get(), &accepted.peer.size);
  return accepted;
}

bool IsPeersFault(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EPERM:  // a firewall's refusal
      return true;
    default:
      return false;
  }
}

UniqueFd OpenReserve() noexcept {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Address LocalAddress(int fd) {
  SocketAddress name;
  if (::getsockname(fd, name.get(), &name.size) != 0) return {};
  return name.ToAddress();
}

Address PeerAddress(int fd) {
  SocketAddress name;
  if (::getpeername(fd, name.get(), &name.size) != 0) return {};
  return name.ToAddress();
}

Status CheckStream(int fd) {
  int type = 0;
  int is_listening = 0;
  socklen_t size = sizeof(int);
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    if (errno != ENOTSOCK) return Status::FromErrno(errno);
    return Status(Error::kUnsupported, "the descriptor is no socket");
  }
  size = sizeof(int);
  ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size);
  if (type == SOCK_STREAM && is_listening == 0) return {};
  return Status(Error::kUnsupported, "the socket has no stream of bytes");
}

bool IsFile(int fd) noexcept {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return false;
  return S_ISREG(found.st_mode) || S_ISDIR(found.st_mode) ||
         S_ISBLK(found.st_mode);
}

bool SetBlocking(int fd, bool on) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  const bool was_blocking = (flags & O_NONBLOCK) == 0;
  if (was_blocking != on) ::fcntl(fd, F_SETFL, flags ^ O_NONBLOCK);
  return was_blocking;
}

bool IsConnectedToItself(int fd) {
  const Address local = LocalAddress(fd);
  return local.is_ip() && local == PeerAddress(fd);
}

int TakeError(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

void SetNoDelay(int fd, bool on) noexcept {
  SetFlag(fd, IPPROTO_TCP, TCP_NODELAY, on);
}

void SetKeepAlive(int fd, bool on) noexcept {
  SetFlag(fd, SOL_SOCKET, SO_KEEPALIVE, on);
}

std::size_t CountUntaken(int fd) noexcept {
  int count = 0;
#if defined(SO_NWRITE)  // macOS
  socklen_t size = sizeof(count);
  const int result = ::getsockopt(fd, SOL_SOCKET, SO_NWRITE, &count, &size);
#elif defined(FIONWRITE)  // FreeBSD
  const int result = ::ioctl(fd, FIONWRITE, &count);
#else
  const int result = ::ioctl(fd, TIOCOUTQ, &count);
#endif
  return result == 0 && count > 0 ? static_cast<std::size_t>(count) : 0;
}

void ShutdownWrite(int fd) noexcept { ::shutdown(fd, SHUT_WR); }

void Shutdown(int fd) noexcept { ::shutdown(fd, SHUT_RDWR); }

void ResetOnClose(int fd) noexcept {
  const linger reset{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

void UnlinkPath(const Address& address) {
  if (!IsOnDisk(address)) return;
  ::unlink(std::string(address.path()).c_str());
}

}  // namespace eddy::os
