// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionHandle: a weak reference to a session, for any thread.

#ifndef EDDY_WS_SESSION_HANDLE_H_
#define EDDY_WS_SESSION_HANDLE_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "eddy/bytes.h"
#include "eddy/connection_handle.h"
#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"
#include "eddy/ws/close_code.h"
#include "eddy/ws/message.h"
#include "eddy/ws/prepared_message.h"

namespace eddy::ws {

class Session;

// SessionHandle: names one session, for ever.
//
// Ownership: keeps neither the session nor its server; it may outlive both.
// Thread: any. What one thread asks for through one handle happens in order.
class EDDY_EXPORT SessionHandle {
 public:
  SessionHandle() noexcept = default;  // names nothing: kClosed

  // Session's, from any thread; what is on its way counts against
  // max_output_bytes. They return kClosed when the connection is closed, and
  // kOutputLimit as ConnectionHandle::Send. Ok is no promise that the session
  // is open when they get there. Throw std::bad_alloc.
  Status Send(MessageType type, std::span<const std::byte> bytes) const {
    return Send(PreparedMessage(type, bytes), true);
  }
  Status Send(std::string_view text) const {
    return Send(MessageType::kText, AsBytes(text));
  }
  template <ByteRange R>
  Status Send(MessageType type, const R& range) const {
    return Send(type, AsBytes(range));
  }
  Status Send(PreparedMessage message) const {
    return Send(std::move(message), false);
  }
  template <std::size_t kSize>
  Status Send(char (&array)[kSize]) const = delete;
  template <std::size_t kSize>
  Status Send(MessageType type, char (&array)[kSize]) const = delete;
  // kInvalidArgument as Session::Close.
  Status Close(CloseCode code = CloseCode::kNormal,
               std::string_view reason = {}) const;
  Status Abort() const { return connection_.Abort(); }

  // Calls `function` on the session's loop, if the session is open then; else
  // destroys it uncalled. kClosed: it was not and will not be called. Throws
  // std::bad_alloc.
  Status Post(UniqueFunction<void(Session&)> function) const;
  // On the session's loop: the session while it is open, else nullptr. On other
  // threads nullptr.
  Session* Find() const noexcept;

  // A hint: what was true of the connection when asked.
  bool is_open() const noexcept { return connection_.is_open(); }

  friend bool operator==(const SessionHandle& a,
                         const SessionHandle& b) noexcept = default;
  std::size_t Hash() const noexcept { return connection_.Hash(); }

 private:
  friend class Client;
  friend class Session;
  explicit SessionHandle(ConnectionHandle connection) noexcept
      : connection_(std::move(connection)) {}

  // `is_only`: nobody else is sent it.
  Status Send(PreparedMessage message, bool is_only) const;

  ConnectionHandle connection_;
};

}  // namespace eddy::ws

template <>
struct std::hash<eddy::ws::SessionHandle> {
  std::size_t operator()(const eddy::ws::SessionHandle& handle) const noexcept {
    return handle.Hash();
  }
};

#endif  // EDDY_WS_SESSION_HANDLE_H_
