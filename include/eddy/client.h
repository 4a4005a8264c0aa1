// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Client: outgoing connections.

#ifndef EDDY_CLIENT_H_
#define EDDY_CLIENT_H_

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "eddy/backend.h"
#include "eddy/connection_handle.h"
#include "eddy/event_loop.h"
#include "eddy/export.h"
#include "eddy/options.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"

namespace eddy {

class Handler;
class Server;

namespace internal {
class ClientCore;
}  // namespace internal

// RetryOptions: when to try again. The n-th delay in a row is initial_delay *
// factor^n, but no longer than max_delay, moved by a random part of up to
// `jitter` of it, either way, so that many clients do not come back all at
// once. No delay is shorter than a tick of the loop's timers; an initial_delay
// of 0 grows from 1 ns.
struct RetryOptions {
  std::chrono::nanoseconds initial_delay = std::chrono::milliseconds(100);
  std::chrono::nanoseconds max_delay = std::chrono::seconds(30);
  double factor = 2.0;  // at least 1
  double jitter = 0.2;  // from 0 to 1
  // A connection that lasted this long has the delays, and the attempts, begin
  // anew; one that did not counts as another attempt that failed.
  std::chrono::nanoseconds stable_after = std::chrono::seconds(10);
  // Attempts in a row after which it is given up (the log hook is told); 0: no
  // limit.
  std::size_t max_attempts = 0;
};

struct ConnectOptions {
  // Of each attempt, a filter's handshake included; then kTimeout. 0: as long
  // as the system tries.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  // Tries again after an attempt that failed, and after a connection that was
  // lost: every one but those that the program itself closed or aborted before
  // it was told of the end of the peer's stream. Each new connection is
  // announced by OnConnect and has a handle of its own. Not tried again: what
  // can't get right (kInvalidArgument, kUnsupported).
  std::optional<RetryOptions> retry{};
  // Called on the loop for each connection that is made, before its OnConnect:
  // tells the handler what the connection is for, by Emplace. An exception
  // makes the attempt fail with kHandlerFailed, as one of OnConnect does.
  UniqueFunction<void(Connection&)> prepare{};
  // Called on the loop before each wait, with the cause (kClosed: the peer
  // ended its stream) and how long it will be.
  UniqueFunction<void(const Status& cause, std::chrono::nanoseconds delay)>
      on_retry{};
};

// ConnectId: names one Connect of one client, for ever.
struct ConnectId {
  std::uint64_t value = 0;  // 0: none
  std::uint32_t loop = 0;

  explicit operator bool() const noexcept { return value != 0; }
  friend auto operator<=>(const ConnectId&, const ConnectId&) = default;
};

// The handle of a connection that was made, or why none was.
using ConnectCallback = UniqueFunction<void(Result<ConnectionHandle>)>;

// ClientOptions: a client's loops and limits. Of a client that shares a
// server's loops the marked ones (*) are ignored.
struct ClientOptions {
  // (*) Loops, each with a thread; 0: one for each CPU.
  std::size_t num_loops = 1;
  Backend backend = Backend::kAuto;  // (*)
  // Closes a connection with kIdleTimeout after this long without traffic
  // either way. 0: never.
  std::chrono::nanoseconds idle_timeout{0};
  // (*) Binds the i-th loop's thread to the i-th of the CPUs that the process
  // may use, round again if there are more loops.
  bool pin_cpus = false;
  std::chrono::nanoseconds timer_tick = std::chrono::milliseconds(1);  // (*)
  // (*) LoopOptions::spin.
  std::chrono::nanoseconds spin{0};
  // Memory for input and output of all of a loop's connections together, a
  // server's included, above which this client's are not read. See
  // ServerOptions. 0: no limit.
  std::size_t max_loop_buffer_bytes = std::size_t{1} << 30;
  ConnectionOptions connection{};
};

// Client: makes connections, and makes them again when they are lost.
//
// Ownership: the caller's. The destructor is Stop and Wait.
// Thread: any, unless said otherwise; not to be destroyed, nor waited for, on
//   one of its loops (that aborts with a message).
// A client runs once: after Stop make a new one.
class EDDY_EXPORT Client {
 public:
  // With loops of its own, which Start starts. `handler` gets the callbacks of
  // every connection and outlives the client.
  explicit Client(Handler& handler, ClientOptions options = {});
  // On the worker loops of `server`, which outlives the client. The server may
  // be started and stopped before or after the client; connections are made
  // while both run. When the server begins to stop, so does the client, with
  // the same drain, and the server's loops end when both are done; a loop that
  // ends in another way stops the client without a drain.
  Client(Handler& handler, Server& server, ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Starts the loops, if they are its own, and has Connect work.
  //
  // Returns: kInvalidArgument for options that contradict each other;
  //   kUnsupported for a backend that is not there; kStopped after Stop, or if
  //   the server has stopped (one that is stopping stops it again at once);
  //   else the system's errno.
  [[nodiscard]] Status Start();
  // Returns when the client has stopped: every connection had its OnClose, and
  // each Connect that gave an id its callback. The error, if a loop could not
  // go on.
  Status Wait();
  // Ends what Connect began, closes every connection (kStopped), ends the loops
  // if they are its own. With `drain` connections first have that long to get
  // their output sent. Any thread, any callback, any number of times; a later
  // call may shorten the drain. Does not wait.
  void Stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

  // Connects to `address`, which is what Address::Parse takes. On one of the
  // client's loops the connection belongs to that loop, and else they take
  // turns.
  //
  // Returns: no id (false) when the client does not run; `done` was not and
  //   won't be called.
  // Otherwise `done`, if there is one, is called exactly once, on the loop and
  // never inside this call: with the handle, when OnConnect has returned, even
  // if that closed or aborted the connection; or with the cause why the first
  // attempt failed, as "connect to 127.0.0.1:1: Connection refused". That is
  // the system's errno, kTimeout, kCancelled, kStopped, kHandlerFailed if
  // OnConnect threw (then after OnClose) or `prepare`, kInvalidArgument for an
  // address that can't be parsed, or kUnsupported for the name of a host: names
  // are not looked up. If the loops of a server that is shared never ran, it is
  // called by Wait or the destructor. Throws std::bad_alloc.
  ConnectId Connect(std::string_view address, ConnectOptions options = {},
                    ConnectCallback done = {});
  // Ends the attempts: the present one, which fails with kCancelled, and those
  // to come. A connection that is open stays, and an attempt that has failed
  // keeps its cause. On the Connect's loop the answer tells whether there was
  // anything to end: without `retry` there is not from OnConnect, or the
  // failure, on. Elsewhere it is a request, and the answer tells whether the
  // loop took it.
  bool Cancel(ConnectId id);

  std::size_t connection_count() const noexcept;
  // REQUIRES: index < num_loops(), and loops could be made.
  EventLoop& loop(std::size_t index);
  std::size_t num_loops() const noexcept;
  // What the loops run on; kAuto if they could not be made.
  Backend backend() const noexcept;

 private:
  std::unique_ptr<internal::ClientCore> core_;
};

}  // namespace eddy

#endif  // EDDY_CLIENT_H_
