// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringPoller: its transports.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "os/socket.h"
#include "os/syscalls.h"
#include "poll/uring_poller.h"

namespace eddy::internal {
namespace {

// From here on a system call for one send costs less than copying its bytes.
constexpr std::size_t kAtOnceBytes = std::size_t{8} << 10;

// With the block that reaches it no more than the budget has come.
constexpr std::uint32_t kReceiveLimit =
    Poller::kTurnBudgetBytes - ReceiveBuffers::kBlockBytes + 1;

// Ends of an operation after which it is simply started again, if it is still
// wanted: it was cancelled, or found all buffers in use.
bool MayGoOn(int error) noexcept {
  return error == ECANCELED || error == ENOBUFS || error == EAGAIN ||
         error == EINTR;
}

std::size_t BytesOf(SendVectors::Views views) noexcept {
  std::size_t size = 0;
  for (const auto view : views) size += view.size();
  return size;
}

// What a test makes happen to a send. May cut the views.
int MeetFault(const Transport& transport,
              std::span<std::span<const std::byte>>& views) {
  std::size_t size = BytesOf(views);
  const auto call =
      views.size() == 1 ? os::RingCall::kSend : os::RingCall::kSendViews;
  const int error = os::Intercept(call, transport.fd(), size);
  std::size_t count = 0;
  while (size > 0) {
    auto& view = views[count++];
    view = view.first(std::min(view.size(), size));
    size -= view.size();
  }
  views = views.first(count);
  return error;
}

}  // namespace

// ---- Verbs ------------------------------------------------------------------

Status UringPoller::OpenTransport(Transport& transport) {
  Status status = Claim(transport);
  if (!status.ok()) return status;
  transport.notes.is_receiving = true;
  Queue(transport);
  return {};
}

void UringPoller::SetReceiving(Transport& transport, bool on) {
  auto& notes = transport.notes;
  notes.is_receiving = on;
  if (notes.is_closing || notes.has_ended) return;
  if (on) {
    notes.is_unwanted = false;
    if (!notes.is_receive_armed) Queue(transport);
  } else if (!is_receive_limited_ && notes.is_receive_armed) {
    // The next turn could fill all buffers with what nobody wants.
    notes.is_unwanted = true;
    Queue(transport);
  }
}

std::size_t UringPoller::TrySend(Transport& transport,
                                 std::span<const std::byte> first,
                                 std::span<const std::byte> second) {
  const auto& notes = transport.notes;
  if (!is_lone_ && first.size() + second.size() < kAtOnceBytes) return 0;
  if (notes.is_over() || notes.error != 0) return 0;
  const ssize_t sent = os::SendPair(transport.fd(), first, second);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (!os::WouldBlock(sent)) {
    transport.notes.error = static_cast<int>(-sent);  // Flush tells it
  }
  return 0;
}

void UringPoller::Flush(Transport& transport) {
  const auto& notes = transport.notes;
  if (notes.is_over()) return;
  if (notes.error != 0) return Break(transport, notes.error);
  if (!notes.is_send_armed) Queue(transport);
}

void UringPoller::CloseTransport(Transport& transport) {
  if (transport.notes.is_closing) return;
  transport.notes.is_closing = true;
  Disclaim(transport.fd());
  Queue(transport);
}

// Those that found no buffer come first, for who had some would take them all
// again.
void UringPoller::Queue(Transport& transport) {
  auto& notes = transport.notes;
  if (notes.is_queued) return;
  notes.is_queued = true;
  Transport*& before = notes.is_starved ? starved_last_ : queued_last_;
  Transport*& link = before == nullptr ? queued_first_ : before->notes.next;
  notes.next = link;
  link = &transport;
  if (notes.next == nullptr) queued_last_ = &transport;
  if (notes.is_starved) starved_last_ = &transport;
}

Transport* UringPoller::TakeQueued() noexcept {
  queued_last_ = nullptr;
  starved_last_ = nullptr;
  return std::exchange(queued_first_, nullptr);
}

// ---- Submissions ------------------------------------------------------------

// Submits whatever the transport needs.
bool UringPoller::Serve(Transport& transport) {
  const auto& notes = transport.notes;
  if (notes.is_closing) return CancelReceive(transport);
  if (notes.is_broken) return true;
  if (!notes.is_receive_armed && !notes.has_ended) {
    if (!notes.is_receiving) {
      Rearm(transport);
    } else if (notes.is_starved && retries_left_ == 0) {
      Queue(transport);  // it would find no buffer again
    } else if (!ArmReceive(transport)) {
      return false;
    }
  }
  if (notes.is_unwanted && !CancelReceive(transport)) return false;
  if (notes.is_send_armed || notes.is_blocked || notes.is_over()) return true;
  if (transport.output().empty()) return true;
  if (!is_lone_) return SubmitSend(transport);
  SendAtOnce(transport);
  return true;
}

bool UringPoller::ArmReceive(Transport& transport) {
  io_uring_sqe* const submission = ring_->Next();
  if (submission == nullptr) return false;
  io_uring_prep_recv_multishot(submission, transport.fd(), nullptr, 0, 0);
  submission->flags |= IOSQE_BUFFER_SELECT;
  submission->buf_group = ReceiveBuffers::kGroup;
  if (is_receive_limited_) Ring::LimitReceive(*submission, kReceiveLimit);
  submission->user_data = NameOf(Of::kReceive, transport);
  auto& notes = transport.notes;
  notes.is_receive_armed = true;
  if (notes.is_starved) --retries_left_;
  notes.is_starved = false;
  return true;
}

bool UringPoller::CancelReceive(Transport& transport) {
  auto& notes = transport.notes;
  if (!notes.is_receive_armed || notes.is_receive_cancelled) return true;
  if (!SubmitCancel(NameOf(Of::kReceive, transport))) return false;
  notes.is_receive_cancelled = true;
  return true;
}

bool UringPoller::SubmitCancel(std::uint64_t name) {
  io_uring_sqe* const submission = ring_->Next();
  if (submission == nullptr) return false;
  io_uring_prep_cancel64(submission, name, 0);
  submission->flags |= IOSQE_CQE_SKIP_SUCCESS;
  submission->user_data = static_cast<std::uint64_t>(Of::kNobody);
  return true;
}

bool UringPoller::SubmitSend(Transport& transport) {
  std::array<std::span<const std::byte>, os::kMaxViews> views;
  const std::size_t count = transport.output().Gather(views, kTurnBudgetBytes);
  if (count == 0) {
    is_wakeful_ = true;
    transport.OnSent(0);
    return true;
  }
  std::span<std::span<const std::byte>> all = std::span(views).first(count);
  if (const int error = MeetFault(transport, all); error != 0) {
    if (MayGoOn(error)) {
      Queue(transport);
    } else {
      Break(transport, error);
    }
    return true;
  }
  return SubmitViews(transport, all);
}

// None of them waits for room: after the peer's FIN the kernel would hand it to
// a thread of its own, which keeps the file open for some time after that.
bool UringPoller::SubmitViews(Transport& transport, SendVectors::Views views) {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  const msghdr* message = nullptr;
  if (views.size() > 1) {
    message = vectors_.Add(views);
    if (message == nullptr) return false;
    holds_arguments_ = true;
  }
  io_uring_sqe* const submission = ring_->Next();
  if (submission == nullptr) return false;
  if (message != nullptr) {
    io_uring_prep_sendmsg(submission, transport.fd(), message, kFlags);
  } else {
    io_uring_prep_send(submission, transport.fd(), views[0].data(),
                       views[0].size(), kFlags);
  }
  submission->user_data = NameOf(Of::kSend, transport);
  transport.notes.is_send_armed = true;
  return true;
}

// The same without the ring.
void UringPoller::SendAtOnce(Transport& transport) {
  std::array<std::span<const std::byte>, os::kMaxViews> views;
  const std::size_t count = transport.output().Gather(views, kTurnBudgetBytes);
  const std::size_t offered = BytesOf(std::span(views).first(count));
  std::size_t sent = 0;
  if (count > 0) {
    const ssize_t result =
        os::SendViews(transport.fd(), std::span(views).first(count));
    if (result < 0 && !os::WouldBlock(result)) {
      return Break(transport, static_cast<int>(-result));
    }
    if (result > 0) sent = static_cast<std::size_t>(result);
  }
  if (sent > 0 || count == 0) {
    is_wakeful_ = true;
    transport.OnSent(sent);
  }
  const auto& notes = transport.notes;
  if (notes.is_over() || transport.output().empty()) return;
  if (sent < offered) return AwaitRoom(transport);
  Queue(transport);  // what is over a turn's budget
}

// ---- Completions ------------------------------------------------------------

// Hands on what the buffer holds, and returns the buffer.
inline void UringPoller::TakeBuffer(Transport& transport,
                                    Ring::Completion completion) {
  const std::uint16_t id = ReceiveBuffers::IdOf(completion);
  const auto bytes =
      buffers_->Get(id, static_cast<std::size_t>(completion.result));
  const auto& notes = transport.notes;
  if (os::is_intercepting()) {
    TakeFaultily(transport, bytes);
  } else if (!notes.is_closing && !notes.has_ended) {
    transport.OnBytes(bytes);
  }
  buffers_->Return(id);
}

void UringPoller::OnReceived(Transport& transport,
                             Ring::Completion completion) {
  auto& notes = transport.notes;
  if ((completion.flags & IORING_CQE_F_MORE) == 0) {
    notes.is_receive_armed = false;
    notes.is_receive_cancelled = false;
    notes.is_starved = completion.result == -ENOBUFS;
  }
  ++event_count_;
  const bool has_buffer = (completion.flags & IORING_CQE_F_BUFFER) != 0;
  if (has_buffer && completion.result > 0) {
    TakeBuffer(transport, completion);
  } else if (completion.result == 0) {
    if (has_buffer) buffers_->Return(ReceiveBuffers::IdOf(completion));
    TakeEnd(transport);
  } else if (!MayGoOn(-completion.result) && !notes.is_broken &&
             !notes.is_closing) {
    Break(transport, -completion.result);
  }
  if (notes.is_closing) return FinishClosing(transport);
  if (notes.has_ended) return;
  if (!notes.is_receiving) notes.is_unwanted = notes.is_receive_armed;
  if (notes.is_unwanted || !notes.is_receive_armed) Queue(transport);
}

// What a test makes happen to a receive.
void UringPoller::TakeFaultily(Transport& transport,
                               std::span<const std::byte> bytes) {
  const auto& notes = transport.notes;
  while (!bytes.empty() && !notes.is_closing && !notes.has_ended) {
    std::size_t size = bytes.size();
    const int error =
        os::Intercept(os::RingCall::kReceive, transport.fd(), size);
    if (error != 0) return Break(transport, error);
    transport.OnBytes(bytes.first(size));
    bytes = bytes.subspan(size);
  }
}

void UringPoller::TakeEnd(Transport& transport) {
  auto& notes = transport.notes;
  if (notes.is_closing || notes.has_ended) return;
  notes.has_fin = true;
  if (notes.is_receiving) TellEnd(transport);
}

void UringPoller::TellEnd(Transport& transport) {
  transport.notes.has_ended = true;
  transport.OnEnd(Status());
}

void UringPoller::OnSendDone(Transport& transport, int result) {
  auto& notes = transport.notes;
  notes.is_send_armed = false;
  ++event_count_;
  if (notes.is_closing) return FinishClosing(transport);
  if (notes.is_broken) return;
  if (result > 0) {
    transport.OnSent(static_cast<std::size_t>(result));
  } else if (result == -EAGAIN) {
    return AwaitRoom(transport);
  } else if (result < 0 && !MayGoOn(-result)) {
    return Break(transport, -result);
  }
  if (notes.is_over()) return;
  if (!transport.output().empty()) Queue(transport);
}

void UringPoller::AwaitRoom(Transport& transport) {
  transport.notes.is_blocked = true;
  Rearm(transport);
}

// Has the epoll tell what no operation would: that there is room again and,
// while nothing is received, that the stream is broken. Otherwise it is to
// forget the stream: what has hung up is reported whatever the interest.
void UringPoller::Rearm(Transport& transport) {
  const auto& notes = transport.notes;
  int error = 0;
  if (notes.is_blocked) {
    error = Arm(transport.fd(), Interest::kWrite);
  } else if (!notes.is_receive_armed && !notes.has_ended) {
    error = ArmForFailure(transport.fd());
  } else {
    Disarm(transport.fd());
  }
  if (error != 0) Break(transport, error);
}

void UringPoller::OnReady(Transport& transport, Readiness ready) {
  auto& notes = transport.notes;
  if (notes.is_over()) return;
  if (notes.is_blocked) {
    notes.is_blocked = false;  // the next send tells of a failure, too
    Queue(transport);
    Rearm(transport);
  } else if ((ready & kFailed) != 0 && !notes.is_receive_armed) {
    // A send that has just failed may have taken the error out of the socket.
    int error = os::TakeError(transport.fd());
    if (error == 0) error = notes.error;
    Break(transport, error != 0 ? error : ECONNRESET);
  } else {
    Disarm(transport.fd());  // resuming comes back to it
  }
}

void UringPoller::Break(Transport& transport, int error) {
  Disarm(transport.fd());
  transport.notes.has_ended = true;
  transport.notes.is_broken = true;
  is_wakeful_ = true;
  transport.OnEnd(Status::FromErrno(error));
}

// One of its operations has ended.
void UringPoller::FinishClosing(Transport& transport) {
  if (!IsDue(transport)) return;
  has_due_ = true;
  Queue(transport);
}

bool UringPoller::IsDue(const Transport& transport) const noexcept {
  const auto& notes = transport.notes;
  if (notes.is_closing) return !notes.is_receive_armed && !notes.is_send_armed;
  return notes.has_fin && !notes.has_ended && notes.is_receiving;
}

void UringPoller::DeliverDue() {
  has_due_ = false;
  Transport* transport = TakeQueued();
  while (transport != nullptr) {
    Transport* const next = transport->notes.next;
    transport->notes.is_queued = false;
    if (!IsDue(*transport)) {
      Queue(*transport);
    } else if (transport->notes.is_closing) {
      ++event_count_;
      transport->OnClosed();
    } else {
      ++event_count_;
      TellEnd(*transport);
      Queue(*transport);
    }
    transport = next;
  }
}

}  // namespace eddy::internal
