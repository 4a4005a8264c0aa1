// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Client: outgoing WebSocket sessions.

#ifndef EDDY_WS_CLIENT_H_
#define EDDY_WS_CLIENT_H_

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/client.h"
#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"
#include "eddy/ws/endpoint_owner.h"
#include "eddy/ws/header_field.h"
#include "eddy/ws/options.h"
#include "eddy/ws/session_handle.h"

namespace eddy::ws {

class Handler;

// ConnectOptions: as eddy::ConnectOptions, and what to ask the server for. An
// attempt whose handshake fails has failed; it is not retried if the server
// answers with a status of 400 to 499, but for 408, 425 and 429: to ask again
// would not help.
struct ConnectOptions {
  // Of each attempt, the handshake included; handshake_timeout counts, too.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  std::optional<RetryOptions> retry{};
  UniqueFunction<void(const Status& cause, std::chrono::nanoseconds delay)>
      on_retry{};
  // The one that is liked best first.
  std::vector<std::string> subprotocols{};
  // Further headers, such as Origin, Cookie or Authorization.
  std::vector<HeaderField> headers{};
  // Told of the answer of each attempt, on the loop, before OnConnect or
  // `done`: its status, 101 if the server upgrades, and its headers, which go
  // when this returns: cookies, Location, Retry-After.
  UniqueFunction<void(int status, std::span<const HeaderView> headers)>
      on_response{};
};

// The handle of a session that is open, or why there is none.
using ConnectCallback = UniqueFunction<void(Result<SessionHandle>)>;

// Client: a TCP client whose connections are WebSocket sessions.
//
// Everything of eddy::Client holds, but that connection_count() counts those in
// their handshake, too.
class EDDY_EXPORT Client : private internal::EndpointOwner,
                           private eddy::Client {
 public:
  // `handler` gets the callbacks of every session and outlives the client.
  explicit Client(Handler& handler, ClientOptions options = {},
                  Options session = {});
  // On the loops of a server: that of WebSocket is given as its tcp().
  Client(Handler& handler, eddy::Server& server, ClientOptions options = {},
         Options session = {});

  using eddy::Client::backend;
  using eddy::Client::Cancel;
  using eddy::Client::connection_count;
  using eddy::Client::loop;
  using eddy::Client::num_loops;
  using eddy::Client::Stop;
  using eddy::Client::Wait;

  // Also kInvalidArgument for session options that can't be.
  [[nodiscard]] Status Start();

  // Connects to `url`: ws://HOST[:PORT][/PATH][?QUERY], where HOST is an IP
  // address (names are not looked up) and PORT is 80 unless told; or, for a
  // unix socket, ws+unix:FILE[:/PATH[?QUERY]], where FILE is as Address::Parse
  // takes it behind "unix:".
  //
  // As eddy::Client::Connect, but `done` is called once the handshake is over:
  // with the handle, after OnConnect; or also with kProtocol when the server's
  // answer is none of WebSocket's or refuses ("... 403 Forbidden"), kTimeout at
  // handshake_timeout, or kInvalidArgument for a URL, header or subprotocol
  // that can't be sent.
  ConnectId Connect(std::string_view url, ConnectOptions options = {},
                    ConnectCallback done = {});
};

}  // namespace eddy::ws

#endif  // EDDY_WS_CLIENT_H_
