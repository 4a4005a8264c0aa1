// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Url: taking it to pieces.

#include "ws/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr std::uint16_t kDefaultPort = 80;

Status InvalidUrl(std::string_view what) {
  return Status(Error::kInvalidArgument, fmt::format("URL: {}", what));
}

bool TakeScheme(std::string_view& url, std::string_view scheme) noexcept {
  if (!EqualsIgnoringCase(url.substr(0, scheme.size()), scheme)) return false;
  url.remove_prefix(scheme.size());
  return true;
}

// Nothing behind the colon means the default (RFC 3986, 3.2.3).
std::optional<std::uint16_t> ParsePort(std::string_view text) noexcept {
  if (text.empty()) return kDefaultPort;
  std::uint16_t port = 0;
  const char* const begin = &text.front();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, port);
  if (error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

// What a request's first line has for the path and query of a URL.
Result<std::string> ParseTarget(std::string_view text) {
  if (text.find('#') != text.npos) return InvalidUrl("it has a fragment");
  if (!std::all_of(text.begin(), text.end(), IsTargetChar)) {
    return InvalidUrl("it has characters that must be escaped");
  }
  return text.starts_with('/') ? std::string(text) : fmt::format("/{}", text);
}

// Where the host ends: before the colon, or behind the bracket.
std::size_t FindHostEnd(std::string_view authority) noexcept {
  if (!authority.starts_with('[')) {
    return std::min(authority.find(':'), authority.size());
  }
  const std::size_t bracket = authority.find(']');
  return bracket == authority.npos ? 0 : bracket + 1;
}

bool IsHostOfUrl(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    host.remove_prefix(1);
    host.remove_suffix(1);
  }
  return IsHost(host) && host.find_first_of("[]") == host.npos;
}

// The name of an interface means nothing to the peer (RFC 6874, 4).
std::string WithoutZone(std::string_view host) {
  const std::size_t percent = host.find('%');
  if (!host.starts_with('[') || percent == host.npos) return std::string(host);
  return fmt::format("{}]", host.substr(0, percent));
}

Result<Url> ParseTcpUrl(std::string_view rest) {
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != authority.npos) {
    return InvalidUrl("a user's name belongs in a header");
  }
  const std::size_t host_end = FindHostEnd(authority);
  const std::string_view host = authority.substr(0, host_end);
  if (!IsHostOfUrl(host)) return InvalidUrl("no host");
  std::string_view port_text = authority.substr(host_end);
  if (!port_text.empty() && !port_text.starts_with(':')) {
    return InvalidUrl("no port after the host");
  }
  port_text.remove_prefix(std::min(port_text.size(), std::size_t{1}));
  const auto port = ParsePort(port_text);
  if (!port) return InvalidUrl("a port is a number from 1 to 65535");
  auto target = ParseTarget(rest.substr(end));
  if (!target) return target.status();

  std::string host_field = WithoutZone(host);
  if (*port != kDefaultPort) host_field += fmt::format(":{}", *port);
  return Url{.address = fmt::format("{}:{}", host, *port),
             .host = std::move(host_field),
             .target = *std::move(target)};
}

Result<Url> ParseUnixUrl(std::string_view rest) {
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view file = rest.substr(0, colon);
  if (file.empty()) return InvalidUrl("no path of a socket");
  if (!std::all_of(file.begin(), file.end(), IsValueChar)) {
    return InvalidUrl("the path of the socket has control characters");
  }
  const std::size_t begin = std::min(colon + 1, rest.size());
  auto target = ParseTarget(rest.substr(begin));
  if (!target) return target.status();
  return Url{.address = fmt::format("unix:{}", file),
             .host = "localhost",
             .target = *std::move(target)};
}

}  // namespace

Result<Url> ParseUrl(std::string_view url) {
  if (TakeScheme(url, "ws://")) return ParseTcpUrl(url);
  if (TakeScheme(url, "ws+unix:")) return ParseUnixUrl(url);
  if (TakeScheme(url, "wss://")) {
    return Status(Error::kUnsupported, "URL: no TLS yet, so no wss");
  }
  return InvalidUrl("it does not begin with ws://");
}

}  // namespace eddy::internal
