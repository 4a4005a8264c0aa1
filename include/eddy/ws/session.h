// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Session: one WebSocket, from the end of its handshake until OnClose.

#ifndef EDDY_WS_SESSION_H_
#define EDDY_WS_SESSION_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "eddy/bytes.h"
#include "eddy/connection.h"
#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/ws/close_code.h"
#include "eddy/ws/message.h"

namespace eddy::ws {

class PreparedMessage;
class SessionHandle;

// Session: an open WebSocket of a server or a client.
//
// Ownership: the library's. Programs hold a Session& during callbacks and a
//   SessionHandle otherwise.
// Thread: the connection's loop, checked in debug builds.
// Lifetime: valid until OnClose returns.
// Invariant: no call below runs a callback; they schedule.
class EDDY_EXPORT Session {
 public:
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Sends a message in one frame, compressed if that was agreed on. Text has to
  // be UTF-8, which is not checked: peers end the session otherwise.
  //
  // Returns: kClosed once the session closes; else what Connection::Send does.
  Status Send(MessageType type, std::span<const std::byte> bytes);
  Status Send(std::string_view text) {
    return Send(MessageType::kText, AsBytes(text));
  }
  template <ByteRange R>
  Status Send(MessageType type, const R& range) {
    return Send(type, AsBytes(range));
  }
  Status Send(Message message) { return Send(message.type, message.bytes); }
  Status Send(const PreparedMessage& message);
  // A char array is a buffer or a string; say which, as for Connection::Send.
  template <std::size_t kSize>
  Status Send(char (&array)[kSize]) = delete;
  template <std::size_t kSize>
  Status Send(MessageType type, char (&array)[kSize]) = delete;

  // Sends a ping; OnPong tells of the answer, and of those to the library's
  // pings, which are empty. kInvalidArgument: more than 125 bytes.
  Status Ping(std::span<const std::byte> bytes = {});

  // Begins the closing handshake: nothing is sent after it, no OnMessage comes
  // any more, and OnClose follows when the peer has answered, or at
  // close_timeout. Without effect on a session that closes already. Too long a
  // reason (above 123 bytes) is cut at a character.
  //
  // Returns: kInvalidArgument for a code that must not be sent, and a reason
  //   that is not UTF-8; then the session stays open.
  Status Close(CloseCode code = CloseCode::kNormal,
               std::string_view reason = {});
  // Ends the connection now, without a close.
  void Abort();

  // False from Close, or the loss of the connection, on.
  bool is_open() const noexcept;
  // As the connection's.
  bool is_writable() const noexcept { return connection_.is_writable(); }
  std::size_t output_size() const noexcept { return connection_.output_size(); }
  void PauseReading();
  void ResumeReading() { connection_.ResumeReading(); }
  bool is_reading_paused() const noexcept {
    return connection_.is_reading_paused();
  }
  EventLoop& loop() const noexcept { return connection_.loop(); }
  const Address& peer_address() const noexcept {
    return connection_.peer_address();
  }
  Address local_address() const { return connection_.local_address(); }

  // What was agreed on; empty: none.
  std::string_view subprotocol() const noexcept;
  bool is_compressed() const noexcept;

  // A weak reference for any thread.
  SessionHandle handle() const;

  // Per-session state, as Connection's.
  template <typename T, typename... Args>
  T& Emplace(Args&&... args) {
    return connection_.Emplace<T>(std::forward<Args>(args)...);
  }
  template <typename T>
  T* Get() const noexcept {
    return connection_.Get<T>();
  }
  template <typename T>
  bool Remove() noexcept {
    return connection_.Remove<T>();
  }

 protected:
  explicit Session(Connection& connection) noexcept : connection_(connection) {}
  ~Session() = default;

  Connection& connection_;
};

}  // namespace eddy::ws

#endif  // EDDY_WS_SESSION_H_
