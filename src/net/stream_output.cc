// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// StreamConnection's output: from Send to the kernel.

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "buffer/ring_buffer_access.h"
#include "net/connection_set.h"
#include "net/stream_callbacks.h"
#include "net/stream_connection.h"

namespace eddy::internal {
namespace {

// From here on a system call costs less than copying the bytes first.
constexpr std::size_t kOfferBytes = std::size_t{16} << 10;

}  // namespace

std::size_t StreamConnection::DoOutputSize() const noexcept {
  return output().size() + (has_deferred_ ? set_.deferred.size() : 0);
}

bool StreamConnection::DoIsWritable() const noexcept {
  return state_ == State::kOpen && !is_shutdown_ && !is_above_mark_;
}

// Checks that `bytes` more may be sent, lets `append` put them into the output
// and sees to it that they leave.
template <typename Append>
Status StreamConnection::Enqueue(std::size_t bytes, Append&& append) {
  if (state_ != State::kOpen || is_shutdown_) return Error::kClosed;
  const ConnectionOptions& options = set_.options();
  // Callbacks count too, or any number of them could wait without bytes.
  const std::size_t held = DoOutputSize() + output().callback_bytes();
  if (bytes > options.max_output_bytes ||
      held > options.max_output_bytes - bytes) {
    return Refuse(Error::kOutputLimit);
  }
  Status status;
  try {
    status = append();
  } catch (const std::bad_alloc&) {
    status = Error::kNoMemory;
  }
  if (!status.ok()) return Refuse(std::move(status));
  CheckHighMark();
  MarkDirty();
  return {};
}

inline void StreamConnection::CheckHighMark() {
  if (DoOutputSize() <= set_.options().high_watermark_bytes) return;
  is_above_mark_ = true;
  SetAutoPaused(true);
}

// What can't be sent leaves a hole, and nothing may be sent behind that.
Status StreamConnection::Refuse(Status reason) {
  is_output_lost_ = true;
  Terminate(reason);
  return reason;
}

Status StreamConnection::DoSend(Bytes first, Bytes second) {
  return Enqueue(first.size() + second.size(),
                 [&] { return Queue(first, second); });
}

Status StreamConnection::DoSend(RingBuffer& input) {
  if (!MayDefer(input)) return SendCopy(input);
  Defer(input);
  return {};
}

Status StreamConnection::SendCopy(RingBuffer& input) {
  return Enqueue(input.size(), [&] {
    const auto [first, second] = input.Peek();
    Status status = Queue(first, second);
    input.Clear();
    return status;
  });
}

// Whether `input` may be sent from where it was received: it is what OnBytes
// lent to this connection, nothing goes before it, and it meets no mark or
// limit.
bool StreamConnection::MayDefer(const RingBuffer& input) const noexcept {
  return &input == &input_ && RingBufferAccess::borrows(input) &&
         state_ == State::kOpen && !is_shutdown_ && !has_deferred_ &&
         output().empty() && !input.empty() &&
         input.size() <= set_.options().high_watermark_bytes &&
         input.size() <= set_.options().max_output_bytes;
}

void StreamConnection::Defer(RingBuffer& input) {
  EDDY_DCHECK(is_corked_ && filter_ == nullptr, "nobody would send it");
  set_.deferred = RingBufferAccess::TakeBorrowed(input);
  has_deferred_ = true;
}

Status StreamConnection::DoSend(Payload payload) {
  return Enqueue(payload.size(), [&]() -> Status {
    if (filter_ != nullptr) return EncodeToWire(payload.bytes());
    KeepDeferred();
    const std::size_t taken = Offer(payload.bytes());
    if (taken == payload.size()) return {};
    BufferPool& pool = set_.loop().pool();
    output().Append(pool, std::move(payload));
    // Only an empty queue is passed by Offer, so these are the first bytes.
    OutputQueue::Callbacks none(pool);
    if (taken > 0) output().Consume(pool, taken, none);
    return {};
  });
}

Status StreamConnection::DoSend(Bytes bytes, SendCallback&& done) {
  return Enqueue(bytes.size(), [&]() -> Status {
    if (filter_ != nullptr) {
      Status status = EncodeToWire(bytes);
      if (!status.ok()) return status;
      bytes = {};
    }
    KeepDeferred();
    const std::size_t taken = Offer(bytes);
    output().Append(set_.loop().pool(), bytes.subspan(taken), std::move(done));
    return {};
  });
}

Status StreamConnection::Queue(Bytes first, Bytes second) {
  if (filter_ != nullptr) {
    Status status = EncodeToWire(first);
    return status.ok() && !second.empty() ? EncodeToWire(second) : status;
  }
  KeepDeferred();
  const std::size_t taken = Offer(first, second);
  const std::size_t of_first = std::min(taken, first.size());
  for (const auto rest :
       {first.subspan(of_first), second.subspan(taken - of_first)}) {
    if (!rest.empty()) output().Append(set_.loop().pool(), rest);
  }
  return {};
}

Status StreamConnection::EncodeToWire(Bytes bytes) {
  RingBuffer wire;
  Status status = filter_->Encode(bytes, wire);
  QueueWire(wire);
  return status;
}

void StreamConnection::QueueWire(RingBuffer& wire) {
  const auto [first, second] = wire.Peek();
  BufferPool& pool = set_.loop().pool();
  if (!first.empty()) output().Append(pool, first);
  if (!second.empty()) output().Append(pool, second);
}

// Lets the kernel take what it can of a large block, when nothing is before it.
std::size_t StreamConnection::Offer(Bytes first, Bytes second) {
  const bool is_large = first.size() + second.size() >= kOfferBytes;
  return is_large && output().empty() ? SendNow(first, second) : 0;
}

inline std::size_t StreamConnection::SendNow(Bytes first, Bytes second) {
  const std::size_t taken = set_.loop().poller().TrySend(*this, first, second);
  if (taken > 0) CountSent(taken);
  return taken;
}

inline void StreamConnection::CountSent(std::size_t count) {
  SetStats::Add(set_.stats().sent_bytes, count);
  sent_bytes_ += count;
  Touch();
}

// Something is to be sent behind the deferred bytes.
void StreamConnection::KeepDeferred() {
  if (!has_deferred_) return;
  output().Append(set_.loop().pool(), set_.deferred);
  has_deferred_ = false;
}

inline void StreamConnection::SendDeferred() {
  has_deferred_ = false;
  const std::size_t taken = SendNow(set_.deferred);
  if (taken < set_.deferred.size()) {
    output().Append(set_.loop().pool(), set_.deferred.subspan(taken));
  }
}

void StreamConnection::MarkDirty() {
  if (is_dirty_ || is_corked_ || state_ >= State::kClosing) return;
  is_dirty_ = true;
  set_.AddDirty(*this);
}

void StreamConnection::OnDirty() {
  is_dirty_ = false;
  if (state_ >= State::kClosing) return;
  RunCorked([this](Connection&) { DeliverHeld(); });
}

void StreamConnection::Uncork() {
  is_corked_ = false;
  // Input that nobody will read any more gives back its memory.
  if (state_ > State::kOpen && !input_.empty()) SettleInput();
  if (state_ >= State::kClosing) {
    has_deferred_ = false;
    return;
  }
  if (has_deferred_) SendDeferred();
  if (!output().empty()) set_.loop().poller().Flush(*this);
  AfterOutput();
  set_.CheckMemory();
  if (IsInputDue()) MarkDirty();
}

void StreamConnection::OnSent(std::size_t count) {
  CountSent(count);
  if (last_progress_ != TimePoint::max()) last_progress_ = Now();
  if (memory_deadline_ != TimePoint::max()) {
    memory_deadline_ = LimitFrom(Now(), set_.options().close_timeout);
  }
  BufferPool& pool = set_.loop().pool();
  OutputQueue::Callbacks callbacks(pool);
  output().Consume(pool, count, callbacks);
  RunCallbacks(callbacks, Status());
  AfterOutput();
}

void StreamConnection::RunCallbacks(OutputQueue::Callbacks& callbacks,
                                    const Status& status) {
  while (!callbacks.empty()) {
    SendCallback done = callbacks.Pop();
    set_.loop().RunGuarded("send callback", [&] { done(status); });
  }
}

inline void StreamConnection::AfterOutput() {
  const std::size_t unsent = output().size();
  if (unsent == 0 && !has_published_ && !is_above_mark_ && !is_shutdown_) {
    return;  // as after most messages
  }
  if (state_ >= State::kClosing || is_corked_) return;
  if (unsent != 0 || has_published_) TrackOutput();
  if (is_above_mark_ && unsent <= set_.options().low_watermark_bytes) {
    is_above_mark_ = false;
    SetAutoPaused(false);
    if (state_ == State::kOpen) {
      CallHandler([this] { handler_->OnWritable(*this); });
    }
  }
  if (is_shutdown_ && output().empty()) EndOutput();
}

// Tells the handles how much waits, and times the write stall while some does.
void StreamConnection::TrackOutput() {
  const std::size_t unsent = output().size();
  set_.mailbox().PublishOutput(handle_, unsent);
  has_published_ = unsent != 0;
  if (set_.options().write_stall_timeout.count() == 0) return;
  if (unsent == 0) {
    last_progress_ = TimePoint::max();
  } else if (last_progress_ == TimePoint::max()) {
    last_progress_ = Now();
    ScheduleTimer();
  }
}

}  // namespace eddy::internal
