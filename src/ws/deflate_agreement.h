// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DeflateAgreement: what two peers settle for permessage-deflate (RFC 7692).

#ifndef EDDY_WS_DEFLATE_AGREEMENT_H_
#define EDDY_WS_DEFLATE_AGREEMENT_H_

#include <optional>
#include <string>
#include <string_view>

#include "eddy/status.h"
#include "eddy/ws/options.h"
#include "ws/head_fields.h"

namespace eddy::internal {

// DeflateAgreement: what either side does when it compresses. The bits of what
// the peer compresses are those to inflate with, and may be more than it uses.
struct DeflateAgreement {
  bool server_keeps_context = false;
  bool client_keeps_context = false;
  int server_window_bits = 15;  // 9 to 15
  // 9 to 15; of a client 8, too, which can't be compressed with.
  int client_window_bits = 15;

  friend bool operator==(const DeflateAgreement&,
                         const DeflateAgreement&) = default;
};

// DeflateAnswer: what a server agreed to, and how it says so.
struct DeflateAnswer {
  DeflateAgreement agreement;
  std::string text;  // the value of Sec-WebSocket-Extensions
};

// The server's answer to the first offer in `fields` that it can keep to;
// nullopt if there is none. kProtocol: the header is malformed.
Result<std::optional<DeflateAnswer>> AnswerDeflateOffers(
    FieldSpan fields, const ws::DeflateOptions& options);

// The client's offer: the value of Sec-WebSocket-Extensions.
std::string DeflateOffer(const ws::DeflateOptions& options);

// DeflateVerdict: what a client makes of the server's answer.
struct DeflateVerdict {
  std::optional<DeflateAgreement> agreement;  // none: nothing is compressed
  std::string_view complaint;  // what the server does wrong, if it does
};

// Judges the answer in `fields` to the offer made of `options` (none: nothing
// was offered).
DeflateVerdict ReadDeflateAnswer(
    FieldSpan fields, const std::optional<ws::DeflateOptions>& options);

}  // namespace eddy::internal

#endif  // EDDY_WS_DEFLATE_AGREEMENT_H_
