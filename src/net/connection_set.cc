// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionSet: the connections of one server or client on one loop.

#include "net/connection_set.h"

#include <limits>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/log.h"
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
          std::make_shared<Mailbox>(loop.queue(), options.max_output_bytes)) {}

ConnectionSet::~ConnectionSet() {
  EDDY_CHECK(size_ == 0, "connections outlive their set");
  loop_.Forget(*this);
}

void ConnectionSet::Adopt(UniqueFd socket, Address peer) {
  if (is_draining_) {
    socket.Reset();
    return owner_.OnConnectionGone(index_);
  }
  try {
    auto connection = std::make_unique<StreamConnection>(
        *this, std::move(socket), std::move(peer));
    StreamConnection& added = *connection;
    Insert(std::move(connection));
    const Status status = added.Open();
    if (status.ok()) return;
    Erase(added);
    Log(Level::kWarning, "a connection could not be opened: {}",
        status.message());
    return;
  } catch (const std::bad_alloc&) {
    Log(Level::kError, "a connection was dropped: no memory");
  }
  owner_.OnConnectionGone(index_);
}

void ConnectionSet::Insert(std::unique_ptr<StreamConnection> connection) {
  const std::size_t slot = Mailbox::SlotOf(connection->own_handle());
  if (slot >= connections_.size()) connections_.resize(slot + 1);
  // Room for all of them, so that closing needs no memory.
  retired_.reserve(connections_.size());
  connections_[slot] = std::move(connection);
  ++size_;
  loop_.AtTurnEnd(*this);  // what OnConnect sends may be too much memory
}

void ConnectionSet::Erase(StreamConnection& connection) {
  connections_[Mailbox::SlotOf(connection.own_handle())].reset();
  --size_;
  owner_.OnConnectionGone(index_);
}

void ConnectionSet::Drain() {
  if (!is_draining_) owes_drained_ = true;
  is_draining_ = true;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->BeginDrain();
  }
  // Now, for the next thing may be TerminateAll.
  FlushDirty();
  // To tell if there is none.
  loop_.AtTurnEnd(*this);
  loop_.KeepTurning();
}

void ConnectionSet::TerminateAll(const Status& reason) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->Terminate(reason);
  }
}

void ConnectionSet::Abandon(const Status& reason) {
  TerminateAll(reason);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->OnClosed();
  }
  dirty_first_ = nullptr;
  Reap();
}

void ConnectionSet::ForEach(UniqueFunction<void(Connection&)>& function) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i] || !connections_[i]->DoIsOpen()) continue;
    loop_.RunGuarded("ForEach", [&] { function(*connections_[i]); });
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
  if (connection.is_memory_paused_) --memory_paused_;
  retired_.push_back(&connection);
  loop_.AtTurnEnd(*this);
}

void ConnectionSet::OnTurnEnd() {
  FlushDirty();
  Reap();
  UpdateMemory();
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

void ConnectionSet::PauseForMemory(StreamConnection& connection) {
  loop_.AtTurnEnd(*this);  // also if nothing can be paused
  if (connection.is_memory_paused_ || !connection.DoIsOpen()) return;
  ++memory_paused_;
  connection.SetMemoryPaused(true);
}

void ConnectionSet::UpdateMemory() {
  const std::size_t limit = max_buffer_bytes_;
  const std::size_t used = loop_.pool().used_bytes();
  // It must fall by some, or one connection's message would pause and resume
  // the others again and again.
  const bool is_short =
      used > limit || (memory_paused_ != 0 && used > limit - limit / 8);
  if (is_short != is_memory_short_) {
    owner_.OnMemoryPressure(index_, is_short);
    is_memory_short_ = is_short;
  }
  // It falls by whatever the next turns bring.
  if (is_short) return loop_.AtTurnEnd(*this);
  if (memory_paused_ == 0) return;
  memory_paused_ = 0;
  for (const auto& connection : connections_) {
    if (connection && connection->is_memory_paused_) {
      connection->SetMemoryPaused(false);
    }
  }
}

}  // namespace eddy::internal
