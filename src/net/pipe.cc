// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Pipe: couples two connections, as a proxy does.

#include "eddy/pipe.h"

#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "eddy/connection.h"
#include "eddy/handler.h"
#include "eddy/ring_buffer.h"
#include "net/connection_set.h"
#include "net/stream_connection.h"

namespace eddy {
namespace {

using internal::StreamConnection;

// PipeEnd: the handler of one end; passes what comes on to the other one.
//
// Ownership: its connection's state, which outlives the last callback.
// Thread: the loop's.
class PipeEnd final : public Handler {
 public:
  // REQUIRES: `handler` is that of `self`.
  PipeEnd(StreamConnection& self, Handler& handler) noexcept
      : self_(self), handler_(handler) {}

  void Couple(PipeEnd& other) noexcept { other_ = &other; }
  // Takes the place of the connection's handler.
  void Begin() {
    self_.JoinPipe(*this);
    UpdatePause();
  }

  void OnMessage(Connection&, RingBuffer& input) override {
    // Alone it only waits for its end.
    if (other_ == nullptr) return input.Clear();
    // The program ended that stream: what comes for it can't be passed on.
    if (other_->IsShutDown()) return Cut();
    other_->self_.DoSend(input);
    UpdatePause();
  }

  void OnWritable(Connection&) override {
    if (other_ != nullptr) other_->UpdatePause();
  }

  void OnEnd(Connection& connection) override {
    if (other_ == nullptr) return connection.Close();
    other_->self_.DoShutdown();
  }

  void OnClose(Connection& connection, const Status& reason) override {
    if (PipeEnd* const other = std::exchange(other_, nullptr)) {
      other->Leave(reason);
    }
    handler_.OnClose(connection, reason);
  }

 private:
  // It is not to be sent to any more, and is not closing either.
  bool IsShutDown() const noexcept {
    return self_.DoIsOpen() && self_.is_shutdown();
  }
  // This end is read as long as the other one has room. One that closes has
  // none: then the rest is not read, for it would be lost.
  void UpdatePause() {
    const bool has_room = other_->self_.DoIsWritable() || other_->IsShutDown();
    self_.SetPipePaused(!self_.is_end_told() && !has_room);
  }

  // The other end was closed for `reason`.
  void Leave(const Status& reason) {
    other_ = nullptr;
    // It ends by itself: it is closing, or both streams have ended.
    const bool has_ended = self_.is_shutdown() && self_.is_end_told();
    if (!self_.DoIsOpen() || (reason.ok() && has_ended)) return;
    if (reason.ok()) return self_.DoClose();
    Cut();
  }
  // Aborts with a reset, also when no output is left: more would have come.
  void Cut() {
    self_.NoteOwnEnd();
    self_.Refuse(Error::kAborted);
  }

  StreamConnection& self_;
  Handler& handler_;
  PipeEnd* other_ = nullptr;  // none: the other end is closed
};

Status RefusePipe(std::string_view why) {
  return Status(Error::kInvalidArgument, why);
}

bool MayJoin(const Connection& connection) {
  const auto& stream = StreamConnection::Of(connection);
  return stream.DoIsOpen() && !stream.is_shutdown();
}

}  // namespace

Status Pipe(Connection& a, Connection& b) {
  auto& first = StreamConnection::Of(a);
  auto& second = StreamConnection::Of(b);
  EDDY_DCHECK(first.set().loop().MayTouch(),
              "Pipe is for the connections' loop: use ConnectionHandle::Post");
  if (&a == &b) return RefusePipe("a pipe takes two connections");
  if (&first.set().loop() != &second.set().loop()) {
    return RefusePipe("a pipe takes connections of one loop");
  }
  if (!MayJoin(a) || !MayJoin(b)) {
    return RefusePipe("a pipe takes connections that may send");
  }
  if (a.Get<std::unique_ptr<PipeEnd>>() != nullptr ||
      b.Get<std::unique_ptr<PipeEnd>>() != nullptr) {
    return RefusePipe("the connection is in a pipe already");
  }
  using Owned = std::unique_ptr<PipeEnd>;
  auto first_end = std::make_unique<PipeEnd>(first, first.handler());
  auto second_end = std::make_unique<PipeEnd>(second, second.handler());
  PipeEnd& one = *first_end;
  PipeEnd& other = *second_end;
  a.Emplace<Owned>(std::move(first_end));
  try {
    b.Emplace<Owned>(std::move(second_end));
  } catch (...) {
    a.Remove<Owned>();
    throw;
  }
  one.Couple(other);
  other.Couple(one);
  one.Begin();
  other.Begin();
  return {};
}

}  // namespace eddy
