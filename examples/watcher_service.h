// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Watcher service: what the examples with watchers have in common.

#ifndef EDDY_EXAMPLES_WATCHER_SERVICE_H_
#define EDDY_EXAMPLES_WATCHER_SERVICE_H_

#include <functional>
#include <memory>

#include "eddy/eddy.h"

// WatcherService: what one watcher is used for.
class WatcherService {
 public:
  virtual ~WatcherService() = default;

  // A connection came in. On a thread that does nothing but accept.
  virtual void OnAccept(eddy::UniqueFd socket) = 0;
  // Collects results until the watcher is closed. On a thread of its own.
  virtual void Run() = 0;
};

// Serves until SIGINT or SIGTERM: options.num_loops watchers, each with a
// service, a thread that accepts for it and a thread that runs it. Several
// listen on one port, and the kernel deals the connections out. Returns the
// program's exit code.
int ServeWatchers(
    const eddy::ServerOptions& options,
    const std::function<std::unique_ptr<WatcherService>(eddy::Watcher&)>& make);

#endif  // EDDY_EXAMPLES_WATCHER_SERVICE_H_
