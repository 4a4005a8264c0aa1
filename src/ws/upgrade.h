// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Upgrade: the handshake of a session while it is under way.

#ifndef EDDY_WS_UPGRADE_H_
#define EDDY_WS_UPGRADE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eddy/status.h"
#include "eddy/ws/client.h"
#include "eddy/ws/request.h"
#include "ws/client_handshake.h"
#include "ws/request_parser.h"
#include "ws/url.h"

namespace eddy::internal {

// ClientPlan: what all connections of one Connect ask for, and whom to tell of
// the first.
//
// Ownership: shared by the dial and its connections. Thread: the loop's.
struct ClientPlan {
  Url url;
  std::vector<std::string> subprotocols;
  std::vector<ws::HeaderField> headers;
  ws::ConnectCallback done;  // empty once it was called
  Status flaw;               // why nothing of it can be asked for

  // Calls `done`, unless it was.
  void Tell(Result<ws::SessionHandle> outcome) {
    if (done) std::exchange(done, {})(std::move(outcome));
  }
};

// Upgrade: a server's, or a client's by its plan.
struct Upgrade {
  // A server's.
  explicit Upgrade(std::size_t max_head_bytes) : parser(max_head_bytes) {}
  // A client's.
  Upgrade(std::shared_ptr<ClientPlan> of, const ws::Options& options)
      : parser(options.max_head_bytes), plan(std::move(of)) {
    handshake.emplace(ClientHandshake::MakeKey(), plan->subprotocols,
                      options.deflate, options.max_head_bytes,
                      plan->url.address);
  }

  RequestParser parser;
  ws::Request request;
  std::shared_ptr<ClientPlan> plan;  // none: a server's
  std::optional<ClientHandshake> handshake;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_UPGRADE_H_
