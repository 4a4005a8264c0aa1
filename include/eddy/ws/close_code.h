// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// CloseCode: why a WebSocket session ended.

#ifndef EDDY_WS_CLOSE_CODE_H_
#define EDDY_WS_CLOSE_CODE_H_

#include <cstdint>

namespace eddy::ws {

// CloseCode: the status codes of RFC 6455, 7.4, and of IANA's registry. Codes
// from 3000 to 4999 are for programs: CloseCode{4000}.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,  // a server that stops, a page that is left
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kNoStatus = 1005,        // the peer gave none; never sent
  kAbnormal = 1006,        // the stream ended without a close; never sent
  kInvalidPayload = 1007,  // text that is not UTF-8
  kPolicyViolation = 1008,
  kTooBig = 1009,
  kExtensionRequired = 1010,
  kInternalError = 1011,
  kServiceRestart = 1012,
  kTryAgainLater = 1013,
  kBadGateway = 1014,
  kTlsFailure = 1015,  // never sent
};

// Whether a close frame may carry `code`.
constexpr bool MayBeSent(CloseCode code) noexcept {
  const auto value = static_cast<std::uint16_t>(code);
  return (value >= 1000 && value <= 1003) || (value >= 1007 && value <= 1014) ||
         (value >= 3000 && value <= 4999);
}

}  // namespace eddy::ws

#endif  // EDDY_WS_CLOSE_CODE_H_
