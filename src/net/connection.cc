// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Connection: the public face of StreamConnection, and the user's state.

#include "eddy/connection.h"

#include <utility>

#include "base/check.h"
#include "eddy/connection_handle.h"
#include "eddy/event_loop.h"
#include "eddy/payload.h"
#include "eddy/ring_buffer.h"
#include "net/connection_set.h"
#include "net/stream_connection.h"
#include "os/socket.h"

namespace eddy {
namespace {

using internal::StreamConnection;

StreamConnection& Self(Connection& connection) noexcept {
  auto& self = StreamConnection::Of(connection);
  EDDY_DCHECK(self.set().loop().MayTouch(),
              "a Connection is for its loop's thread: use a ConnectionHandle");
  return self;
}

const StreamConnection& Self(const Connection& connection) noexcept {
  return Self(const_cast<Connection&>(connection));
}

std::span<const std::byte> BytesOf(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

}  // namespace

Connection::~Connection() = default;

Status Connection::Send(std::span<const std::byte> bytes) {
  return Self(*this).DoSend(bytes);
}

Status Connection::Send(std::string_view text) { return Send(BytesOf(text)); }

Status Connection::Send(RingBuffer& input) { return Self(*this).DoSend(input); }

Status Connection::Send(Payload payload) {
  return Self(*this).DoSend(std::move(payload));
}

Status Connection::Send(std::span<const std::byte> bytes, SendCallback done) {
  EDDY_CHECK(done, "Connection::Send was given an empty callback");
  return Self(*this).DoSend(bytes, std::move(done));
}

Status Connection::Send(std::string_view text, SendCallback done) {
  return Send(BytesOf(text), std::move(done));
}

bool Connection::is_writable() const noexcept {
  return Self(*this).DoIsWritable();
}

void Connection::Shutdown() { Self(*this).DoShutdown(); }

void Connection::Close() { Self(*this).DoClose(); }

void Connection::Abort() { Self(*this).DoAbort(); }

void Connection::PauseReading() { Self(*this).DoPause(); }

void Connection::ResumeReading() { Self(*this).DoResume(); }

bool Connection::is_reading_paused() const noexcept {
  return Self(*this).DoIsPaused();
}

ConnectionHandle Connection::handle() const { return Self(*this).own_handle(); }

EventLoop& Connection::loop() const noexcept {
  return Self(*this).set().loop();
}

const Address& Connection::peer_address() const noexcept {
  return Self(*this).peer();
}

Address Connection::local_address() const {
  return os::LocalAddress(Self(*this).fd());
}

std::size_t Connection::input_size() const noexcept {
  return Self(*this).DoInputSize();
}

std::size_t Connection::output_size() const noexcept {
  return Self(*this).DoOutputSize();
}

bool Connection::is_open() const noexcept { return Self(*this).DoIsOpen(); }

void Connection::set_idle_timeout(std::chrono::nanoseconds timeout) {
  EDDY_CHECK(timeout >= timeout.zero(),
             "set_idle_timeout takes no negative time; 0 is no limit");
  Self(*this).DoSetIdleTimeout(timeout);
}

void Connection::set_no_delay(bool on) { Self(*this).DoSetNoDelay(on); }

// ---- State ------------------------------------------------------------------

Connection::State::~State() {
  // One after the other: the default would recurse as deep as the list is long.
  while (next != nullptr) next = std::move(next->next);
}

void Connection::Attach(std::unique_ptr<State> state) {
  const std::unique_ptr<State> replaced = Detach(state->key);
  state->next = std::move(states_);
  states_ = std::move(state);
}

std::unique_ptr<Connection::State> Connection::Detach(
    const void* key) noexcept {
  for (auto* link = &states_; *link != nullptr; link = &(*link)->next) {
    if ((*link)->key != key) continue;
    std::unique_ptr<State> found = std::move(*link);
    *link = std::move(found->next);
    return found;
  }
  return nullptr;
}

Connection::State* Connection::Find(const void* key) const noexcept {
  State* state = states_.get();
  while (state != nullptr && state->key != key) state = state->next.get();
  return state;
}

}  // namespace eddy
