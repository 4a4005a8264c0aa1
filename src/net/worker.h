// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Worker: one worker loop of a server, with its handler and connections.

#ifndef EDDY_NET_WORKER_H_
#define EDDY_NET_WORKER_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "eddy/handler.h"
#include "net/acceptor.h"
#include "net/connection_set.h"

namespace eddy::internal {

// Worker: what a server has for each of its loops.
//
// Ownership: the server's; made before and destroyed after the loop runs.
// Thread: the loop's, but for the atomics: any.
struct Worker {
  std::unique_ptr<Handler> own_handler;  // none: the server's serves all loops
  std::unique_ptr<ConnectionSet> set;
  std::unique_ptr<Acceptor> acceptor;  // with reuse_port; otherwise none
  // Connections given to the loop and not yet gone, those on their way
  // included.
  std::atomic<std::size_t> load = 0;
  std::atomic<std::size_t> coming_bytes = 0;  // of ForEach, on their way to it
};

}  // namespace eddy::internal

#endif  // EDDY_NET_WORKER_H_
