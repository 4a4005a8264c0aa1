// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadBalancer: which loop takes a connection.

#ifndef EDDY_NET_LOAD_BALANCER_H_
#define EDDY_NET_LOAD_BALANCER_H_

#include <cstddef>
#include <span>

#include "eddy/address.h"
#include "eddy/options.h"
#include "loop/loop_core.h"

namespace eddy::internal {

// LoadBalancer: one of the rules of LoadBalance, or the user's own.
//
// Thread: the accepting one.
class LoadBalancer {
 public:
  // `chooser`, if there is one, takes the place of `rule`. Its exceptions count
  // as ones of `loop`.
  LoadBalancer(LoopCore& loop, LoadBalance rule, LoopChooser chooser);

  // The index of the loop for a connection from `peer`. REQUIRES: not empty.
  std::size_t Choose(const Address& peer, std::span<const LoopLoad> loads);

 private:
  std::size_t TakeTurns(std::size_t count) noexcept;
  std::size_t Ask(const Address& peer, std::span<const LoopLoad> loads);

  LoopCore& loop_;
  LoadBalance rule_;
  LoopChooser chooser_;
  std::size_t next_ = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_LOAD_BALANCER_H_
