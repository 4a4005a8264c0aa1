// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Session: the public face of SessionCore.

#include "eddy/ws/session.h"

#include "base/check.h"
#include "eddy/event_loop.h"
#include "eddy/ws/prepared_message.h"
#include "eddy/ws/session_handle.h"
#include "loop/loop_core.h"
#include "ws/session_core.h"

namespace eddy::ws {

using internal::SessionCore;

namespace {

SessionCore& CoreOf(Session& session) {
  EDDY_DCHECK(internal::LoopCore::Of(session.loop()).MayTouch(),
              "a Session was used on another thread than its loop's; "
              "use its handle()");
  return SessionCore::Of(session);
}

}  // namespace

Status Session::Send(MessageType type, std::span<const std::byte> bytes) {
  return CoreOf(*this).DoSend(type, bytes);
}

Status Session::Send(const PreparedMessage& message) {
  return CoreOf(*this).DoSend(message.frame());
}

Status Session::Ping(std::span<const std::byte> bytes) {
  return CoreOf(*this).DoPing(bytes);
}

Status Session::Close(CloseCode code, std::string_view reason) {
  return CoreOf(*this).DoClose(code, reason);
}

void Session::Abort() { CoreOf(*this).DoAbort(); }

// Once it closes, the peer's answer must be heard.
void Session::PauseReading() {
  if (is_open()) connection_.PauseReading();
}

bool Session::is_open() const noexcept {
  return SessionCore::Of(*this).is_open();
}

std::string_view Session::subprotocol() const noexcept {
  return SessionCore::Of(*this).subprotocol();
}

bool Session::is_compressed() const noexcept {
  return SessionCore::Of(*this).is_compressed();
}

SessionHandle Session::handle() const {
  return SessionHandle(connection_.handle());
}

}  // namespace eddy::ws
