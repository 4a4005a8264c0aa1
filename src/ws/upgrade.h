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
#include "eddy/unique_function.h"
#include "eddy/ws/header_field.h"
#include "eddy/ws/options.h"
#include "eddy/ws/request.h"
#include "ws/client_handshake.h"
#include "ws/head_fields.h"
#include "ws/request_parser.h"
#include "ws/url.h"

namespace eddy::internal {

// ClientPlan: what all connections of one Connect ask for.
//
// Ownership: shared by the dial and by connections in their handshake.
// Thread: the loop's, once it is made.
struct ClientPlan {
  Url url;
  std::vector<std::string> subprotocols;
  std::vector<ws::HeaderField> headers;
  UniqueFunction<void(int status, FieldSpan headers)> on_response;
  Status flaw;  // why nothing of it can be asked for
};
using PlanRef = std::shared_ptr<ClientPlan>;

// Upgrade: a server's, or a client's.
struct Upgrade {
  // A server's.
  explicit Upgrade(std::size_t max_head_bytes) : parser(max_head_bytes) {}
  // A client's.
  Upgrade(PlanRef of, const ws::Options& options)
      : parser(options.max_head_bytes), plan(std::move(of)) {
    handshake.emplace(ClientHandshake::MakeKey(), plan->subprotocols,
                      options.deflate, options.max_head_bytes);
  }

  RequestParser parser;
  ws::Request request;
  PlanRef plan;                              // null: a server's
  std::optional<ClientHandshake> handshake;  // none: a server's
};

}  // namespace eddy::internal

#endif  // EDDY_WS_UPGRADE_H_
