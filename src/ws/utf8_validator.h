// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Utf8Validator: whether bytes that come in pieces are UTF-8.

#ifndef EDDY_WS_UTF8_VALIDATOR_H_
#define EDDY_WS_UTF8_VALIDATOR_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace eddy::internal {

// Utf8Validator: an automaton after RFC 3629, a byte of state.
class Utf8Validator {
 public:
  // False as soon as no further bytes could make what was fed valid: for
  // surrogates, overlong forms and numbers above U+10FFFF that is their second
  // byte at the latest. It stays false then.
  [[nodiscard]] bool Feed(std::span<const std::byte> bytes) noexcept;

  // Whether what was fed ends between two characters.
  bool is_complete() const noexcept { return state_ == 0; }

 private:
  std::uint8_t state_ = 0;
};

bool IsUtf8(std::span<const std::byte> bytes) noexcept;

}  // namespace eddy::internal

#endif  // EDDY_WS_UTF8_VALIDATOR_H_
