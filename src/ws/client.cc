// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Client: outgoing WebSocket sessions.

#include "eddy/ws/client.h"

#include <memory>
#include <utility>

#include "eddy/connection.h"
#include "ws/endpoint.h"
#include "ws/upgrade.h"

namespace eddy::ws {

using internal::ClientPlan;
using internal::PlanRef;

namespace {

PlanRef MakePlan(std::string_view url, ConnectOptions& options) {
  auto plan = std::make_shared<ClientPlan>();
  auto parsed = internal::ParseUrl(url);
  if (parsed) {
    plan->url = *std::move(parsed);
    plan->flaw =
        internal::CheckRequestParts(options.subprotocols, options.headers);
  } else {
    plan->flaw = parsed.status();
  }
  plan->subprotocols = std::move(options.subprotocols);
  plan->headers = std::move(options.headers);
  plan->on_response = std::move(options.on_response);
  return plan;
}

}  // namespace

Client::Client(Handler& handler, ClientOptions options, Options session)
    : EndpointOwner(handler, session, options.connection),
      eddy::Client(*endpoint_, std::move(options)) {}

Client::Client(Handler& handler, eddy::Server& server, ClientOptions options,
               Options session)
    : EndpointOwner(handler, session, options.connection),
      eddy::Client(*endpoint_, server, std::move(options)) {}

Status Client::Start() {
  Status status = endpoint_->Check();
  return status.ok() ? eddy::Client::Start() : status;
}

ConnectId Client::Connect(std::string_view url, ConnectOptions options,
                          ConnectCallback done) {
  const PlanRef plan = MakePlan(url, options);
  eddy::ConnectOptions connect{
      .timeout = options.timeout,
      .retry = options.retry,
      .prepare =
          [plan](Connection& connection) { connection.Emplace<PlanRef>(plan); },
      .on_retry = std::move(options.on_retry)};
  eddy::ConnectCallback tell;
  if (done) {
    tell = [plan, call = std::move(done)](
               Result<ConnectionHandle> connection) mutable {
      if (connection) return call(SessionHandle(*std::move(connection)));
      call(plan->flaw.ok() ? connection.status() : plan->flaw);
    };
  }
  // An address that can't be has the flaw told on the loop, as any other
  // failure.
  const std::string_view address = plan->flaw.ok()
                                       ? std::string_view(plan->url.address)
                                       : std::string_view();
  return eddy::Client::Connect(address, std::move(connect), std::move(tell));
}

}  // namespace eddy::ws
