// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Initiator: who had an outgoing connection made.

#ifndef EDDY_NET_INITIATOR_H_
#define EDDY_NET_INITIATOR_H_

#include "eddy/status.h"

namespace eddy::internal {

class StreamConnection;

// Initiator: told of the life of one connection. Accepted ones have none.
//
// Ownership: it outlives the connection, or has it forget it.
// Thread: the connection's loop.
class Initiator {
 public:
  // The connection is about to be opened; not called if that is impossible.
  virtual void OnAdopted(StreamConnection& connection) = 0;
  // OnConnect is about to be called. What it throws counts as the handler's.
  virtual void OnAnnouncing(StreamConnection& connection) = 0;
  // OnConnect has returned, and what it made wait is over. Not called if it
  // threw, nor if what it made wait came to nothing.
  virtual void OnAnnounced(StreamConnection& connection) = 0;
  // The last call. The connection is gone, and had its OnClose if it was
  // announced. `is_own_end`: the program closed it, and not because the peer
  // had ended its stream.
  virtual void OnGone(const Status& reason, bool is_own_end) = 0;

 protected:
  ~Initiator() = default;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_INITIATOR_H_
