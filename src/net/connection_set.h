// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionSet: the connections of one server or client on one loop.

#ifndef EDDY_NET_CONNECTION_SET_H_
#define EDDY_NET_CONNECTION_SET_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "eddy/address.h"
#include "eddy/handler.h"
#include "eddy/options.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "eddy/unique_function.h"
#include "loop/loop_core.h"
#include "loop/member_timer.h"
#include "net/mailbox.h"

namespace eddy::internal {

class Initiator;
class StreamConnection;

// SetLimits: what is not of each connection's options alone. 0: no limit.
struct SetLimits {
  std::chrono::nanoseconds idle_timeout{0};
  std::size_t max_buffer_bytes = 0;  // of the loop's pool
};

// SetOwner: who is told what becomes of a set.
class SetOwner {
 public:
  // A connection that was taken in is gone for good, announced or not.
  virtual void OnConnectionGone(std::size_t set_index) noexcept = 0;
  // The set's memory passed its budget, or fell below it again.
  virtual void OnMemoryPressure(std::size_t set_index,
                                bool is_short) noexcept = 0;
  // Drain was called, and the last connection is gone.
  virtual void OnDrained(std::size_t set_index) = 0;

 protected:
  ~SetOwner() = default;
};

// SetStats: counts that any thread may read while the loop writes them.
struct SetStats {
  std::atomic<std::uint64_t> received_bytes = 0;
  std::atomic<std::uint64_t> sent_bytes = 0;
  std::atomic<std::uint64_t> handler_exceptions = 0;

  // Only one thread writes, so that no locked instruction is needed.
  static void Add(std::atomic<std::uint64_t>& counter,
                  std::uint64_t amount) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + amount,
                  std::memory_order_relaxed);
  }
};

// ConnectionSet: owns connections, flushes those that became dirty and reclaims
// those that are closed, at the end of each turn.
//
// Ownership: its server's or client's; the loop, the handler and the owner
//   outlive it.
// Thread: the loop's, but for stats(). It may be made, and destroyed, when the
//   loop does not run.
class ConnectionSet final : public TurnObserver {
 public:
  ConnectionSet(LoopCore& loop, std::size_t index, Handler& handler,
                const ConnectionOptions& options, const SetLimits& limits,
                SetOwner& owner);
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;
  // REQUIRES: size() == 0.
  ~ConnectionSet();

  // Takes in a connected socket. If that fails the socket is closed, the log
  // hook told, and owner and initiator, too, that it is gone.
  void Adopt(UniqueFd socket, Address peer, Initiator* initiator = nullptr);
  // Closes every connection gracefully, takes in no more, and tells the owner
  // when the last is gone. What is left after `limit`, but not before a turn
  // has sent what there is, is closed at once. May be called again: the
  // earliest limit holds.
  void Drain(std::chrono::milliseconds limit);
  // Closes what is left at once, with `reason`.
  void TerminateAll(const Status& reason);
  // The loop can't go on: closes everything without it.
  void Abandon(const Status& reason);
  // Calls `function` for each open connection.
  void ForEach(UniqueFunction<void(Connection&)>& function);

  std::size_t size() const noexcept { return size_; }
  SetStats& stats() noexcept { return stats_; }
  const SetStats& stats() const noexcept { return stats_; }

  std::uint64_t loop_exceptions() const noexcept { return loop_.exceptions(); }

  // What connections need of their set.
  LoopCore& loop() noexcept { return loop_; }
  Handler& handler() noexcept { return handler_; }
  const ConnectionOptions& options() const noexcept { return options_; }
  std::chrono::nanoseconds idle_timeout() const noexcept {
    return idle_timeout_;
  }
  Mailbox& mailbox() noexcept { return *mailbox_; }
  void AddDirty(StreamConnection& connection) noexcept;
  // The connection had its OnClosed.
  void Retire(StreamConnection& connection);
  bool is_memory_short() const noexcept { return is_memory_short_; }
  // Has all connections paused at once if the loop's memory has become short.
  void CheckMemory() {
    if (loop_.pool().used_bytes() > max_buffer_bytes_ && !is_memory_short_) {
      SetMemoryShort(true);
    }
  }
  // Bytes of the poller's block that the connection in OnBytes sends back: they
  // are sent from where they are when its callback returns.
  std::span<const std::byte> deferred;

 private:
  void OnTurnEnd() override;
  void HastenDrainEnd(std::chrono::milliseconds limit);
  void EndDrain();
  void FlushDirty();
  void Reap();
  void SetMemoryShort(bool is_short);
  void UpdateMemory();
  void Refuse(const Status& reason, Initiator* initiator);
  void Insert(std::unique_ptr<StreamConnection> connection);
  void Erase(StreamConnection& connection);

  LoopCore& loop_;
  const std::size_t index_;
  Handler& handler_;
  const ConnectionOptions options_;
  const std::chrono::nanoseconds idle_timeout_;
  const std::size_t max_buffer_bytes_;  // the largest number: no limit
  SetOwner& owner_;
  std::shared_ptr<Mailbox> mailbox_;
  SetStats stats_;

  std::vector<std::unique_ptr<StreamConnection>> connections_;  // by slot
  std::size_t size_ = 0;
  StreamConnection* dirty_first_ = nullptr;
  StreamConnection* dirty_last_ = nullptr;
  std::vector<StreamConnection*> retired_;
  bool is_memory_short_ = false;
  bool is_draining_ = false;
  MemberTimer<ConnectionSet, &ConnectionSet::EndDrain> drain_timer_;
  TimePoint drain_end_ = TimePoint::max();  // that: none is due
  bool owes_drained_ = false;               // OnDrained is due
};

}  // namespace eddy::internal

#endif  // EDDY_NET_CONNECTION_SET_H_
