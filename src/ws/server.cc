// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Server: accepts WebSocket sessions.

#include "eddy/ws/server.h"

#include <utility>

#include "base/check.h"
#include "ws/endpoint.h"
#include "ws/session_core.h"

namespace eddy::ws {

using internal::SessionCore;

Server::Server(Handler& handler, ServerOptions options, Options session)
    : EndpointOwner(handler, session, options.connection),
      eddy::Server(*endpoint_, std::move(options), endpoint_->Check()) {}

void Server::ForEach(UniqueFunction<void(Session&)> function) {
  EDDY_CHECK(function, "ws::Server::ForEach was given an empty function");
  static_cast<void>(Visit(std::move(function), 0));  // 0 is never too much
}

Status Server::Broadcast(PreparedMessage message) {
  const std::size_t size = message.bytes().size();
  return Visit(
      [sent = std::move(message)](Session& session) { session.Send(sent); },
      size);
}

Status Server::Broadcast(PreparedMessage message,
                         UniqueFunction<bool(Session&)> filter) {
  EDDY_CHECK(filter, "ws::Server::Broadcast was given an empty filter");
  const std::size_t size = message.bytes().size();
  return Visit(
      [sent = std::move(message),
       is_meant = std::move(filter)](Session& session) mutable {
        if (is_meant(session)) session.Send(sent);
      },
      size);
}

Status Server::Visit(UniqueFunction<void(Session&)> function,
                     std::size_t bytes) {
  return eddy::Server::ForEach(
      [call = std::move(function)](Connection& connection) mutable {
        if (auto* session = SessionCore::OpenOne(connection)) call(*session);
      },
      bytes);
}

}  // namespace eddy::ws
