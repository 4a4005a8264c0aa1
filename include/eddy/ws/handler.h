// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handler: what a program derives from to be told of its WebSocket sessions.

#ifndef EDDY_WS_HANDLER_H_
#define EDDY_WS_HANDLER_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "eddy/export.h"
#include "eddy/ws/close_code.h"
#include "eddy/ws/message.h"

namespace eddy::ws {

class Request;
class Response;
class Session;

// Handler: the callbacks of WebSocket sessions (RFC 6455).
//
// Ownership: the program's; it outlives the server or client it is given to.
// Thread: each session's callbacks run on its connection's loop, one at a time.
//   A handler that serves several loops is called by all of them at once.
// Exceptions: one that leaves a callback ends that session (1011 for the peer)
//   and nothing else; one that leaves OnUpgrade is answered with 500.
class EDDY_EXPORT Handler {
 public:
  virtual ~Handler();

  // Of servers: a request came. The default accepts every upgrade, with the
  // first of the subprotocols that are offered, and answers other requests with
  // 426. Anyone may ask for anything: a server that gives
  // something to some only must look at origin(), cookies and the like here.
  virtual void OnUpgrade(const Request& request, Response& response);

  // A session is open. Messages may be sent at once.
  virtual void OnConnect(Session& session);

  // A message came. Not called once the session is closing.
  virtual void OnMessage(Session& session, Message message) = 0;

  // A ping came, and its pong has been sent already; a pong came: the answer to
  // a ping of the program's, or of the library's own (ping_interval), which is
  // empty, or one that nobody asked for.
  virtual void OnPing(Session& session, std::span<const std::byte> bytes);
  virtual void OnPong(Session& session, std::span<const std::byte> bytes);

  // Unsent output fell to the low watermark after having passed the high one.
  virtual void OnWritable(Session& session);

  // The session is over: the last call, exactly once for each OnConnect.
  // `code`: what the peer's close frame says (kNoStatus: nothing); what this
  // side found wrong with the peer (kProtocolError, kInvalidPayload, kTooBig),
  // or with itself (kInternalError: an exception, or want of memory);
  // kGoingAway when this side's server or client stops; else kAbnormal, and
  // `reason` tells the cause of the loss. Otherwise `reason` is the peer's, or
  // what was wrong.
  virtual void OnClose(Session& session, CloseCode code,
                       std::string_view reason);
};

}  // namespace eddy::ws

#endif  // EDDY_WS_HANDLER_H_
