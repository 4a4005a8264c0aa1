// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HttpStatus: what a status is called.

#ifndef EDDY_WS_HTTP_STATUS_H_
#define EDDY_WS_HTTP_STATUS_H_

#include <string_view>

namespace eddy::internal {

// The reason phrase of RFC 9110 and the registry; empty if it is not known,
// which is a reason phrase as well.
std::string_view ReasonPhrase(int status) noexcept;

}  // namespace eddy::internal

#endif  // EDDY_WS_HTTP_STATUS_H_
