// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handler: what its callbacks do when they are not overridden.

#include "eddy/ws/handler.h"

#include "eddy/ws/request.h"
#include "eddy/ws/response.h"

namespace eddy::ws {

Handler::~Handler() = default;

void Handler::OnUpgrade(const Request& request, Response& response) {
  const auto offered = request.subprotocols();
  if (!offered.empty()) response.Accept(offered.front());
}

void Handler::OnConnect(Session&) {}

void Handler::OnPing(Session&, std::span<const std::byte>) {}

void Handler::OnPong(Session&, std::span<const std::byte>) {}

void Handler::OnWritable(Session&) {}

void Handler::OnClose(Session&, CloseCode, std::string_view) {}

}  // namespace eddy::ws
