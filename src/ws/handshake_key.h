// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HandshakeKey: what a client sends, and what proves that a server read it.

#ifndef EDDY_WS_HANDSHAKE_KEY_H_
#define EDDY_WS_HANDSHAKE_KEY_H_

#include <string>
#include <string_view>

namespace eddy::internal {

// 16 random bytes in base64.
std::string MakeHandshakeKey();

// Whether `key` is base64 of 16 bytes.
bool IsHandshakeKey(std::string_view key) noexcept;

// Sec-WebSocket-Accept for `key` (RFC 6455, 4.2.2). Throws std::bad_alloc.
std::string AcceptKey(std::string_view key);

}  // namespace eddy::internal

#endif  // EDDY_WS_HANDSHAKE_KEY_H_
