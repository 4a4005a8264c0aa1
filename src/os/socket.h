// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Socket: making, naming and setting up sockets.

#ifndef EDDY_OS_SOCKET_H_
#define EDDY_OS_SOCKET_H_

#include <sys/socket.h>

#include <cstddef>

#include "eddy/address.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"

namespace eddy::os {

// SocketAddress: an Address as the system takes it.
struct SocketAddress {
  SocketAddress() noexcept = default;  // for the system to fill in
  explicit SocketAddress(const Address& address) noexcept;
  // What the system filled in; kNone for a family that is not known.
  Address ToAddress() const;

  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }

  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
};

struct ListenOptions {
  int backlog = 1024;
  bool reuse_port = false;
  bool no_delay = true;
  bool keep_alive = false;
};

// A listening socket, non-blocking and closed on exec. What it hands out
// inherits no_delay and keep_alive where the system does that (Linux, BSD).
// ":port" listens on IPv4 too; on a machine without IPv6, on IPv4 alone. A unix
// path that nobody listens on any more is replaced; one that is no socket is
// left alone. Errors: "listen on ADDRESS" and the system's errno.
Result<UniqueFd> Listen(const Address& address, const ListenOptions& options);

// A stream socket of `family`, non-blocking and closed on exec.
Result<UniqueFd> CreateSocket(Address::Family family);

// An accepted descriptor with its peer; a negative errno where fd would be.
struct Accepted {
  int fd = -1;
  SocketAddress peer;
};
Accepted AcceptFrom(int listener) noexcept;
// Whether an errno of accept belongs to the one connection that was to be
// accepted, not to the listener.
bool IsPeersFault(int error) noexcept;

// A descriptor of no use but to be given up when there are none left; none if
// there are none.
UniqueFd OpenReserve() noexcept;

// kNone when the system no longer knows.
Address LocalAddress(int fd);
Address PeerAddress(int fd);

// Ok for a stream socket that does not listen. kUnsupported for anything else
// that is open, EBADF for what is not.
Status CheckStream(int fd);
// Whether it is a file on a disk, or the like: it never makes anyone wait, and
// is no use to wait for. False for what is not open.
bool IsFile(int fd) noexcept;
// Makes calls wait, or not. Returns whether they did before.
bool SetBlocking(int fd, bool on) noexcept;

// TCP lets a socket connect to itself, if it is given the very port that it is
// to connect to, and that nobody listens on.
bool IsConnectedToItself(int fd);

// Takes the pending error of a socket (SO_ERROR); 0 if none.
int TakeError(int fd) noexcept;
void SetNoDelay(int fd, bool on) noexcept;
void SetKeepAlive(int fd, bool on) noexcept;
// What was sent and the peer has not taken yet, as far as the system tells.
std::size_t CountUntaken(int fd) noexcept;
// Sends FIN.
void ShutdownWrite(int fd) noexcept;
// Ends both directions, or listening.
void Shutdown(int fd) noexcept;
// Makes close() discard what is unsent and reset the connection.
void ResetOnClose(int fd) noexcept;
// Removes the file of a unix listener; nothing for other addresses.
void UnlinkPath(const Address& address);

}  // namespace eddy::os

#endif  // EDDY_OS_SOCKET_H_
