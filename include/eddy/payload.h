// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Payload: immutable bytes that many connections can send without copying.

#ifndef EDDY_PAYLOAD_H_
#define EDDY_PAYLOAD_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "eddy/bytes.h"
#include "eddy/export.h"

namespace eddy {

// Payload: a counted reference to bytes that never change.
//
// Copying one copies the reference. The bytes live until the last reference is
// gone, which may be on any thread.
//
// Thread: distinct objects may be used on distinct threads, also copies of one
// another.
class EDDY_EXPORT Payload {
 public:
  Payload() noexcept = default;  // empty
  // Copies `bytes`. Throws std::bad_alloc.
  explicit Payload(std::span<const std::byte> bytes);
  explicit Payload(std::string_view text);
  // Copies `head`, and `body` behind it.
  Payload(std::span<const std::byte> head, std::span<const std::byte> body);
  template <ByteRange R>
  explicit Payload(const R& range) : Payload(AsBytes(range)) {}
  // A char array is a buffer or a string; say which.
  template <std::size_t kSize>
  explicit Payload(char (&array)[kSize]) = delete;

  Payload(const Payload& other) noexcept;
  Payload(Payload&& other) noexcept
      : rep_(std::exchange(other.rep_, nullptr)) {}
  Payload& operator=(const Payload& other) noexcept;
  Payload& operator=(Payload&& other) noexcept;
  ~Payload();

  std::span<const std::byte> bytes() const noexcept;
  std::size_t size() const noexcept { return bytes().size(); }
  bool empty() const noexcept { return size() == 0; }

 private:
  struct Rep;
  static void Release(Rep* rep) noexcept;

  Rep* rep_ = nullptr;
};

}  // namespace eddy

#endif  // EDDY_PAYLOAD_H_
