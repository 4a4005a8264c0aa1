// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Request: looking up its headers.

#include "eddy/ws/request.h"

#include "ws/head_fields.h"

namespace eddy::ws {

std::optional<std::string_view> Request::Header(
    std::string_view name) const noexcept {
  const HeaderView* field = internal::FindField(headers_, name);
  if (field == nullptr) return std::nullopt;
  return field->value;
}

}  // namespace eddy::ws
