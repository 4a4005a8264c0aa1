// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Listener: accepts connections for a thread that waits for them.

#ifndef EDDY_LISTENER_H_
#define EDDY_LISTENER_H_

#include <chrono>
#include <memory>
#include <string_view>

#include "eddy/address.h"
#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"

namespace eddy {

struct ListenerOptions {
  int backlog = 1024;  // connections that wait; the system may allow fewer
  // Other listeners may have the same port (SO_REUSEPORT), and the kernel deals
  // connections out among them.
  bool reuse_port = false;
  bool no_delay = true;     // TCP_NODELAY of what is accepted
  bool keep_alive = false;  // SO_KEEPALIVE, too
};

// Listener: a listening socket without a loop, for a Watcher to adopt from.
//
// Ownership: the caller's. Accept must have returned on every thread when it is
//   destroyed.
// Thread: any.
class EDDY_EXPORT Listener {
 public:
  static constexpr std::chrono::nanoseconds kForever =
      std::chrono::nanoseconds::max();

  // Listens on what Address::Parse takes. kInvalidArgument for what it does
  // not; else the system's errno ("listen on ...").
  static Result<std::unique_ptr<Listener>> Create(std::string_view address,
                                                  ListenerOptions options = {});
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // Waits for a connection: a non-blocking socket that is closed on exec.
  //
  // Returns: kTimeout; kClosed after Close; else the errno of accept, such as
  //   EMFILE, after which the connection still waits: make room before the next
  //   call. Connections that their peers gave up are passed over.
  Result<UniqueFd> Accept(std::chrono::nanoseconds timeout = kForever);
  // Ends listening, and each Accept. May be called again.
  void Close();

  // Its port resolved.
  Address address() const;

 private:
  struct Core;
  explicit Listener(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace eddy

#endif  // EDDY_LISTENER_H_
