// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Request: one read or write of a watched descriptor.

#ifndef EDDY_WATCHER_REQUEST_H_
#define EDDY_WATCHER_REQUEST_H_

#include <cstddef>
#include <span>

#include "base/intrusive_list.h"
#include "eddy/status.h"
#include "loop/timer_wheel.h"
#include "poll/operation.h"

namespace eddy::internal {

class Watched;
class WatcherCore;

// Request: an operation with a place in a queue, and perhaps a deadline.
//
// Ownership: its WatcherCore's, which uses it again.
// Thread: the driving one.
class Request final : public Operation, public TimerNode {
 public:
  explicit Request(WatcherCore& owner) noexcept
      : TimerNode(&OnTimer), core(owner) {}

  void OnComplete(const Status& status) override;
  std::span<std::byte> Offer() override;
  void Keep(std::size_t bytes) override;

  WatcherCore& core;
  Watched* watched = nullptr;
  void* context = nullptr;
  std::span<std::byte> buffer;          // as the result will tell it
  const std::byte* pin = nullptr;       // in a swap buffer that is written from
  bool is_swap : 1 = false;             // it has no buffer of its own
  bool is_submitted : 1 = false;        // the poller has it
  bool is_cancelled : 1 = false;        // Cancel was called
  bool is_out_of_time : 1 = false;      // its deadline has passed
  bool is_too_late : 1 = false;         // a write made after Shutdown
  Request* previous_request = nullptr;  // in its queue
  Request* next_request = nullptr;      // there, or among unused ones

 private:
  static void OnTimer(TimerNode& node) noexcept;
};

// RequestQueue: requests of one direction, in the order they were made.
using RequestQueue =
    IntrusiveList<Request, &Request::previous_request, &Request::next_request>;

}  // namespace eddy::internal

#endif  // EDDY_WATCHER_REQUEST_H_
