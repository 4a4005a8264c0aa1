// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Target: the address under load, and how a connection to it is begun.

#ifndef EDDY_BENCH_LOAD_TARGET_H_
#define EDDY_BENCH_LOAD_TARGET_H_

#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/descriptor.h"

namespace eddy::load {

class Target {
 public:
  // Takes "127.0.0.1:80"; ":80", "0.0.0.0:80", "[::]:80" and "localhost:80",
  // which all mean 127.0.0.1; "[::1]:80", "unix:/path" and "unix:@abstract".
  // Names are not resolved.
  //
  // Returns: nullopt when `text` is none of these.
  static std::optional<Target> Parse(std::string_view text);

  // Whether traffic to it stays on this machine: loopback or a unix socket.
  bool is_local() const;

  bool is_unix() const { return family() == AF_UNIX; }
  const std::string& text() const { return text_; }

  // What a request calls it.
  std::string host() const { return is_unix() ? "localhost" : text_; }

  // How a connect that was begun stands: connected, or under way, or failed
  // with `error` (an errno).
  struct Attempt {
    Descriptor socket;
    bool is_connected = false;
    int error = 0;
  };

  // Begins a connect that does not block. On IPv4 loopback each further batch
  // of connections, by `index`, comes from a source address of its own, since
  // one source address has no more ports than the ephemeral range.
  Attempt BeginConnect(std::size_t index) const;

 private:
  Target() = default;

  int family() const { return address_.ss_family; }
  bool ParseUnix(std::string_view path);
  bool ParseInternet(std::string_view text);
  bool BindToSource(int fd, std::size_t index) const;

  std::string text_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_TARGET_H_
