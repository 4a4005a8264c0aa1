// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Version: the version that the library was built as.

#include "eddy/version.h"

namespace eddy {

const char* Version() noexcept { return EDDY_VERSION; }

}  // namespace eddy
