// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Watched: a descriptor that a watcher took over.

#ifndef EDDY_WATCHER_WATCHED_H_
#define EDDY_WATCHER_WATCHED_H_

#include <utility>

#include "base/intrusive_list.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "eddy/watcher.h"
#include "watcher/request.h"

namespace eddy::internal {

// Watched: the descriptor with its requests. The first of each queue is what
// the poller works on.
//
// Ownership: its WatcherCore's. Thread: the driving one.
class Watched {
 public:
  explicit Watched(UniqueFd socket) noexcept : fd(std::move(socket)) {}

  RequestQueue& QueueOf(const Request& request) noexcept {
    return request.is_read() ? reads : writes;
  }
  bool is_idle() const noexcept { return reads.empty() && writes.empty(); }
  bool is_ending() const noexcept { return !end.ok(); }

  WatchedId id;
  UniqueFd fd;
  RequestQueue reads;
  RequestQueue writes;
  Status end;                 // it is being ended: what its requests are told
  bool is_detached = false;   // by someone who waits for its descriptor
  bool is_torn = false;       // a write ended in the middle
  bool is_cut = false;        // its end discarded writes
  bool is_shut_down = false;  // FIN follows the writes made so far
  bool is_fin_sent = false;
  bool is_starved = false;  // its first read awaits a swap buffer
  bool was_blocking = false;
  Watched* previous_starved = nullptr;
  Watched* next_starved = nullptr;
};

// StarvedList: those that are starved, in the order they are to be served.
using StarvedList =
    IntrusiveList<Watched, &Watched::previous_starved, &Watched::next_starved>;

}  // namespace eddy::internal

#endif  // EDDY_WATCHER_WATCHED_H_
