// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Checks: broken preconditions end the program with a message.

#ifndef EDDY_BASE_CHECK_H_
#define EDDY_BASE_CHECK_H_

namespace eddy::internal {

// Writes "file:line: message" to stderr and aborts.
[[noreturn]] void FailCheck(const char* file, int line,
                            const char* message) noexcept;

}  // namespace eddy::internal

// EDDY_CHECK(condition, "what the caller did wrong and what to do instead").
#define EDDY_CHECK(condition, message) \
  ((condition) ? void()                \
               : ::eddy::internal::FailCheck(__FILE__, __LINE__, message))

// The same where it would cost too much in a release build.
#ifdef NDEBUG
#define EDDY_DCHECK(condition, message) void()
#else
#define EDDY_DCHECK(condition, message) EDDY_CHECK(condition, message)
#endif

#endif  // EDDY_BASE_CHECK_H_
