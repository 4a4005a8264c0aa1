// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionHandle: a weak reference to a connection, for any thread.

#include "eddy/connection_handle.h"

#include <utility>

#include "net/connection_set.h"
#include "net/mailbox.h"
#include "net/stream_connection.h"

namespace eddy {

using internal::StreamConnection;

namespace {

// What was reserved for bytes on their way has come to its connection.
void Arrive(StreamConnection& connection, std::size_t bytes) noexcept {
  connection.set().mailbox().Unreserve(connection.own_handle(), bytes);
}

}  // namespace

Status ConnectionHandle::Send(std::span<const std::byte> bytes) const {
  return Send(Payload(bytes));
}

Status ConnectionHandle::Send(std::string_view text) const {
  return Send(Payload(text));
}

Status ConnectionHandle::Send(Payload payload) const {
  if (mailbox_ == nullptr) return Error::kClosed;
  Status status = mailbox_->Reserve(*this, payload.size());
  if (!status.ok()) return status;
  return mailbox_->Deliver(
      *this, [bytes = std::move(payload)](StreamConnection* connection) {
        if (connection == nullptr) return;
        Arrive(*connection, bytes.size());
        connection->DoSend(bytes);
      });
}

Status ConnectionHandle::Send(std::span<const std::byte> bytes,
                              SendCallback done) const {
  if (mailbox_ == nullptr) return Error::kClosed;
  Status status = mailbox_->Reserve(*this, bytes.size());
  if (!status.ok()) return status;
  return mailbox_->Deliver(*this, [bytes, call = std::move(done)](
                                      StreamConnection* connection) mutable {
    Status sent = Error::kClosed;
    if (connection != nullptr) {
      Arrive(*connection, bytes.size());
      sent = connection->DoSend(bytes, std::move(call));
    }
    // DoSend has left it alone then. NOLINTNEXTLINE(bugprone-use-after-move)
    if (!sent.ok()) call(sent);
  });
}

Status ConnectionHandle::Send(std::string_view text, SendCallback done) const {
  return Send(std::as_bytes(std::span(text)), std::move(done));
}

Status ConnectionHandle::Close() const {
  return Post([](Connection& connection) { connection.Close(); });
}

Status ConnectionHandle::Abort() const {
  return Post([](Connection& connection) { connection.Abort(); });
}

Status ConnectionHandle::Post(
    UniqueFunction<void(Connection&)> function) const {
  if (mailbox_ == nullptr) return Error::kClosed;
  return mailbox_->Deliver(*this, [call = std::move(function)](
                                      StreamConnection* connection) mutable {
    if (connection != nullptr) call(*connection);
  });
}

bool ConnectionHandle::is_open() const noexcept {
  return mailbox_ != nullptr && mailbox_->is_open(*this);
}

}  // namespace eddy
