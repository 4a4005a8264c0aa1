// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Log hook: where the library's own messages go.

#ifndef EDDY_LOG_H_
#define EDDY_LOG_H_

#include <string_view>

#include "eddy/export.h"
#include "eddy/unique_function.h"

namespace eddy {

enum class Level { kDebug, kInfo, kWarning, kError };

using Logger = UniqueFunction<void(Level, std::string_view message)>;

// Sends the library's messages of at least `threshold` to `logger`; an empty
// one restores the default, which writes to stderr from warnings on.
//
// Thread: any. The logger is called by one thread at a time, on whichever
// thread has something to say, and must not call the library.
EDDY_EXPORT void SetLogger(Logger logger, Level threshold = Level::kWarning);

}  // namespace eddy

#endif  // EDDY_LOG_H_
