// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Connector: the dials of a client on one loop.

#ifndef EDDY_NET_CONNECTOR_H_
#define EDDY_NET_CONNECTOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "eddy/address.h"
#include "eddy/client.h"
#include "eddy/options.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "loop/loop_core.h"
#include "net/connection_set.h"
#include "net/dialer.h"
#include "net/resolver.h"

namespace eddy::internal {

// Connector: owns the dials, and has each deal with its outcome at the end of a
// turn, so that none of the program's callbacks runs inside another, or inside
// a call.
//
// Ownership: its ClientLoop's; loop, set and resolver outlive it.
// Thread: the loop's.
class Connector final : public TurnObserver {
 public:
  // `connection_count` goes up by one with each socket given to `set`.
  Connector(LoopCore& loop, ConnectionSet& set, Resolver& resolver,
            std::atomic<std::size_t>& connection_count) noexcept;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  // REQUIRES: empty().
  ~Connector();

  // Begins a dial; one that ends at once after EndAll.
  void Connect(ConnectId id, DialRequest request);
  // Returns whether there was a dial to end.
  bool Cancel(ConnectId id);
  // Ends all dials with kStopped, and those to come.
  void EndAll();
  // Has every dial with an outcome deal with it now.
  void ConcludeAll();
  bool empty() const noexcept { return dials_.empty(); }

  // What dials need of it.
  LoopCore& loop() noexcept { return loop_; }
  Resolver& resolver() noexcept { return resolver_; }
  const ConnectionOptions& connection_options() const noexcept {
    return set_.options();
  }
  void Adopt(UniqueFd socket, Address peer, Initiator& initiator);
  // The dial has an outcome, or is over.
  void Report(Dialer& dial) noexcept;
  // For random delays: none is like another.
  std::uint64_t NextSeed() noexcept;

 private:
  void OnTurnEnd() override { ConcludeAll(); }

  LoopCore& loop_;
  ConnectionSet& set_;
  Resolver& resolver_;
  std::atomic<std::size_t>& connection_count_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Dialer>> dials_;  // by id
  Dialer* reported_first_ = nullptr;
  Dialer* reported_last_ = nullptr;
  std::uint64_t seed_count_ = 0;
  bool is_ending_ = false;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_CONNECTOR_H_
