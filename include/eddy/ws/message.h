// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Message: what WebSocket peers send each other.

#ifndef EDDY_WS_MESSAGE_H_
#define EDDY_WS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "eddy/bytes.h"

namespace eddy::ws {

enum class MessageType : std::uint8_t { kText = 1, kBinary = 2 };

// Message: a whole message, its fragments joined, inflated if it came
// compressed. Text is valid UTF-8. The bytes are borrowed until the callback
// that got them returns.
struct Message {
  MessageType type = MessageType::kBinary;
  std::span<const std::byte> bytes;

  bool is_text() const noexcept { return type == MessageType::kText; }
  std::string_view text() const noexcept { return AsText(bytes); }
};

}  // namespace eddy::ws

#endif  // EDDY_WS_MESSAGE_H_
