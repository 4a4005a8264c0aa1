// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SelfConnect: has sockets connect to themselves.

#ifndef EDDY_SUPPORT_SELF_CONNECT_H_
#define EDDY_SUPPORT_SELF_CONNECT_H_

#include <sys/socket.h>

#include <cstddef>

#include "eddy/address.h"
#include "eddy/unique_fd.h"
#include "os/socket.h"
#include "os/syscalls.h"
#include "support/socket_pair.h"

namespace eddy::test {

// SelfConnect: as long as it lives, sockets that connect are bound to the
// address below before that, as if the system had chosen its port for them:
// what connects to it is connected to itself. At most one lives at a time, and
// no FaultySyscalls beside it.
class SelfConnect {
 public:
  SelfConnect() {
    address_ = os::LocalAddress(keeper_.get());
    table_ = os::kSystem;
    table_.connect = Connect;
    table_.intercept = Intercept;
    os::active.store(&table_);
  }
  SelfConnect(const SelfConnect&) = delete;
  SelfConnect& operator=(const SelfConnect&) = delete;
  ~SelfConnect() { os::active.store(&os::kSystem); }

  // Nobody listens there.
  static const Address& address() { return address_; }

 private:
  static void Bind(int fd) {
    const int on = 1;
    const os::SocketAddress name(address_);
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    ::bind(fd, name.get(), name.size);
  }
  static int Connect(int fd, const sockaddr* address, socklen_t size) {
    Bind(fd);
    return os::kSystem.connect(fd, address, size);
  }
  static int Intercept(os::RingCall call, int fd, std::size_t&) {
    if (call == os::RingCall::kConnect) Bind(fd);
    return 0;
  }

  inline static Address address_;
  inline static os::Syscalls table_;
  const UniqueFd keeper_ = BindOnLoopback();
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_SELF_CONNECT_H_
