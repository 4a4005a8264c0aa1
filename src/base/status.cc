// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Status: its shared text, and what each eddy::Error says.

#include "eddy/status.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <new>

#include "base/check.h"

namespace eddy {
namespace {

class Category final : public std::error_category {
 public:
  constexpr Category() noexcept = default;
  const char* name() const noexcept override { return "eddy"; }
  std::string message(int value) const override;
};

std::string Category::message(int value) const {
  switch (static_cast<Error>(value)) {
    case Error::kClosed:
      return "closed";
    case Error::kStopped:
      return "stopped";
    case Error::kOutputLimit:
      return "too much unsent output";
    case Error::kInputLimit:
      return "too much unread input";
    case Error::kIdleTimeout:
      return "idle for too long";
    case Error::kWriteStall:
      return "the peer takes no output";
    case Error::kAborted:
      return "aborted by this side";
    case Error::kCloseTimeout:
      return "closing took too long";
    case Error::kHandlerFailed:
      return "an exception left a callback";
    case Error::kProtocol:
      return "protocol error";
    case Error::kNoMemory:
      return "out of memory";
    case Error::kUnsupported:
      return "not supported";
    case Error::kInvalidArgument:
      return "invalid argument";
    case Error::kTimeout:
      return "timed out";
    case Error::kCancelled:
      return "cancelled";
    case Error::kEndOfStream:
      return "the peer ended its stream";
    case Error::kTornStream:
      return "an earlier write ended in the middle";
    case Error::kEmptyBuffer:
      return "the buffer is empty";
    case Error::kTooManyRequests:
      return "too many outstanding requests";
    case Error::kWrongThread:
      return "called on the wrong thread";
  }
  return "unknown error " + std::to_string(value);
}

// Codes are compared and printed until the very end of a program, also by the
// destructors of its static objects, so the category has none that runs.
union ImmortalCategory {
  constexpr ImmortalCategory() noexcept : category() {}
  ~ImmortalCategory() {}

  Category category;
};

constinit const ImmortalCategory immortal;

}  // namespace

const std::error_category& ErrorCategory() noexcept {
  return immortal.category;
}

std::error_code make_error_code(Error error) noexcept {
  return {static_cast<int>(error), ErrorCategory()};
}

// Rep: a code, with the context's characters right behind it.
//
// Thread: any; nothing but the count changes.
struct Status::Rep {
  static constexpr std::uint32_t kImmortal = 0;

  // Without context, never freed.
  constexpr explicit Rep(Error error) noexcept
      : references(kImmortal),
        value(static_cast<int>(error)),
        category(&immortal.category),
        context_bytes(0) {}
  Rep(std::error_code code, std::size_t size) noexcept
      : references(1),
        value(code.value()),
        category(&code.category()),
        context_bytes(size) {}

  bool is_immortal() const noexcept {
    return references.load(std::memory_order_relaxed) == kImmortal;
  }
  const char* context() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }

  mutable std::atomic<std::uint32_t> references;
  int value;
  const std::error_category* category;
  std::size_t context_bytes;
};

Status::Status(Error error) noexcept {
  // In the order of the enumerators.
  static constinit const Rep reps[] = {
      Rep(Error::kClosed),          Rep(Error::kStopped),
      Rep(Error::kOutputLimit),     Rep(Error::kInputLimit),
      Rep(Error::kIdleTimeout),     Rep(Error::kWriteStall),
      Rep(Error::kAborted),         Rep(Error::kCloseTimeout),
      Rep(Error::kHandlerFailed),   Rep(Error::kProtocol),
      Rep(Error::kNoMemory),        Rep(Error::kUnsupported),
      Rep(Error::kInvalidArgument), Rep(Error::kTimeout),
      Rep(Error::kCancelled),       Rep(Error::kEndOfStream),
      Rep(Error::kTornStream),      Rep(Error::kEmptyBuffer),
      Rep(Error::kTooManyRequests), Rep(Error::kWrongThread),
  };
  static_assert(std::size(reps) ==
                static_cast<std::size_t>(Error::kWrongThread));
  const auto index = static_cast<std::size_t>(error) - 1;
  EDDY_CHECK(index < std::size(reps),
             "a Status was made from a number that is no eddy::Error");
  rep_ = &reps[index];
}

Status::Status(std::error_code code, std::string_view context) noexcept {
  EDDY_DCHECK(code, "a Status with context needs the code of an error");
  void* memory = ::operator new(sizeof(Rep) + context.size(), std::nothrow);
  if (memory == nullptr) {
    *this = Status(Error::kNoMemory);
    return;
  }
  rep_ = ::new (memory) Rep(code, context.size());
  std::copy(context.begin(), context.end(),
            static_cast<char*>(memory) + sizeof(Rep));
}

Status Status::FromErrno(int error, std::string_view context) noexcept {
  if (error == 0) return {};
  return Status(std::error_code(error, std::generic_category()), context);
}

Status::Status(const Status& other) noexcept : rep_(other.rep_) {
  if (rep_ != nullptr && !rep_->is_immortal()) {
    rep_->references.fetch_add(1, std::memory_order_relaxed);
  }
}

Status& Status::operator=(const Status& other) noexcept {
  return *this = Status(other);
}

void Status::Release(const Rep* rep) noexcept {
  if (rep->is_immortal()) return;
  // Acquire and release: the last owner frees what all others have read.
  if (rep->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  rep->~Rep();
  ::operator delete(const_cast<Rep*>(rep));
}

std::error_code Status::code() const noexcept {
  if (ok()) return {};
  return {rep_->value, *rep_->category};
}

std::string Status::message() const {
  if (ok()) return "ok";
  if (rep_->context_bytes == 0) return code().message();
  return std::string(rep_->context(), rep_->context_bytes) + ": " +
         code().message();
}

}  // namespace eddy
