// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EndpointOwner: what WebSocket servers and clients have before their base.

#ifndef EDDY_WS_ENDPOINT_OWNER_H_
#define EDDY_WS_ENDPOINT_OWNER_H_

#include <memory>

#include "eddy/export.h"
#include "eddy/options.h"
#include "eddy/ws/options.h"

namespace eddy::ws {
class Handler;
}  // namespace eddy::ws

namespace eddy::internal {

class Endpoint;

// EndpointOwner: not for programs. It is the first base, so that the Handler
// which it has is there before the TCP server or client, and after it.
class EDDY_EXPORT EndpointOwner {
 protected:
  EndpointOwner(ws::Handler& handler, const ws::Options& options,
                const ConnectionOptions& connection);
  EndpointOwner(const EndpointOwner&) = delete;
  EndpointOwner& operator=(const EndpointOwner&) = delete;
  ~EndpointOwner();

  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_ENDPOINT_OWNER_H_
