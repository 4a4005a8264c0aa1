// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Watcher service: what the examples with watchers have in common.

#ifndef EDDY_EXAMPLES_WATCHER_SERVICE_H_
#define EDDY_EXAMPLES_WATCHER_SERVICE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "eddy/eddy.h"

// WatcherService: what one watcher is used for.
class WatcherService {
 public:
  virtual ~WatcherService() = default;

  // A connection came in. On a thread that does nothing but accept, so that
  // those behind it, and the end of the service, wait for as long as this does.
  virtual void OnAccept(eddy::UniqueFd socket) = 0;
  // Collects results until the watcher is closed. On a thread of its own.
  virtual void Run() = 0;
};

// WaitIo for Run: nothing once the watcher is closed and all is told. No
// results, too, while memory is short. Ends the program if waiting has become
// impossible: a watcher must not go while requests are outstanding, and they
// will never end.
std::optional<std::span<const eddy::OpResult>> AwaitResults(
    eddy::Watcher& watcher,
    std::chrono::nanoseconds timeout = eddy::Watcher::kForever);

// Serves until SIGINT or SIGTERM: options.num_loops watchers, each with a
// service, a thread that accepts for it and a thread that runs it. Several
// listen on one port, and the kernel deals the connections out. Returns the
// program's exit code.
int ServeWatchers(
    const eddy::ServerOptions& options,
    const std::function<std::unique_ptr<WatcherService>(eddy::Watcher&)>& make);

#endif  // EDDY_EXAMPLES_WATCHER_SERVICE_H_
