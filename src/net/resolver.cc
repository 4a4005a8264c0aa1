// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Resolver: from the text of an address to where to connect.

#include "net/resolver.h"

#include <fmt/format.h>

#include <algorithm>

namespace eddy::internal {
namespace {

bool IsLetter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsPartOfName(char c) noexcept {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

// Whether `address` reads "name:port", for a name that is no number.
bool IsHostName(std::string_view address) noexcept {
  constexpr std::string_view kScheme = "tcp://";
  if (address.starts_with(kScheme)) address.remove_prefix(kScheme.size());
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = address.substr(0, colon);
  return std::ranges::any_of(host, IsLetter) &&
         std::ranges::all_of(host, IsPartOfName);
}

}  // namespace

void LiteralResolver::Resolve(std::string_view address, ResolveSink& sink) {
  auto parsed = Address::Parse(address);
  if (!parsed && parsed.status().code() == Error::kInvalidArgument &&
      !address.starts_with("unix:") && IsHostName(address)) {
    parsed =
        Status(Error::kUnsupported,
               "the name of a host is not looked up, an IP address is wanted");
  }
  sink.OnResolved(std::move(parsed));
}

}  // namespace eddy::internal
