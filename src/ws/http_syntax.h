// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HttpSyntax: which characters may stand where in an HTTP head (RFC 9110).

#ifndef EDDY_WS_HTTP_SYNTAX_H_
#define EDDY_WS_HTTP_SYNTAX_H_

#include <string_view>

namespace eddy::internal {

constexpr bool IsDigit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool IsAsciiLetter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Of methods, the names of headers, subprotocols and the like.
constexpr bool IsTokenChar(char c) noexcept {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return IsAsciiLetter(c) || IsDigit(c) || kOthers.find(c) != kOthers.npos;
}

// Of the values of headers. Bytes from 0x80 on mean nothing to HTTP, but are
// allowed.
constexpr bool IsValueChar(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

// Of the target of a request, and so of what follows the host in a URL.
constexpr bool IsTargetChar(char c) noexcept {
  return c > 0x20 && c < 0x7F && c != '#';
}

// Of a host with or without a port (RFC 3986).
constexpr bool IsHostChar(char c) noexcept {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=%:[]";
  return IsAsciiLetter(c) || IsDigit(c) || kOthers.find(c) != kOthers.npos;
}

bool IsToken(std::string_view text) noexcept;
bool IsHost(std::string_view text) noexcept;  // with or without a port

// Whether they are the same but for the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b) noexcept;

// `text` without the blanks around it.
std::string_view TrimBlanks(std::string_view text) noexcept;

}  // namespace eddy::internal

#endif  // EDDY_WS_HTTP_SYNTAX_H_
