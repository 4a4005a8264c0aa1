// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Connector: the dials of a client on one loop.

#include "net/connector.h"

#include <utility>

#include "base/check.h"

namespace eddy::internal {

Connector::Connector(LoopCore& loop, ConnectionSet& set, Resolver& resolver,
                     std::atomic<std::size_t>& connection_count) noexcept
    : loop_(loop),
      set_(set),
      resolver_(resolver),
      connection_count_(connection_count) {}

Connector::~Connector() {
  EDDY_CHECK(dials_.empty(), "dials outlive their connector");
  loop_.Forget(*this);
}

void Connector::Connect(ConnectId id, DialRequest request) {
  auto owned = std::make_unique<Dialer>(*this, id, std::move(request));
  Dialer& dial = *owned;
  dials_.emplace(id.value, std::move(owned));
  if (is_ending_) {
    static_cast<void>(dial.End(Error::kStopped));
  } else {
    dial.Start();
  }
}

bool Connector::Cancel(ConnectId id) {
  const auto found = dials_.find(id.value);
  return found != dials_.end() && found->second->End(Error::kCancelled);
}

void Connector::EndAll() {
  is_ending_ = true;
  // None goes before the turn's end.
  for (const auto& [id, dial] : dials_) {
    static_cast<void>(dial->End(Error::kStopped));
  }
}

void Connector::Adopt(UniqueFd socket, Address peer, Initiator& initiator) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  set_.Adopt(std::move(socket), std::move(peer), &initiator);
}

void Connector::Report(Dialer& dial) noexcept {
  if (std::exchange(dial.is_reported, true)) return;
  dial.next_reported = nullptr;
  if (reported_first_ == nullptr) {
    reported_first_ = &dial;
  } else {
    reported_last_->next_reported = &dial;
  }
  reported_last_ = &dial;
  loop_.AtTurnEnd(*this);
  loop_.KeepTurning();
}

// What is reported meanwhile is dealt with in the next turn, so that none goes
// on for ever; but by a dial that is being dealt with, which sees it itself.
void Connector::ConcludeAll() {
  Dialer* dial = std::exchange(reported_first_, nullptr);
  while (dial != nullptr) {
    Dialer* const next = dial->next_reported;
    if (dial->Conclude()) {
      dial->is_reported = false;
    } else {
      dials_.erase(dial->id().value);
    }
    dial = next;
  }
}

std::uint64_t Connector::NextSeed() noexcept {
  const auto now = loop_.clock().Now().time_since_epoch().count();
  return static_cast<std::uint64_t>(now) ^ (std::uint64_t{loop_.id()} << 48) ^
         (++seed_count_ << 32);
}

}  // namespace eddy::internal
