// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Poller: kernel events and the bytes that come with them.

#ifndef EDDY_POLL_POLLER_H_
#define EDDY_POLL_POLLER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "eddy/address.h"
#include "eddy/backend.h"
#include "eddy/interest.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "os/wake_fd.h"
#include "poll/operation.h"
#include "poll/transport.h"

namespace eddy::internal {

// ReadySink: told that a descriptor is ready.
class ReadySink {
 public:
  // Part of the interest, never none. Errors and hang-ups count as ready for
  // all of it.
  virtual void OnReady(Interest ready) = 0;

 protected:
  ~ReadySink() = default;
};

// ListenSink: told of connections that came in.
class ListenSink {
 public:
  // `peer` is kNone if the backend does not know it.
  virtual void OnAccept(UniqueFd fd, Address peer) = 0;
  // The errno of an accept that failed, EMFILE for example. Errors of a single
  // peer that gave up (ECONNABORTED) are not told. The listener stays
  // registered and will try again: Remove it to back off.
  virtual void OnAcceptError(int error) = 0;

 protected:
  ~ListenSink() = default;
};

// ConnectSink: told once how a connect ended.
class ConnectSink {
 public:
  virtual void OnConnect(const Status& status) = 0;

 protected:
  ~ConnectSink() = default;
};

// Poller: one thread's view of the kernel, by epoll, kqueue, io_uring or a
// test's fake, all of which pass the same conformance suite.
//
// There are four groups of verbs; a descriptor is in use by one at a time:
// readiness of any descriptor; sockets that come to be; transports, where the
// poller moves the bytes; and single requests.
//
// Up-calls are made only from Wait, Flush and nothing else. They may call any
// verb for any descriptor, but Wait. After Remove or CloseTransport of a
// descriptor returns no event of the past reaches it or another one that got
// its number, and closing it (after OnClosed, for a transport) takes effect at
// once.
//
// Thread: the one that calls Wait first, or any one thread before that; Wake is
// for any thread.
class Poller {
 public:
  static constexpr std::chrono::nanoseconds kForever =
      std::chrono::nanoseconds::max();
  // What one stream sends in a turn at the most, so that none starves the
  // others.
  static constexpr std::size_t kTurnBudgetBytes = std::size_t{256} << 10;

  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  virtual ~Poller() = default;

  virtual Backend backend() const noexcept = 0;
  // What one stream receives in a turn at the most.
  virtual std::size_t receive_budget() const noexcept {
    return kTurnBudgetBytes;
  }

  // Readiness, level-triggered. Errors are the system's errno; EPERM: a file,
  // which is always ready, as soon as anything of it is of interest.
  virtual Status Add(int fd, Interest interest, ReadySink& sink) = 0;
  virtual Status Modify(int fd, Interest interest) = 0;
  // Ends what Add, Listen, Connect or Submit began for `fd`. Unknown
  // descriptors are ignored. REQUIRES: its requests have been completed.
  virtual void Remove(int fd) = 0;

  // Hands every connection that `fd` accepts to `sink`, until Remove.
  virtual Status Listen(int fd, ListenSink& sink) = 0;
  // Connects `fd`. An error means that `sink` won't be called. The descriptor
  // is free for other verbs from OnConnect on.
  virtual Status Connect(int fd, const Address& address, ConnectSink& sink) = 0;

  // Starts receiving. An error means that there will be no up-call.
  virtual Status OpenTransport(Transport& transport) = 0;
  // Asks for OnBytes or no longer; then no more than receive_budget() still
  // comes. Lazy where that can be kept: costs nothing until bytes arrive while
  // it is off. OnEnd(ok), too, waits until it is on; so may an error, where the
  // system tells of none to who does not receive.
  virtual void SetReceiving(Transport& transport, bool on) = 0;
  // Offers bytes to the kernel at once, past an empty output(): `first`, which
  // is not empty, then `second`, which may be. Returns how many it took, 0
  // included, and makes no up-call. What is left must be put into output()
  // before the next Flush.
  virtual std::size_t TrySend(Transport& transport,
                              std::span<const std::byte> first,
                              std::span<const std::byte> second) = 0;
  // Sends output() until it is empty, now and in later turns. To be called when
  // something was added.
  virtual void Flush(Transport& transport) = 0;
  // Ends everything; OnClosed follows from Wait.
  virtual void CloseTransport(Transport& transport) = 0;

  // Starts a request; OnComplete follows from Wait, also for errors. At most
  // one read and one write are under way for a descriptor.
  virtual void Submit(Operation& operation) = 0;
  // Has it complete soon: with kCancelled, unless it just was completed
  // otherwise, or what was there when it was submitted is enough for that.
  virtual void Cancel(Operation& operation) = 0;

  // Waits for events for at most `timeout` (0: not at all; kForever), or until
  // Wake, and makes the up-calls. Fails only if waiting is impossible for good.
  virtual Status Wait(std::chrono::nanoseconds timeout) = 0;
  // Makes a present or the next Wait return. Any thread.
  virtual void Wake() = 0;

  // Events told so far, by which a loop sees whether a Wait found any.
  std::uint64_t event_count() const noexcept { return event_count_; }

 protected:
  std::uint64_t event_count_ = 0;
};

// Makes the poller for `backend`, which is woken by `wake_fd`. kUnsupported
// with the reason if this machine or build lacks it.
Result<std::unique_ptr<Poller>> CreatePoller(
    Backend backend, std::shared_ptr<const os::WakeFd> wake_fd);

}  // namespace eddy::internal

#endif  // EDDY_POLL_POLLER_H_
