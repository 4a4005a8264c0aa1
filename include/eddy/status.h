// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Status and Result: what a call that can fail says about it.

#ifndef EDDY_STATUS_H_
#define EDDY_STATUS_H_

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "eddy/export.h"

namespace eddy {

// The library's own causes; the operating system's come as errno values.
enum class Error {
  kClosed = 1,       // the connection, or what is behind a handle, is closed
  kStopped,          // the loop or server has stopped or is stopping
  kOutputLimit,      // unsent output would pass max_output_bytes
  kInputLimit,       // unread input passed max_input_bytes
  kIdleTimeout,      // no traffic in either direction for idle_timeout
  kWriteStall,       // the peer took no output for write_stall_timeout
  kAborted,          // this side called Abort
  kCloseTimeout,     // a closing connection outlasted its time limit
  kHandlerFailed,    // an exception left one of the user's callbacks
  kProtocol,         // the peer sent bytes that its protocol does not allow
  kNoMemory,         // memory ran out
  kUnsupported,      // this machine or build lacks what was asked for
  kInvalidArgument,  // a value that can never be right; message() says which
  kTimeout,          // the time allowed has passed
  kCancelled,        // cancelled by the caller
  kEndOfStream,      // the peer ended its stream
  kTornStream,       // a write ended in the middle: what follows would not fit
  kEmptyBuffer,      // a request with a buffer of no bytes
  kTooManyRequests,  // as many as are allowed are outstanding
  kWrongThread,      // this is for another thread
};

EDDY_EXPORT const std::error_category& ErrorCategory() noexcept;
EDDY_EXPORT std::error_code make_error_code(Error error) noexcept;

}  // namespace eddy

template <>
struct std::is_error_code_enum<eddy::Error> : std::true_type {};

namespace eddy {

// Status: success, or a code and a message with the context of the failure.
//
// One pointer wide; success allocates nothing, nor does a Status made from an
// Error alone. Copies share the text.
//
// Thread: distinct objects may be used on distinct threads, also copies of one
// another.
class EDDY_EXPORT Status {
 public:
  Status() noexcept = default;  // success
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error::kClosed;`
  Status(Error error) noexcept;
  // "context: what `code` says". Falls back to kNoMemory when memory for the
  // text cannot be had. REQUIRES: code is an error.
  Status(std::error_code code, std::string_view context) noexcept;
  // The same for a value of errno; 0 is success.
  static Status FromErrno(int error, std::string_view context = {}) noexcept;

  Status(const Status& other) noexcept;
  Status(Status&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}
  Status& operator=(const Status& other) noexcept;
  Status& operator=(Status&& other) noexcept {
    Status taken(std::move(other));  // so that assigning to itself is harmless
    std::swap(rep_, taken.rep_);
    return *this;
  }
  ~Status() {
    if (rep_ != nullptr) Release(rep_);
  }

  bool ok() const noexcept { return rep_ == nullptr; }
  // Zero for success; else a system errno or an eddy::Error, so that
  // `status.code() == eddy::Error::kClosed` and
  // `status.code() == std::errc::connection_reset` both read well.
  std::error_code code() const noexcept;
  // "ok", or for example "listen on 127.0.0.1:80: Permission denied".
  std::string message() const;

  // Two statuses are equal when their codes are.
  friend bool operator==(const Status& a, const Status& b) noexcept {
    return a.code() == b.code();
  }

 private:
  struct Rep;
  static void Release(const Rep* rep) noexcept;

  const Rep* rep_ = nullptr;
};

// Result<T>: a T, or the Status that says why there is none. Shaped like
// std::expected. Reading the value of a failed Result is undefined.
template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): `return value;` and
  // `return Error::kX;` are the point.
  Result(T value) : value_(std::move(value)) {}
  // REQUIRES: !status.ok().
  Result(Status status) noexcept : status_(std::move(status)) {}
  Result(Error error) noexcept : status_(error) {}
  // NOLINTEND(google-explicit-constructor)

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  // Success when there is a value.
  const Status& status() const noexcept { return status_; }

  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace eddy

#endif  // EDDY_STATUS_H_
