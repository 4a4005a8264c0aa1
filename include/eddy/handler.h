// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handler: what a program derives from to be told of its connections.

#ifndef EDDY_HANDLER_H_
#define EDDY_HANDLER_H_

#include "eddy/export.h"

namespace eddy {

class Connection;
class RingBuffer;
class Status;

// Handler: the callbacks of connections.
//
// Ownership: the program's; it outlives the server or client it is given to.
// Thread: each connection's callbacks run on that connection's loop, one at a
//   time. A handler that serves several loops is called by all of them at once;
//   give the server a factory to have one for each loop.
// Exceptions: one that leaves a callback closes that connection with
//   Error::kHandlerFailed and nothing else.
class EDDY_EXPORT Handler {
 public:
  virtual ~Handler();

  // A connection is open. Bytes may be sent at once.
  virtual void OnConnect(Connection& connection);

  // Bytes came. `input` holds them behind what earlier calls left unread; what
  // is consumed is gone, what is left comes again with the next bytes, or when
  // a pause ends. Never empty. Not called while reading is paused, nor once the
  // connection is closing.
  virtual void OnMessage(Connection& connection, RingBuffer& input) = 0;

  // Unsent output fell to the low watermark after having passed the high one.
  virtual void OnWritable(Connection& connection);

  // The peer will send no more; every byte before that went through OnMessage.
  // The default closes the connection. An override may go on sending, for
  // half_close_timeout at the most, and calls Close when it is done.
  virtual void OnEnd(Connection& connection);

  // The server or client stops, or the server whose loops the client shares;
  // the connection will be closed. What is sent here still gets out, if the
  // stop has a drain or the system takes it at once.
  virtual void OnStop(Connection& connection);

  // The connection is closed: the last call, exactly once for each OnConnect.
  // `reason` is ok when the peer ended the stream or this side called Close,
  // else an eddy::Error or the system's errno. Sending is refused by now.
  virtual void OnClose(Connection& connection, const Status& reason);
};

}  // namespace eddy

#endif  // EDDY_HANDLER_H_
