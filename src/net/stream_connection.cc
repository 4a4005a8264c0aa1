// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// StreamConnection: the inside of a Connection.

#include "net/stream_connection.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "buffer/ring_buffer_access.h"
#include "net/connection_set.h"
#include "net/initiator.h"
#include "net/stream_callbacks.h"
#include "os/socket.h"

namespace eddy::internal {
StreamConnection::StreamConnection(ConnectionSet& set, UniqueFd socket,
                                   Address peer, Initiator* initiator)
    : Transport(socket.get()),
      set_(set),
      handler_(&set.handler()),
      idle_timeout_(set.idle_timeout()),
      timer_(*this),
      initiator_(initiator),
      peer_(std::move(peer)),
      socket_(std::move(socket)) {
  RingBufferAccess::SetPool(input_, &set.loop().pool());
  if (set.options().filter) filter_ = set.options().filter->Create();
  handle_ = set.mailbox().Open(*this);
}

StreamConnection::~StreamConnection() {
  EDDY_DCHECK(!timer_.is_scheduled() && output().empty(), "it was not closed");
  SetHeldBytes(0);
  set_.mailbox().Close(handle_);
  set_.mailbox().Release(handle_);
}

void StreamConnection::FailHandler(const char* what) {
  SetStats::Add(set_.stats().handler_exceptions, 1);
  Log(Level::kError, "an exception left a handler: {}", what);
  Terminate(Status(Error::kHandlerFailed, what));
}

void StreamConnection::FailMemory() {
  is_corked_ = false;
  has_deferred_ = false;
  is_output_lost_ = true;
  Terminate(Error::kNoMemory);
}

// The filter can't go on. What it said last, an alert perhaps, is sent as at
// any close: a reset would overtake it.
void StreamConnection::FailFilter(Status reason) {
  is_filter_finished_ = true;
  if (state_ < State::kDraining) StartDraining(std::move(reason));
}

// ---- Opening ----------------------------------------------------------------

Status StreamConnection::Open() {
  Status status = set_.loop().poller().OpenTransport(*this);
  if (!status.ok()) {
    state_ = State::kClosed;
    return status;
  }
  last_activity_ = Now();
  if (set_.is_memory_short()) SetMemoryPaused(true);
  WithMemory([this] {
    is_corked_ = true;
    if (filter_ == nullptr) {
      Announce();
    } else {
      close_deadline_ = LimitFrom(Now(), set_.options().handshake_timeout);
      RingBuffer wire;
      Status started = filter_->Start(wire);
      QueueWire(wire);
      if (!started.ok()) {
        FailFilter(std::move(started));
      } else if (filter_->is_ready()) {
        Announce();
      }
    }
    Uncork();
    ScheduleTimer();
  });
  return {};
}

void StreamConnection::Announce() {
  if (initiator_ != nullptr) {
    CallHandler([this] { initiator_->OnAnnouncing(*this); });
    if (state_ != State::kOpening) return;
  }
  state_ = State::kOpen;
  close_deadline_ = TimePoint::max();
  is_announced_ = true;
  const bool has_returned = CallHandler([this] { handler_->OnConnect(*this); });
  if (has_returned && !is_provisional_) TellAnnounced();
}

void StreamConnection::TellAnnounced() {
  if (initiator_ != nullptr) initiator_->OnAnnounced(*this);
}

// ---- Input ------------------------------------------------------------------

void StreamConnection::OnBytes(std::span<const std::byte> bytes) {
  SetStats::Add(set_.stats().received_bytes, bytes.size());
  Touch();
  // A closing connection reads on, for unread input would make the system reset
  // it, and with it the last output.
  if (state_ >= State::kDraining) return;
  WithMemory([&] {
    is_corked_ = true;
    if (filter_ != nullptr) {
      DecodeWire(bytes);
    } else {
      Deliver(bytes);
    }
    Uncork();
  });
}

void StreamConnection::DecodeWire(std::span<const std::byte> bytes) {
  RingBuffer wire;
  const std::size_t size_before = input_.size();
  Status status = filter_->Decode(bytes, input_, wire);
  QueueWire(wire);
  if (!status.ok()) return FailFilter(std::move(status));
  if (state_ == State::kOpening && filter_->is_ready()) Announce();
  if (state_ == State::kOpen && input_.size() > size_before) {
    if (DoIsPaused()) {
      holds_input_ = true;
    } else {
      CallOnMessage();
    }
  }
  if (filter_->has_ended()) ReceiveEnd();
}

inline void StreamConnection::Deliver(std::span<const std::byte> bytes) {
  if (DoIsPaused()) {
    // They were on their way when the pause began.
    input_.Append(bytes);
    holds_input_ = true;
    return;
  }
  if (input_.empty()) {
    RingBufferAccess::Borrow(input_, bytes);
  } else {
    input_.Append(bytes);
  }
  CallOnMessage();
}

inline void StreamConnection::CallOnMessage() {
  holds_input_ = false;
  CallHandler([this] { handler_->OnMessage(*this, input_); });
  SettleInput();
}

// The handler left some for later.
void StreamConnection::KeepInput() {
  holds_input_ = holds_rest_ || DoIsPaused();
  holds_rest_ = false;
  if (RingBufferAccess::borrows(input_)) RingBufferAccess::MakeOwn(input_);
  if (!holds_input_ && input_.size() > set_.options().max_input_bytes) {
    Terminate(Error::kInputLimit);
  }
}

void StreamConnection::OnEnd(const Status& status) {
  if (!status.ok()) {
    // All that was to be done is done once the last output is sent.
    if (state_ == State::kLingering) return LetGo();
    return Terminate(status);
  }
  WithMemory([this] {
    if (filter_ != nullptr && state_ < State::kDraining) {
      Status ended = filter_->OnWireEnd();
      if (!ended.ok()) return Terminate(std::move(ended));
    }
    is_corked_ = true;
    ReceiveEnd();
    Uncork();
  });
}

void StreamConnection::ReceiveEnd() {
  if (has_peer_ended_) return;
  has_peer_ended_ = true;
  switch (state_) {
    case State::kOpening:
      return Terminate(Error::kClosed);
    case State::kOpen:
      close_deadline_ = LimitFrom(Now(), set_.options().half_close_timeout);
      ScheduleTimer();
      holds_end_ = true;
      return DeliverHeld();
    case State::kLingering:
      return LetGo();
    case State::kDraining:
    case State::kClosing:
    case State::kClosed:
      return;
  }
}

bool StreamConnection::IsInputDue() const noexcept {
  return (holds_input_ || holds_end_) && state_ == State::kOpen &&
         !DoIsPaused();
}

void StreamConnection::DeliverHeld() {
  if (IsInputDue() && holds_input_) CallOnMessage();
  if (IsInputDue() && holds_end_) CallOnEnd();
}

void StreamConnection::CallOnEnd() {
  holds_end_ = false;
  is_end_told_ = true;
  CallHandler([this] { handler_->OnEnd(*this); });
}

// ---- Pausing ----------------------------------------------------------------

bool StreamConnection::ShouldReceive() const noexcept {
  return state_ >= State::kDraining || !DoIsPaused();
}

void StreamConnection::UpdateReceiving() {
  if (state_ >= State::kClosing) return;
  const bool should = ShouldReceive();
  if (should != is_receiving_) {
    is_receiving_ = should;
    set_.loop().poller().SetReceiving(*this, should);
  }
  // What is left by now comes again after the pause.
  if (!should && !input_.empty()) holds_input_ = true;
  if (IsInputDue()) MarkDirty();
}

void StreamConnection::SetPaused(Pause by, bool on) noexcept {
  pauses_ = static_cast<std::uint8_t>(on ? pauses_ | by : pauses_ & ~by);
}

void StreamConnection::DoPause() {
  SetPaused(kByUser, true);
  UpdateReceiving();
}

void StreamConnection::DoResume() {
  SetPaused(kByUser, false);
  UpdateReceiving();
}

void StreamConnection::SetAutoPaused(bool on) {
  // Of a pipe it is the other end that is to wait. This one must be read, or
  // two peers that wait for room on both sides would wait for ever.
  if (!set_.options().auto_pause || (on && is_piped_) ||
      ((pauses_ & kByOutput) != 0) == on)
    return;
  SetPaused(kByOutput, on);
  UpdateReceiving();
}

void StreamConnection::SetMemoryPaused(bool on) {
  SetPaused(kByMemory, on);
  if (state_ > State::kOpen) return;
  // What it holds may be what the others wait for.
  memory_deadline_ =
      on ? LimitFrom(Now(), set_.options().close_timeout) : TimePoint::max();
  ScheduleTimer();
  UpdateReceiving();
}

void StreamConnection::SetHeldBytes(std::size_t bytes) noexcept {
  if (bytes == held_bytes_) return;
  BufferPool& pool = set_.loop().pool();
  pool.Charge(bytes);
  pool.Discharge(std::exchange(held_bytes_, bytes));
}

void StreamConnection::SetPipePaused(bool on) {
  SetPaused(kByPipe, on);
  UpdateReceiving();
}

void StreamConnection::JoinPipe(Handler& handler) {
  handler_ = &handler;
  is_piped_ = true;
  SetAutoPaused(false);
  // It may be what the handler that joins it has yet to leave.
  holds_rest_ = is_corked_;
  if (!input_.empty()) holds_input_ = true;
  // An end that was told is told again, to the new handler, behind that input.
  holds_end_ = holds_end_ || is_end_told_;
  is_end_told_ = false;
  if (IsInputDue()) MarkDirty();
}

// ---- Closing ----------------------------------------------------------------

void StreamConnection::DoShutdown() {
  if (state_ != State::kOpen || is_shutdown_) return;
  is_shutdown_ = true;
  MarkDirty();
}

// A program that closes because the peer has ended its stream only answers.
void StreamConnection::NoteOwnEnd() noexcept {
  if (state_ <= State::kOpen && !is_end_told_) is_own_end_ = true;
}

void StreamConnection::DoClose() {
  NoteOwnEnd();
  BeginClose(Status());
}

void StreamConnection::DoAbort() {
  NoteOwnEnd();
  Terminate(Error::kAborted);
}

void StreamConnection::BeginClose(Status reason) {
  if (state_ >= State::kDraining) return;
  if (state_ == State::kOpening) return Terminate(std::move(reason));
  StartDraining(std::move(reason));
}

void StreamConnection::BeginDrain() {
  if (state_ >= State::kDraining) return;
  if (is_announced_) CallHandler([this] { handler_->OnStop(*this); });
  if (state_ >= State::kClosing) return;
  // Its output is what comes on the other end, and only the peers know when
  // that is all. They have as long as the one who drains has.
  if (is_piped_) return;
  BeginClose(Error::kStopped);
  // The one who drains has a deadline of its own.
  close_deadline_ = TimePoint::max();
}

void StreamConnection::StartDraining(Status reason) {
  state_ = State::kDraining;
  memory_deadline_ = TimePoint::max();
  reason_ = std::move(reason);
  is_shutdown_ = true;
  close_deadline_ = LimitFrom(Now(), set_.options().close_timeout);
  holds_input_ = false;
  holds_end_ = false;
  // Inside OnMessage the input is the handler's until it returns.
  if (!is_corked_) SettleInput();
  UpdateReceiving();
  ScheduleTimer();
  MarkDirty();
}

// All output is sent. Goes on with the end of this side's stream, if that is
// wanted.
void StreamConnection::EndOutput() {
  if (state_ >= State::kLingering) return;
  if (filter_ != nullptr && !is_filter_finished_) {
    is_filter_finished_ = true;
    WithMemory([this] {
      RingBuffer wire;
      filter_->Finish(wire);
      QueueWire(wire);
    });
    if (state_ >= State::kClosing) return;
    if (!output().empty()) return set_.loop().poller().Flush(*this);
  }
  if (!is_fin_sent_) os::ShutdownWrite(fd());
  is_fin_sent_ = true;
  const auto linger = set_.options().linger_timeout;
  if (state_ == State::kOpen) {
    if (is_end_told_) LetGo();
    return;
  }
  if (has_peer_ended_ || linger.count() == 0) return LetGo();
  state_ = State::kLingering;
  close_deadline_ = std::min(close_deadline_, LimitFrom(Now(), linger));
  ScheduleTimer();
}

void StreamConnection::Terminate(Status reason) {
  if (state_ >= State::kClosing) return;
  // Of a pipe more would have come, unless the other end's stream has ended.
  const bool is_cut = is_piped_ && !is_shutdown_;
  if (is_output_lost_ || is_cut || DoOutputSize() != 0) {
    os::ResetOnClose(fd());
  }
  if (reason_.ok()) reason_ = std::move(reason);
  LetGo();
}

void StreamConnection::LetGo() {
  state_ = State::kClosing;
  if (timer_.is_scheduled()) set_.loop().wheel().Cancel(timer_);
  set_.loop().poller().CloseTransport(*this);
}

void StreamConnection::OnClosed() {
  state_ = State::kClosed;
  has_deferred_ = false;
  set_.mailbox().Close(handle_);
  BufferPool& pool = set_.loop().pool();
  OutputQueue::Callbacks callbacks(pool);
  output().Clear(pool, callbacks);
  RunCallbacks(callbacks, reason_.ok() ? Status(Error::kClosed) : reason_);
  if (is_announced_) {
    CallHandler([this] { handler_->OnClose(*this, reason_); });
  }
  SettleInput();
  socket_.Reset();
  set_.Retire(*this);
  if (initiator_ != nullptr) initiator_->OnGone(reason_, is_own_end_);
}

// ---- Time limits ------------------------------------------------------------

TimePoint StreamConnection::Now() const noexcept {
  return set_.loop().clock().Now();
}

void StreamConnection::Touch() noexcept {
  // Not the turn's time: that would be early by what the turn took so far.
  if (idle_timeout_.count() != 0) last_activity_ = Now();
}

void StreamConnection::DoSetIdleTimeout(std::chrono::nanoseconds timeout) {
  idle_timeout_ = timeout;
  last_activity_ = Now();
  ScheduleTimer();
}

void StreamConnection::DoSetNoDelay(bool on) {
  if (peer_.is_ip() && state_ < State::kClosed) os::SetNoDelay(fd(), on);
}

TimePoint StreamConnection::NextDeadline() const noexcept {
  TimePoint first = std::min(close_deadline_, memory_deadline_);
  if (state_ <= State::kOpen) {
    first = std::min(first, LimitFrom(last_activity_, idle_timeout_));
  }
  if (last_progress_ != TimePoint::max()) {
    const auto stall = set_.options().write_stall_timeout;
    first = std::min(first, AddSaturated(last_progress_, stall));
  }
  return first;
}

// Sets the timer for the next limit. Limits that move away, as activity makes
// them, are looked at again when the timer fires, so that traffic costs nothing
// here.
void StreamConnection::ScheduleTimer() {
  if (state_ >= State::kClosing) return;
  const TimePoint deadline = NextDeadline();
  if (timer_.is_scheduled()) {
    if (timer_at_ <= deadline) return;
    set_.loop().wheel().Cancel(timer_);
  }
  if (deadline == TimePoint::max()) return;
  timer_at_ = deadline;
  set_.loop().wheel().Schedule(timer_, deadline);
}

void StreamConnection::CheckDeadlines() {
  const TimePoint now = Now();
  if (now < NextDeadline()) return ScheduleTimer();
  if (now >= close_deadline_) {
    if (state_ == State::kLingering) return LetGo();
    return Terminate(state_ == State::kOpening ? Error::kTimeout
                                               : Error::kCloseTimeout);
  }
  if (now >= memory_deadline_) {
    const bool holds_memory =
        !input_.empty() || held_bytes_ != 0 || !output().empty();
    if (holds_memory) return Terminate(Error::kNoMemory);
    memory_deadline_ = LimitFrom(now, set_.options().close_timeout);
    return ScheduleTimer();
  }
  const bool is_idle =
      state_ <= State::kOpen && now >= LimitFrom(last_activity_, idle_timeout_);
  Terminate(is_idle ? Error::kIdleTimeout : Error::kWriteStall);
}

}  // namespace eddy::internal
