// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerHandshake: what a server answers a request with.

#ifndef EDDY_WS_SERVER_HANDSHAKE_H_
#define EDDY_WS_SERVER_HANDSHAKE_H_

#include <optional>
#include <string>
#include <string_view>

#include "eddy/ws/options.h"
#include "eddy/ws/request.h"
#include "eddy/ws/response.h"
#include "ws/deflate_agreement.h"

namespace eddy::internal {

// HandshakeReply: the answer. Unless it accepts, the connection ends after it.
struct HandshakeReply {
  std::string bytes;
  bool is_accepted = false;
  std::optional<DeflateAgreement> deflate;  // when accepted
  std::string subprotocol;                  // when accepted
};

// Carries out `response`; also 426 when it accepts what is no upgrade, 500 when
// it accepts a subprotocol that was not offered, 400 when the offers of
// extensions are malformed. REQUIRES: a RequestParser made `request`.
HandshakeReply MakeReply(const ws::Request& request,
                         const ws::Response& response,
                         const std::optional<ws::DeflateOptions>& deflate);

// The answer to a request that could not be read, or led to nothing. `method`:
// the request's, empty if it is not known.
std::string MakeRefusal(int status, std::string_view method = {});

}  // namespace eddy::internal

#endif  // EDDY_WS_SERVER_HANDSHAKE_H_
