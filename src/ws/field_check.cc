// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FieldCheck: names, values, and what is the library's.

#include "ws/field_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr std::array<std::string_view, 5> kOwnFields = {
    "Connection", "Upgrade", "Content-Length", "Content-Type",
    "Transfer-Encoding"};
constexpr std::string_view kOwnPrefix = "Sec-WebSocket-";

bool IsOwnField(std::string_view name) noexcept {
  return EqualsIgnoringCase(name.substr(0, kOwnPrefix.size()), kOwnPrefix) ||
         std::any_of(kOwnFields.begin(), kOwnFields.end(),
                     [name](std::string_view own) {
                       return EqualsIgnoringCase(name, own);
                     });
}

}  // namespace

bool IsFieldValue(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), IsValueChar);
}

Status CheckField(std::string_view name, std::string_view value) {
  if (!IsToken(name)) {
    return Status(Error::kInvalidArgument, "the name of a header is no token");
  }
  if (!IsFieldValue(value)) {
    return Status(Error::kInvalidArgument,
                  fmt::format("the value of {} has control characters", name));
  }
  if (IsOwnField(name)) {
    return Status(Error::kInvalidArgument,
                  fmt::format("the header {} is the library's", name));
  }
  return {};
}

}  // namespace eddy::internal
