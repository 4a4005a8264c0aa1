// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Checks: how a broken precondition ends the program.

#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace eddy::internal {

void FailCheck(const char* file, int line, const char* message) noexcept {
  // Not through the log hook: that is the program's code, and the program has
  // just proved to be wrong.
  std::fprintf(stderr, "%s:%d: %s\n", file, line, message);
  std::abort();
}

}  // namespace eddy::internal
