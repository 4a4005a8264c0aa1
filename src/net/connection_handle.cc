// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionHandle: a weak reference to a connection, for any thread.

#include "eddy/connection_handle.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "base/check.h"
#include "net/connection_set.h"
#include "net/mailbox.h"
#include "net/stream_connection.h"

namespace eddy {

using internal::StreamConnection;

namespace {

// What a message on its way counts: its bytes, and about what it takes beside
// them. No limit allows the largest sizes.
constexpr std::size_t CostOf(std::size_t bytes) noexcept {
  constexpr std::size_t kMessageBytes = 128;
  return bytes > SIZE_MAX - kMessageBytes ? SIZE_MAX : bytes + kMessageBytes;
}

// Delivers what brings `bytes` to the connection, within the limit of what may
// be on its way there.
template <typename Function>
Status SendOff(internal::Mailbox& mailbox, const ConnectionHandle& handle,
               std::size_t bytes, Function&& function) {
  Status status = mailbox.Reserve(handle, CostOf(bytes));
  if (!status.ok()) return status;
  try {
    return mailbox.Deliver(handle, std::forward<Function>(function));
  } catch (const std::bad_alloc&) {
    mailbox.Unreserve(handle, CostOf(bytes));
    throw;
  }
}

// They have come to it.
void Arrive(StreamConnection& connection, std::size_t bytes) noexcept {
  connection.set().mailbox().Unreserve(connection.own_handle(), CostOf(bytes));
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
  const std::size_t size = payload.size();
  return SendOff(*mailbox_, *this, size,
                 [bytes = std::move(payload)](StreamConnection* connection) {
                   if (connection == nullptr) return;
                   Arrive(*connection, bytes.size());
                   connection->DoSend(bytes);
                 });
}

Status ConnectionHandle::Send(std::span<const std::byte> bytes,
                              SendCallback done) const {
  EDDY_CHECK(done, "ConnectionHandle::Send was given an empty callback");
  if (mailbox_ == nullptr) return Error::kClosed;
  auto arrive = [bytes,
                 call = std::move(done)](StreamConnection* connection) mutable {
    Status sent = Error::kClosed;
    if (connection != nullptr) {
      Arrive(*connection, bytes.size());
      sent = connection->DoSend(bytes, std::move(call));
    }
    // DoSend has left it alone then. NOLINTNEXTLINE(bugprone-use-after-move)
    if (!sent.ok()) call(sent);
  };
  return SendOff(*mailbox_, *this, bytes.size(), std::move(arrive));
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
  EDDY_CHECK(function, "ConnectionHandle::Post was given an empty function");
  if (mailbox_ == nullptr) return Error::kClosed;
  return mailbox_->Deliver(*this, [call = std::move(function)](
                                      StreamConnection* connection) mutable {
    if (connection != nullptr) call(*connection);
  });
}

Status ConnectionHandle::Post(UniqueFunction<void(Connection&)> function,
                              std::size_t bytes) const {
  EDDY_CHECK(function, "ConnectionHandle::Post was given an empty function");
  if (mailbox_ == nullptr) return Error::kClosed;
  return SendOff(*mailbox_, *this, bytes,
                 [bytes, call = std::move(function)](
                     StreamConnection* connection) mutable {
                   if (connection == nullptr) return;
                   Arrive(*connection, bytes);
                   call(*connection);
                 });
}

Connection* ConnectionHandle::Find() const noexcept {
  if (mailbox_ == nullptr) return nullptr;
  StreamConnection* const connection = mailbox_->FindHere(*this);
  return connection != nullptr && connection->DoIsOpen() ? connection : nullptr;
}

bool ConnectionHandle::is_open() const noexcept {
  return mailbox_ != nullptr && mailbox_->is_open(*this);
}

}  // namespace eddy
