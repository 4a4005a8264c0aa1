// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Resolver: from the text of an address to where to connect.

#ifndef EDDY_NET_RESOLVER_H_
#define EDDY_NET_RESOLVER_H_

#include <string_view>

#include "eddy/address.h"
#include "eddy/status.h"

namespace eddy::internal {

// ResolveSink: told once what an address means.
class ResolveSink {
 public:
  virtual void OnResolved(Result<Address> address) = 0;

 protected:
  ~ResolveSink() = default;
};

// Resolver: the one place that would have to look names up.
//
// Ownership: shared by the dials of a client, which it outlives.
// Thread: each call and its answer: one loop's.
class Resolver {
 public:
  virtual ~Resolver() = default;

  // Tells `sink` what `address` means, before it returns or later.
  virtual void Resolve(std::string_view address, ResolveSink& sink) = 0;
  // `sink`, which was not told yet, is not to be told any more.
  virtual void Forget(ResolveSink& sink) noexcept = 0;
};

// LiteralResolver: takes addresses, and refuses the names of hosts.
//
// Thread: any.
class LiteralResolver final : public Resolver {
 public:
  void Resolve(std::string_view address, ResolveSink& sink) override;
  void Forget(ResolveSink&) noexcept override {}
};

}  // namespace eddy::internal

#endif  // EDDY_NET_RESOLVER_H_
