// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadBalancer: which loop takes a connection.

#include "net/load_balancer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace eddy::internal {

LoadBalancer::LoadBalancer(LoopCore& loop, LoadBalance rule,
                           LoopChooser chooser)
    : loop_(loop), rule_(rule), chooser_(std::move(chooser)) {}

std::size_t LoadBalancer::Choose(const Address& peer,
                                 std::span<const LoopLoad> loads) {
  if (chooser_) return Ask(peer, loads);
  switch (rule_) {
    case LoadBalance::kRoundRobin:
      break;
    case LoadBalance::kLeastConnections: {
      const auto least = std::ranges::min_element(
          loads, {},
          [](const LoopLoad& load) { return load.connection_count; });
      return static_cast<std::size_t>(least - loads.begin());
    }
    case LoadBalance::kSourceHash:
      return peer.HashHost() % loads.size();
  }
  return TakeTurns(loads.size());
}

std::size_t LoadBalancer::TakeTurns(std::size_t count) noexcept {
  const std::size_t turn = next_ % count;
  next_ = turn + 1;
  return turn;
}

std::size_t LoadBalancer::Ask(const Address& peer,
                              std::span<const LoopLoad> loads) {
  std::size_t choice = loads.size();
  const bool has_answered =
      loop_.RunGuarded("choose_loop", [&] { choice = chooser_(peer, loads); });
  if (choice < loads.size()) return choice;
  if (has_answered) {
    Log(Level::kWarning, "choose_loop answered {}, there are {} loops", choice,
        loads.size());
  }
  return TakeTurns(loads.size());
}

}  // namespace eddy::internal
