// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringPoller: its single requests and connects.

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "os/syscalls.h"
#include "poll/uring_poller.h"

namespace eddy::internal {

// ---- Requests ---------------------------------------------------------------

void UringPoller::Submit(Operation& operation) {
  if (operation.data == nullptr) return DescriptorPoller::Submit(operation);
  if (Enlist(operation)) Queue(operation);
}

// One that the kernel has not seen yet is submitted all the same, and then
// cancelled: what is there already completes it.
void UringPoller::Cancel(Operation& operation) {
  auto& notes = operation.notes;
  if (!notes.is_queued && !notes.is_in_ring) {
    return DescriptorPoller::Cancel(operation);
  }
  if (notes.is_cancelled) return;
  notes.is_cancelled = true;
  Queue(operation);
}

void UringPoller::Queue(Operation& operation) {
  auto& notes = operation.notes;
  if (notes.is_queued) return;
  notes.is_queued = true;
  notes.next = nullptr;
  (requests_first_ == nullptr ? requests_first_ : requests_last_->notes.next) =
      &operation;
  requests_last_ = &operation;
}

void UringPoller::Unqueue(Operation& operation) {
  Operation* before = nullptr;
  Operation* at = requests_first_;
  while (at != &operation) before = std::exchange(at, at->notes.next);
  (before == nullptr ? requests_first_ : before->notes.next) = at->notes.next;
  if (requests_last_ == at) requests_last_ = before;
  operation.notes.is_queued = false;
}

void UringPoller::ServeRequests() {
  Operation* operation = std::exchange(requests_first_, nullptr);
  bool has_room = true;
  while (operation != nullptr) {
    Operation* const next = operation->notes.next;
    operation->notes.is_queued = false;
    if (!has_room || !Serve(*operation)) {
      has_room = false;
      Queue(*operation);
    }
    operation = next;
  }
}

bool UringPoller::Serve(Operation& operation) {
  const auto& notes = operation.notes;
  if (!notes.is_in_ring && !SubmitRequest(operation)) return false;
  if (!notes.is_in_ring || !notes.is_cancelled) return true;
  return SubmitCancel(NameOf(Of::kRequest, operation));
}

bool UringPoller::SubmitRequest(Operation& operation) {
  std::byte* const data = operation.data + operation.transferred;
  std::size_t size =
      std::min(operation.size - operation.transferred, kTurnBudgetBytes);
  const auto call =
      operation.is_read() ? os::RingCall::kReceive : os::RingCall::kSend;
  const int error = os::Intercept(call, operation.fd, size);
  if (error != 0) {
    OnRequestDone(operation, -error);
    return true;
  }
  io_uring_sqe* const submission = ring_->Next();
  if (submission == nullptr) return false;
  if (operation.is_read()) {
    io_uring_prep_recv(submission, operation.fd, data, size, 0);
  } else {
    // Not to wait for room: see SubmitViews.
    io_uring_prep_send(submission, operation.fd, data, size,
                       MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  submission->user_data = NameOf(Of::kRequest, operation);
  operation.notes.is_in_ring = true;
  operation.notes.is_tried = true;
  return true;
}

void UringPoller::OnRequestDone(Operation& operation, int result) {
  auto& notes = operation.notes;
  notes.is_in_ring = false;
  // It was to be cancelled, which has become needless.
  if (notes.is_queued) Unqueue(operation);
  if (result > 0) operation.transferred += static_cast<std::size_t>(result);
  const bool is_done =
      operation.transferred == operation.size ||
      (operation.is_read() &&
       (result == 0 ||
        (result > 0 && operation.kind == Operation::Kind::kRead)));
  const bool has_failed = result < 0 && result != -EAGAIN && result != -EINTR &&
                          result != -ECANCELED;
  if (is_done) return Complete(operation, Status());
  if (has_failed) return Complete(operation, Status::FromErrno(-result));
  if (notes.is_cancelled || result == -ECANCELED) {
    return Complete(operation, Error::kCancelled);
  }
  if (result == -EAGAIN) return Await(operation);
  Queue(operation);
}

// ---- Connects ---------------------------------------------------------------

std::uint64_t UringPoller::NameOfConnect(int fd) noexcept {
  return std::uint64_t{generation(fd)} << 32 |
         std::uint64_t{static_cast<unsigned>(fd)} << kOfBits |
         static_cast<std::uint64_t>(Of::kConnect);
}

Status UringPoller::Connect(int fd, const Address& address, ConnectSink& sink) {
  // A connect to a unix socket never waits, unless the backlog is full, and
  // then the kernel would have a thread wait for it.
  if (!address.is_ip()) return DescriptorPoller::Connect(fd, address, sink);
  std::size_t size = 0;
  const int fault = os::Intercept(os::RingCall::kConnect, fd, size);
  if (fault != 0 && fault != EINTR) return Status::FromErrno(fault);
  if (Status status = ClaimConnect(fd, sink); !status.ok()) return status;
  if (SubmitConnect(fd, address)) return {};
  // As long as the ring takes nothing, the system call does.
  Disclaim(fd);
  return DescriptorPoller::Connect(fd, address, sink);
}

bool UringPoller::SubmitConnect(int fd, const Address& address) try {
  const os::SocketAddress& name = addresses_.emplace_back(address);
  holds_arguments_ = true;
  io_uring_sqe* const submission = ring_->Next();
  if (submission == nullptr) return false;
  io_uring_prep_connect(submission, fd, name.get(), name.size);
  submission->user_data = NameOfConnect(fd);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void UringPoller::OnConnectDone(const Ring::Completion& completion) {
  constexpr std::uint64_t kLowWord = 0xFFFFFFFFU;
  const int fd = static_cast<int>((completion.user_data & kLowWord) >> kOfBits);
  const auto of = static_cast<std::uint32_t>(completion.user_data >> 32);
  ++event_count_;
  FinishConnect(fd, of, -completion.result);
}

// A connect under way keeps its file open until it has ended.
void UringPoller::Remove(int fd) {
  if (is_connecting(fd) && armed(fd) == Interest::kNone) {
    const std::uint64_t name = NameOfConnect(fd);
    if (!ring_->Withdraw(name) && (!SubmitCancel(name) || !ring_->Submit())) {
      // The ring takes nothing just now; this ends the connect as well.
      os::Shutdown(fd);
    }
  }
  DescriptorPoller::Remove(fd);
}

}  // namespace eddy::internal
