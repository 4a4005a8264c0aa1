// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Pipe: couples two connections, as a proxy does.

#ifndef EDDY_PIPE_H_
#define EDDY_PIPE_H_

#include "eddy/export.h"
#include "eddy/status.h"

namespace eddy {

class Connection;

// Sends from now on what comes on either connection to the other, beginning
// with the input that is unread by now.
//
// Back-pressure: while one has more unsent output than its high watermark, the
//   other is not read, until it has fallen to the low one; so each way holds no
//   more than the mark and what one turn receives: 256 KiB, but 4 MiB by
//   io_uring before Linux 6.17. max_output_bytes is to be larger than that.
//   auto_pause no longer counts.
// The end of one's stream ends the other's, once everything is sent; after the
//   end of both, both are closed. half_close_timeout counts as ever.
// When one is closed with an error, or aborted, the other is aborted, and the
//   peers see a reset and can't take the part for the whole (unix sockets know
//   no reset), unless the end of the stream was sent to them by then. When one
//   closes without an error, so does the other, with its output sent.
// A stop is such an error: only the peers know whether what has come by then is
//   all. With a drain the pipe first goes on, for that long at the most, until
//   both streams have ended; one that is idle does, too.
// Handlers: each connection's own gets OnClose, and nothing else any more. Both
//   may still be sent to, paused and closed by the program; if it shuts one
//   down, what comes for that aborts both.
//
// Returns: kInvalidArgument when they are not two open connections of one loop,
//   when one is in a pipe, or its own stream was ended by Shutdown. Throws
//   std::bad_alloc; nothing has happened then.
// Thread: their loop. For use inside callbacks of either, too.
EDDY_EXPORT Status Pipe(Connection& a, Connection& b);

}  // namespace eddy

#endif  // EDDY_PIPE_H_
