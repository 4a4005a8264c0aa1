// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Server: accepts WebSocket sessions.

#ifndef EDDY_WS_SERVER_H_
#define EDDY_WS_SERVER_H_

#include "eddy/export.h"
#include "eddy/options.h"
#include "eddy/server.h"
#include "eddy/unique_function.h"
#include "eddy/ws/endpoint_owner.h"
#include "eddy/ws/options.h"
#include "eddy/ws/prepared_message.h"

namespace eddy::ws {

class Handler;
class Session;

// Server: a TCP server whose connections are WebSocket sessions, and which
// answers plain HTTP requests on the same port (Handler::OnUpgrade).
//
// Everything of eddy::Server holds; but to idle_timeout a ping and its pong are
// traffic, so it ends nobody who answers. Start returns kInvalidArgument for
// session options that can't be, too. Stop sends every session a close (1001),
// which is sure to get out only with a drain; it does not wait for the answers.
class EDDY_EXPORT Server : private internal::EndpointOwner,
                           private eddy::Server {
 public:
  // `handler` serves every loop and outlives the server.
  explicit Server(Handler& handler, ServerOptions options = {},
                  Options session = {});

  using eddy::Server::address;
  using eddy::Server::backend;
  using eddy::Server::Cancel;
  using eddy::Server::connection_count;
  using eddy::Server::loop;
  using eddy::Server::num_loops;
  using eddy::Server::Run;
  using eddy::Server::RunAfter;
  using eddy::Server::RunEvery;
  using eddy::Server::Start;
  using eddy::Server::stats;
  using eddy::Server::Stop;
  using eddy::Server::StopOnSignals;
  using eddy::Server::Wait;

  // What it is below, for clients that share its loops. What is sent to the
  // connections themselves is no message.
  eddy::Server& tcp() noexcept { return *this; }

  // Calls `function` for every open session, on each session's loop, so by
  // several threads at once. Returns at once.
  void ForEach(UniqueFunction<void(Session&)> function);
  // Sends `message` to every open session, or to those for which `filter`,
  // called as ForEach's function, returns true. Returns at once: kOutputLimit
  // as eddy::Server::ForEach; then nobody is sent it.
  Status Broadcast(PreparedMessage message);
  Status Broadcast(PreparedMessage message,
                   UniqueFunction<bool(Session&)> filter);

 private:
  Status Visit(UniqueFunction<void(Session&)> function, std::size_t bytes);
};

}  // namespace eddy::ws

#endif  // EDDY_WS_SERVER_H_
