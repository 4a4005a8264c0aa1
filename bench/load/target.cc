// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Target: the address under load, and how a connection to it is begun.

#include "bench/load/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace eddy::load {
namespace {

bool ParsePort(std::string_view text, in_port_t* port) {
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number == 0) return false;
  *port = htons(number);
  return true;
}

// Connections that one source address carries: a quarter of the ephemeral
// range. Linux hands out every second port first, and once those are in use a
// connect takes a thousand times as long; ports in TIME_WAIT are in use too.
std::size_t ConnectionsPerSource() {
  unsigned low = 32768;
  unsigned high = 60999;
  if (std::FILE* file =
          std::fopen("/proc/sys/net/ipv4/ip_local_port_range", "re")) {
    unsigned from = 0;
    unsigned to = 0;
    if (std::fscanf(file, "%u %u", &from, &to) == 2 && from <= to) {
      low = from;
      high = to;
    }
    std::fclose(file);
  }
  return std::max<std::size_t>(1, (high - low + 1) / 4);
}

// Whether a server prints this when it listens on every address.
bool IsAnyHost(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "[::]";
}

bool IsLoopback(const in_addr& address) {
  return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

}  // namespace

std::optional<Target> Target::Parse(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  Target target;
  target.text_ = text;
  const bool is_valid = text.starts_with(kUnix)
                            ? target.ParseUnix(text.substr(kUnix.size()))
                            : target.ParseInternet(text);
  if (!is_valid) return std::nullopt;
  return target;
}

bool Target::ParseUnix(std::string_view path) {
  sockaddr_un address{};
  const bool is_abstract = path.starts_with('@');
  if (path.size() <= (is_abstract ? 1U : 0U)) return false;
  if (path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (is_abstract) address.sun_path[0] = '\0';
  std::memcpy(&address_, &address, sizeof address);
  // An abstract name has no terminator: its length is the address's.
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                         path.size() + (is_abstract ? 0 : 1));
  return true;
}

bool Target::ParseInternet(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view port = text.substr(colon + 1);
  std::string host(text.substr(0, colon));
  if (!IsAnyHost(host) && host.size() > 2 && host.front() == '[' &&
      host.back() == ']') {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    host = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1 ||
        !ParsePort(port, &address.sin6_port)) {
      return false;
    }
    std::memcpy(&address_, &address, sizeof address);
    address_size_ = sizeof address;
    return true;
  }
  if (IsAnyHost(host) || host == "localhost") host = "127.0.0.1";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
      !ParsePort(port, &address.sin_port)) {
    return false;
  }
  std::memcpy(&address_, &address, sizeof address);
  address_size_ = sizeof address;
  return true;
}

bool Target::is_local() const {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &address_, sizeof address);
    return IsLoopback(address.sin_addr);
  }
  sockaddr_in6 address{};
  std::memcpy(&address, &address_, sizeof address);
  if (IN6_IS_ADDR_LOOPBACK(&address.sin6_addr)) return true;
  in_addr mapped{};
  std::memcpy(&mapped, &address.sin6_addr.s6_addr[12], sizeof mapped);
  return IN6_IS_ADDR_V4MAPPED(&address.sin6_addr) && IsLoopback(mapped);
}

Target::Attempt Target::BeginConnect(std::size_t index) const {
  Attempt attempt;
  attempt.socket.Reset(
      socket(family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = attempt.socket.fd();
  if (fd < 0) {
    attempt.error = errno;
    return attempt;
  }
  if (!is_unix()) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (!BindToSource(fd, index)) {
    attempt.error = errno;
    return attempt;
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address_),
              address_size_) == 0) {
    attempt.is_connected = true;
  } else if (errno != EINPROGRESS) {
    attempt.error = errno;
  }
  return attempt;
}

// Returns: false with errno set when the kernel refused the source address.
bool Target::BindToSource(int fd, std::size_t index) const {
  static const std::size_t connections_per_source = ConnectionsPerSource();
  const std::size_t source = index / connections_per_source;
  if (source == 0 || family() != AF_INET || !is_local()) return true;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr =
      htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(source));
  // The port is chosen by connect, which looks at the whole four-tuple.
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return bind(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof address) == 0;
}

}  // namespace eddy::load
