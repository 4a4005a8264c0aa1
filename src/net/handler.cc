// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handler: what its callbacks do when they are not overridden.

#include "eddy/handler.h"

#include "eddy/connection.h"
#include "eddy/status.h"

namespace eddy {

Handler::~Handler() = default;

void Handler::OnConnect(Connection&) {}

void Handler::OnWritable(Connection&) {}

void Handler::OnEnd(Connection& connection) { connection.Close(); }

void Handler::OnStop(Connection&) {}

void Handler::OnClose(Connection&, const Status&) {}

}  // namespace eddy
