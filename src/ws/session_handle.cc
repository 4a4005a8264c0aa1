// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionHandle: a weak reference to a session, for any thread.

#include "eddy/ws/session_handle.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "ws/session_core.h"

namespace eddy::ws {

using internal::SessionCore;

Status SessionHandle::Send(PreparedMessage message, bool is_only) const {
  const std::size_t size = message.bytes().size();
  return connection_.Post(
      [sent = std::move(message), is_only](Connection& connection) {
        auto* const session = SessionCore::OpenOne(connection);
        if (session == nullptr) return;
        if (is_only) {
          session->DoSendOnce(sent.frame());
        } else {
          session->DoSend(sent.frame());
        }
      },
      size);
}

Status SessionHandle::Close(CloseCode code, std::string_view reason) const {
  Status status = SessionCore::CheckClose(code, reason);
  if (!status.ok()) return status;
  // Also to one that is about to end: then it tells that this was wanted.
  return connection_.Post(
      [code, text = std::string(reason)](Connection& connection) {
        auto* const session = connection.Get<SessionCore>();
        if (session != nullptr) session->DoClose(code, text);
      });
}

Status SessionHandle::Post(UniqueFunction<void(Session&)> function) const {
  EDDY_CHECK(function, "SessionHandle::Post was given an empty function");
  return connection_.Post(
      [call = std::move(function)](Connection& connection) mutable {
        if (auto* session = SessionCore::OpenOne(connection)) call(*session);
      });
}

Session* SessionHandle::Find() const noexcept {
  Connection* const connection = connection_.Find();
  return connection == nullptr ? nullptr : SessionCore::OpenOne(*connection);
}

}  // namespace eddy::ws
