// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ExtensionList: what Sec-WebSocket-Extensions says.

#ifndef EDDY_WS_EXTENSION_LIST_H_
#define EDDY_WS_EXTENSION_LIST_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ws/head_fields.h"

namespace eddy::internal {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string> value;  // without its quotes
};

// Extension: an offer, or what a server agreed to.
struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

// All extensions of all such headers, in their order (RFC 6455, 9.1); borrowed
// from them. nullopt: malformed.
std::optional<std::vector<Extension>> ParseExtensions(FieldSpan fields);

}  // namespace eddy::internal

#endif  // EDDY_WS_EXTENSION_LIST_H_
