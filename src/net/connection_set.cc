// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionSet: the connections of one server or client on one loop.

#include "net/connection_set.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "net/initiator.h"
#include "net/stream_callbacks.h"
#include "net/stream_connection.h"

namespace eddy::internal {

ConnectionSet::ConnectionSet(LoopCore& loop, std::size_t index,
                             Handler& handler, const ConnectionOptions& options,
                             const SetLimits& limits, SetOwner& owner)
    : loop_(loop),
      index_(index),
      handler_(handler),
      options_(options),
      idle_timeout_(limits.idle_timeout),
      max_buffer_bytes_(limits.max_buffer_bytes != 0
                            ? limits.max_buffer_bytes
                            : std::numeric_limits<std::size_t>::max()),
      owner_(owner),
      mailbox_(
          std::make_shared<Mailbox>(loop.queue(), options.max_output_bytes)),
      drain_timer_(*this) {}

ConnectionSet::~ConnectionSet() {
  EDDY_CHECK(size_ == 0, "connections outlive their set");
  if (drain_timer_.is_scheduled()) loop_.wheel().Cancel(drain_timer_);
  loop_.Forget(*this);
}

void ConnectionSet::Adopt(UniqueFd socket, Address peer, Initiator* initiator) {
  if (is_draining_) {
    socket.Reset();
    return Refuse(Error::kStopped, initiator);
  }
  StreamConnection* added = nullptr;
  try {
    auto connection = std::make_unique<StreamConnection>(
        *this, std::move(socket), std::move(peer), initiator);
    added = connection.get();
    Insert(std::move(connection));
  } catch (const std::bad_alloc&) {
    Log(Level::kError, "a connection was dropped: no memory");
    return Refuse(Error::kNoMemory, initiator);
  }
  if (initiator != nullptr) initiator->OnAdopted(*added);
  const Status status = added->Open();
  if (status.ok()) return;
  Log(Level::kWarning, "a connection could not be opened: {}", status);
  Erase(*added);
  if (initiator != nullptr) initiator->OnGone(status, false);
}

void ConnectionSet::Refuse(const Status& reason, Initiator* initiator) {
  owner_.OnConnectionGone(index_);
  if (initiator != nullptr) initiator->OnGone(reason, false);
}

void ConnectionSet::Insert(std::unique_ptr<StreamConnection> connection) {
  const std::size_t slot = Mailbox::SlotOf(connection->own_handle());
  if (slot >= connections_.size()) connections_.resize(slot + 1);
  // Room for all of them, so that closing needs no memory.
  retired_.reserve(connections_.size());
  connections_[slot] = std::move(connection);
  ++size_;
}

void ConnectionSet::Erase(StreamConnection& connection) {
  connections_[Mailbox::SlotOf(connection.own_handle())].reset();
  --size_;
  owner_.OnConnectionGone(index_);
}

void ConnectionSet::Drain(std::chrono::milliseconds limit) {
  if (!is_draining_) owes_drained_ = true;
  is_draining_ = true;
  HastenDrainEnd(limit);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->BeginDrain();
  }
  // To tell if there is none.
  loop_.AtTurnEnd(*this);
  loop_.KeepTurning();
}

void ConnectionSet::HastenDrainEnd(std::chrono::milliseconds limit) {
  // More than the clock can count is for ever.
  constexpr std::chrono::milliseconds kLongest = std::chrono::years(100);
  const TimePoint end = AddSaturated(loop_.clock().Now(),
                                     std::clamp(limit, limit.zero(), kLongest));
  if (end >= drain_end_) return;
  drain_end_ = end;
  if (drain_timer_.is_scheduled()) loop_.wheel().Cancel(drain_timer_);
}

void ConnectionSet::EndDrain() {
  drain_end_ = TimePoint::max();
  TerminateAll(Error::kStopped);
}

void ConnectionSet::TerminateAll(const Status& reason) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->Terminate(reason);
  }
}

void ConnectionSet::Abandon(const Status& reason) {
  TerminateAll(reason);
  // Their memory may be in the kernel's hands until it says otherwise.
  Poller& poller = loop_.poller();
  while (size_ != 0 && poller.Wait(std::chrono::milliseconds(10)).ok()) Reap();
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i] && !connections_[i]->is_closed()) {
      connections_[i]->OnClosed();
    }
  }
  dirty_first_ = nullptr;
  Reap();
}

void ConnectionSet::ForEach(UniqueFunction<void(Connection&)>& function) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i] || !connections_[i]->DoIsOpen()) continue;
    connections_[i]->RunCorked([&](Connection& connection) {
      loop_.RunGuarded("ForEach", [&] { function(connection); });
    });
  }
}

// ---- Turns ------------------------------------------------------------------

void ConnectionSet::AddDirty(StreamConnection& connection) noexcept {
  connection.next_dirty_ = nullptr;
  if (dirty_first_ == nullptr) {
    dirty_first_ = &connection;
  } else {
    dirty_last_->next_dirty_ = &connection;
  }
  dirty_last_ = &connection;
  loop_.AtTurnEnd(*this);
  // It may come from the end of this turn, another set's perhaps.
  loop_.KeepTurning();
}

void ConnectionSet::Retire(StreamConnection& connection) {
  retired_.push_back(&connection);
  loop_.AtTurnEnd(*this);
}

void ConnectionSet::OnTurnEnd() {
  FlushDirty();
  Reap();
  UpdateMemory();
  // Not before, or it might fire in this turn, and the next sends what is left.
  if (drain_end_ != TimePoint::max() && !drain_timer_.is_scheduled()) {
    loop_.wheel().Schedule(drain_timer_, drain_end_);
  }
  if (owes_drained_ && size_ == 0) {
    owner_.OnDrained(index_);
    owes_drained_ = false;
  }
}

// What these make dirty waits for the next turn, so that none goes on for ever.
void ConnectionSet::FlushDirty() {
  StreamConnection* connection = std::exchange(dirty_first_, nullptr);
  while (connection != nullptr) {
    StreamConnection* next = connection->next_dirty_;
    connection->OnDirty();
    connection = next;
  }
}

void ConnectionSet::Reap() {
  while (!retired_.empty()) {
    StreamConnection& connection = *retired_.back();
    retired_.pop_back();
    Erase(connection);
  }
}

// ---- Memory -----------------------------------------------------------------

// None is read any more, or all are again: whoever came next would only add to
// what is too much.
void ConnectionSet::SetMemoryShort(bool is_short) {
  is_memory_short_ = is_short;
  for (const auto& connection : connections_) {
    if (connection) connection->SetMemoryPaused(is_short);
  }
  owner_.OnMemoryPressure(index_, is_short);
  loop_.AtTurnEnd(*this);
}

void ConnectionSet::UpdateMemory() {
  CheckMemory();
  if (!is_memory_short_) return;
  // It must fall by some, or each message would pause and resume all.
  const std::size_t limit = max_buffer_bytes_;
  if (loop_.pool().used_bytes() <= limit - limit / 8) {
    SetMemoryShort(false);
  } else {
    loop_.AtTurnEnd(*this);  // it falls by whatever the next turns bring
  }
}

}  // namespace eddy::internal
