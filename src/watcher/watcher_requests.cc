// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherCore: its requests.

#include <cerrno>
#include <new>
#include <utility>

#include "eddy/watcher.h"
#include "watcher/request.h"
#include "watcher/watcher_core.h"

namespace eddy::internal {

// ---- Request ----------------------------------------------------------------

void Request::OnComplete(const Status& status) {
  core.OnComplete(*this, status);
}

std::span<std::byte> Request::Offer() { return core.swap_buffers().Offer(); }

void Request::Keep(std::size_t bytes) {
  buffer = core.swap_buffers().Keep(bytes);
}

void Request::OnTimer(TimerNode& node) noexcept {
  auto& request = static_cast<Request&>(node);
  request.core.OnTimeout(request);
}

// ---- Beginning --------------------------------------------------------------

Status WatcherCore::Submit(Command command) try {
  if (is_closed_.load(std::memory_order_relaxed)) return Error::kClosed;
  if (!command.is_swap && command.buffer.empty()) return Error::kEmptyBuffer;
  if (!IsDriver()) return Push(std::move(command));
  Watched* const watched = FindLatest(command.id);
  if (watched == nullptr) return Error::kClosed;
  if (open_count_ + pending_count_ >= max_requests_) {
    return Error::kTooManyRequests;
  }
  ReserveResults(1);
  Enqueue(*watched, command);
  // Only now: want of memory leaves nothing outstanding.
  CountOpen(open_count_ + 1);
  return {};
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

// Room for all that is outstanding and `count` more, so that completing needs
// no memory.
void WatcherCore::ReserveResults(std::size_t count) {
  const std::size_t all = open_count_ + count;
  if (results_.capacity() < all) results_.reserve(2 * all);
}

Request& WatcherCore::TakeRequest() {
  if (unused_ == nullptr) return requests_.emplace_back(*this);
  Request& request = *unused_;
  unused_ = request.next_request;
  return request;
}

void WatcherCore::Enqueue(Watched& watched, const Command& command) {
  Request& request = TakeRequest();
  request.fd = watched.fd.get();
  request.kind = command.kind;
  request.data = command.buffer.data();
  request.size = command.buffer.size();
  request.transferred = 0;
  request.watched = &watched;
  request.context = command.context;
  request.buffer = command.buffer;
  request.is_swap = command.is_swap;
  request.is_cancelled = false;
  request.is_out_of_time = false;
  request.is_too_late = watched.is_shut_down && !request.is_read();
  const bool is_from_swap = !request.is_read() && swap_.Pin(request.data);
  request.pin = is_from_swap ? request.data : nullptr;
  if (command.deadline != kNoDeadline) {
    loop_->wheel().Schedule(request, command.deadline);
  }
  RequestQueue& queue = watched.QueueOf(request);
  queue.PushBack(request);
  if (queue.first() == &request) Advance(watched, queue);
}

// ---- Going on ---------------------------------------------------------------

// Gives the poller the first request that has a chance.
void WatcherCore::Advance(Watched& watched, RequestQueue& queue) {
  while (Request* const request = queue.first()) {
    if (request->is_submitted) return;
    if (watched.is_ending()) {
      Finish(*request, watched.end);
    } else if (request->is_cancelled) {
      Finish(*request, Error::kCancelled);
    } else if (!request->is_read() && watched.is_torn) {
      Finish(*request, Error::kTornStream);
    } else if (request->is_too_late) {
      Finish(*request, Status::FromErrno(EPIPE));
    } else if (request->is_swap && watched.is_starved) {
      return;
    } else {
      request->is_submitted = true;
      return loop_->poller().Submit(*request);
    }
  }
}

// The same after something has come in the way of its requests.
void WatcherCore::Stop(Watched& watched, RequestQueue& queue) {
  Request* const first = queue.first();
  if (first == nullptr) return;
  if (!first->is_submitted) return Advance(watched, queue);
  loop_->poller().Cancel(*first);
}

std::size_t WatcherCore::Cancel(WatchedId id) try {
  if (!IsDriver()) {
    static_cast<void>(Push({.verb = Command::Verb::kCancel, .id = id}));
    return 0;
  }
  Watched* const watched = FindLatest(id);
  return watched == nullptr ? 0 : CancelAll(*watched);
} catch (const std::bad_alloc&) {
  return 0;
}

std::size_t WatcherCore::CancelAll(Watched& watched) {
  std::size_t count = 0;
  for (RequestQueue* queue : {&watched.reads, &watched.writes}) {
    count += queue->size();
    for (Request* request = queue->first(); request != nullptr;
         request = request->next_request) {
      request->is_cancelled = true;
    }
    Stop(watched, *queue);
  }
  return count;
}

void WatcherCore::OnTimeout(Request& request) {
  request.is_out_of_time = true;
  if (request.is_submitted) return loop_->poller().Cancel(request);
  Watched& watched = *request.watched;
  RequestQueue& queue = watched.QueueOf(request);
  Finish(request, Error::kTimeout);
  Advance(watched, queue);
}

// ---- Swap buffers that have run out -----------------------------------------

void WatcherCore::ServeStarved() {
  while (starved_.first() != nullptr && !swap_.Offer().empty()) {
    Watched& watched = *starved_.first();
    starved_.Remove(watched);
    watched.is_starved = false;
    Advance(watched, watched.reads);
  }
}

// ---- Ending -----------------------------------------------------------------

void WatcherCore::OnComplete(Request& request, const Status& status) {
  Watched& watched = *request.watched;
  RequestQueue& queue = watched.QueueOf(request);
  request.is_submitted = false;
  const bool lacks_buffer =
      request.is_swap && status.code() == std::errc::no_buffer_space;
  const bool is_unwanted =
      watched.is_ending() || request.is_cancelled || request.is_out_of_time;
  if (lacks_buffer && !is_unwanted) {
    if (!std::exchange(watched.is_starved, true)) starved_.PushBack(watched);
    return;
  }
  Finish(request,
         OutcomeOf(request, lacks_buffer ? Error::kCancelled : status));
  Advance(watched, queue);
  if (watched.is_ending() && watched.is_idle() && !watched.is_detached) {
    CloseNow(watched);
  }
}

// What the poller says, in the words of the caller.
Status WatcherCore::OutcomeOf(const Request& request,
                              const Status& status) const {
  if (status.ok()) {
    const bool is_short = request.kind == Operation::Kind::kReadFull
                              ? request.transferred < request.size
                              : request.transferred == 0;
    return is_short ? Status(Error::kEndOfStream) : Status();
  }
  if (status.code() != Error::kCancelled) return status;
  if (request.watched->is_ending()) return request.watched->end;
  return request.is_out_of_time ? Error::kTimeout : Error::kCancelled;
}

void WatcherCore::Finish(Request& request, Status status) {
  Watched& watched = *request.watched;
  if (request.is_scheduled()) loop_->wheel().Cancel(request);
  watched.QueueOf(request).Remove(request);
  if (!request.is_read() && !status.ok()) {
    if (request.transferred > 0) watched.is_torn = true;
    if (watched.is_ending() && !request.is_too_late) watched.is_cut = true;
  }
  if (request.pin != nullptr) swap_.Release(request.pin);
  results_.push_back({.operation = request.is_read() ? eddy::Operation::kRead
                                                     : eddy::Operation::kWrite,
                      .id = watched.id,
                      .context = request.context,
                      .buffer = request.buffer,
                      .size = request.transferred,
                      .is_swap_buffer = request.is_swap,
                      .status = std::move(status)});
  if (!request.is_read()) EndWriting(watched);
  request.next_request = std::exchange(unused_, &request);
}

}  // namespace eddy::internal
