// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FieldCheck: which headers a program may add to a head.

#ifndef EDDY_WS_FIELD_CHECK_H_
#define EDDY_WS_FIELD_CHECK_H_

#include <string_view>

#include "eddy/status.h"

namespace eddy::internal {

// Whether `value` can be that of a header: without control characters, so that
// it can't end the line and begin another.
bool IsFieldValue(std::string_view value) noexcept;

// kInvalidArgument for a header that can't be sent, or that the library makes
// itself.
Status CheckField(std::string_view name, std::string_view value);

}  // namespace eddy::internal

#endif  // EDDY_WS_FIELD_CHECK_H_
