// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PreparedMessage: a message that is framed once and sent to many.

#ifndef EDDY_WS_PREPARED_MESSAGE_H_
#define EDDY_WS_PREPARED_MESSAGE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "eddy/bytes.h"
#include "eddy/export.h"
#include "eddy/ws/message.h"

namespace eddy::internal {
class PreparedFrame;
}  // namespace eddy::internal

namespace eddy::ws {

// PreparedMessage: a counted reference to a message that never changes.
//
// Sending it to a session of a server copies nothing: all send the same bytes.
// For sessions that compress, it is compressed once for each size of their
// windows, of which there are seven, by the first of them. A client must mask
// each message anew, so that it copies them.
//
// Thread: distinct objects may be used on distinct threads, also copies of one
// another.
class EDDY_EXPORT PreparedMessage {
 public:
  // Copies the bytes. Throws std::bad_alloc. REQUIRES of text: UTF-8; peers end
  // the session otherwise.
  PreparedMessage(MessageType type, std::span<const std::byte> bytes);
  explicit PreparedMessage(std::string_view text)
      : PreparedMessage(MessageType::kText, AsBytes(text)) {}
  // A char array is a buffer or a string; say which.
  template <std::size_t kSize>
  explicit PreparedMessage(char (&array)[kSize]) = delete;

  MessageType type() const noexcept;
  std::span<const std::byte> bytes() const noexcept;

 private:
  friend class Session;
  friend class SessionHandle;

  const internal::PreparedFrame& frame() const noexcept;

  std::shared_ptr<internal::PreparedFrame> frame_;
};

}  // namespace eddy::ws

#endif  // EDDY_WS_PREPARED_MESSAGE_H_
