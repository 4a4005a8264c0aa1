// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Upgrade: the handshake of a session while it is under way.

#ifndef EDDY_WS_UPGRADE_H_
#define EDDY_WS_UPGRADE_H_

#include <optional>
#include <string>
#include <vector>

#include "eddy/status.h"
#include "eddy/ws/header_field.h"
#include "eddy/ws/options.h"
#include "eddy/ws/request.h"
#include "ws/client_handshake.h"
#include "ws/request_parser.h"
#include "ws/url.h"

namespace eddy::internal {

// ClientPlan: what all connections of one Connect ask for.
//
// Ownership: shared by the dial and by connections in their handshake.
// Thread: it never changes.
struct ClientPlan {
  Url url;
  std::vector<std::string> subprotocols;
  std::vector<ws::HeaderField> headers;
  Status flaw;  // why nothing of it can be asked for
};

// Upgrade: a server's, or a client's.
struct Upgrade {
  // A server's.
  explicit Upgrade(std::size_t max_head_bytes) : parser(max_head_bytes) {}
  // A client's.
  Upgrade(const ClientPlan& plan, const ws::Options& options)
      : parser(options.max_head_bytes) {
    handshake.emplace(ClientHandshake::MakeKey(), plan.subprotocols,
                      options.deflate, options.max_head_bytes);
  }

  RequestParser parser;
  ws::Request request;
  std::optional<ClientHandshake> handshake;  // none: a server's
};

}  // namespace eddy::internal

#endif  // EDDY_WS_UPGRADE_H_
