// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handler: what its callbacks do when they are not overridden.

#include "eddy/ws/handler.h"

namespace eddy::ws {

Handler::~Handler() = default;

void Handler::OnUpgrade(const Request&, Response&) {}

void Handler::OnConnect(Session&) {}

void Handler::OnPing(Session&, std::span<const std::byte>) {}

void Handler::OnPong(Session&, std::span<const std::byte>) {}

void Handler::OnWritable(Session&) {}

void Handler::OnClose(Session&, CloseCode, std::string_view) {}

}  // namespace eddy::ws
