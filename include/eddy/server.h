// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Server: accepts connections and serves them on worker loops.

#ifndef EDDY_SERVER_H_
#define EDDY_SERVER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "eddy/address.h"
#include "eddy/event_loop.h"
#include "eddy/export.h"
#include "eddy/options.h"
#include "eddy/payload.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"

namespace eddy {

class Connection;
class Handler;

namespace internal {
class ClientCore;
class ServerCore;
}  // namespace internal

// Counts since the start, but for connection_count.
struct ServerStats {
  std::size_t connection_count = 0;  // open now
  std::uint64_t accepted_count = 0;  // given to a worker
  std::uint64_t shed_count = 0;      // refused for want of descriptors
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t exception_count = 0;  // that left callbacks of any kind
};

// Server: a listener, an accepting loop and num_loops worker loops, each on a
// thread of its own.
//
// Ownership: the caller's. The destructor is Stop and Wait.
// Thread: any, unless said otherwise; not to be destroyed, nor waited for, on
//   one of its own loops (that aborts with a message).
// A server runs once: after Stop make a new one.
class EDDY_EXPORT Server {
 public:
  // Makes a handler for each worker loop.
  using HandlerFactory = UniqueFunction<std::unique_ptr<Handler>(EventLoop&)>;

  // `handler` serves every loop and outlives the server. What can't be had is
  // told by Start.
  explicit Server(Handler& handler, ServerOptions options = {});
  explicit Server(HandlerFactory factory, ServerOptions options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Binds, listens, starts the loops and returns.
  //
  // Returns: kInvalidArgument for options that contradict each other or an
  //   address that can't be parsed; kUnsupported for a backend that is not
  //   there; kStopped after Stop; else the system's errno ("listen on ...").
  [[nodiscard]] Status Start();
  // Returns when the server has stopped and every connection had its OnClose.
  // The error, if one loop could not go on. After a Start that failed: at once,
  // with that failure, which is none if it was Stop that came first.
  Status Wait();
  // Start and Wait. Ok also when Stop came first.
  [[nodiscard]] Status Run();
  // Stops accepting, closes every connection (kStopped), ends the loops. With
  // `drain` connections first have that long to get their output sent, and
  // pipes (see Pipe) to come to their end. Clients that share the loops stop
  // with the server and have as long. Any thread, any callback, any number of
  // times; a later call may shorten the drain. Does not wait.
  void Stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));
  // SIGINT and SIGTERM call Stop(drain), a second one Stop(). One server of a
  // process at a time. May be called before Start. kStopped when the server has
  // stopped; after a Start that failed, that failure.
  [[nodiscard]] Status StopOnSignals(
      std::chrono::milliseconds drain = std::chrono::milliseconds(0));

  // Calls `function` for every open connection, on each connection's loop, so
  // by several threads at once. Returns at once.
  void ForEach(UniqueFunction<void(Connection&)> function);
  // The same of a function that sends `bytes` to each. kOutputLimit: nobody is
  // visited, for so much is on its way to a loop, which is that far behind,
  // that with these it would be more than max_output_bytes.
  Status ForEach(UniqueFunction<void(Connection&)> function, std::size_t bytes);
  // Sends `payload` to every open connection. Returns at once: kOutputLimit as
  // ForEach; then nobody is sent it.
  Status Broadcast(Payload payload);

  ServerStats stats() const;
  // Where the server listens, its port resolved. REQUIRES: Start succeeded.
  Address address() const;
  std::size_t connection_count() const noexcept;

  // Timers of the accepting loop, also before Start. See EventLoop.
  TimerId RunAfter(std::chrono::nanoseconds delay, EventLoop::Task task);
  TimerId RunEvery(std::chrono::nanoseconds period, EventLoop::Task task);
  // Takes ids of the accepting loop and of the workers.
  bool Cancel(TimerId id);

  // The worker loops. REQUIRES: index < num_loops(), and loops could be made.
  EventLoop& loop(std::size_t index);
  std::size_t num_loops() const noexcept;
  // What the loops run on; kAuto if they could not be made.
  Backend backend() const noexcept;

 protected:
  // Of a protocol above: `flaw` is what Start returns, unless it is ok.
  Server(Handler& handler, ServerOptions options, Status flaw);

 private:
  friend class internal::ClientCore;  // shares the loops

  std::unique_ptr<internal::ServerCore> core_;
};

}  // namespace eddy

#endif  // EDDY_SERVER_H_
