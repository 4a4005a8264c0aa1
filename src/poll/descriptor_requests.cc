// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DescriptorPoller: its single requests.

#include <cerrno>
#include <span>
#include <utility>

#include "base/check.h"
#include "os/syscalls.h"
#include "poll/descriptor_poller.h"

namespace eddy::internal {

void DescriptorPoller::Submit(Operation& operation) {
  if (!Enlist(operation)) return;
  // What comes from now on is told by an event: no call is made in vain.
  const bool is_drained = operation.is_read() && At(operation.fd).is_drained;
  const int error = is_drained ? EAGAIN : Attempt(operation);
  if (error == EAGAIN) return Await(operation);
  Complete(operation, Status::FromErrno(error));
}

Operation** DescriptorPoller::SlotOf(const Operation& operation) noexcept {
  const int fd = operation.fd;
  if (fd < 0 || static_cast<unsigned>(fd) >= registrations_.size()) {
    return nullptr;
  }
  Registration& entry = At(fd);
  if (entry.kind != Kind::kRequests) return nullptr;
  return operation.is_read() ? &entry.requests.read : &entry.requests.write;
}

bool DescriptorPoller::Enlist(Operation& operation) {
  operation.transferred = 0;
  operation.notes.is_tried = false;
  if (SlotOf(operation) == nullptr) {
    Status status = Claim(operation.fd, Kind::kRequests);
    if (!status.ok()) {
      Complete(operation, std::move(status));
      return false;
    }
  }
  Operation*& slot = *SlotOf(operation);
  EDDY_DCHECK(slot == nullptr, "one read and one write at a time");
  slot = &operation;
  return true;
}

void DescriptorPoller::Await(Operation& operation) {
  operation.notes.is_awaiting = true;
  const int fd = operation.fd;
  const Interest side =
      operation.is_read() ? Interest::kRead : Interest::kWrite;
  const int error = Arm(fd, At(fd).armed | side);
  if (error != 0) Complete(operation, Status::FromErrno(error));
}

// Makes the system call. Returns what it does.
ssize_t DescriptorPoller::Move(Operation& operation) {
  if (operation.data == nullptr) {
    const std::span<std::byte> offered = operation.Offer();
    if (offered.empty()) return -ENOBUFS;
    const ssize_t result = os::Recv(operation.fd, offered);
    if (result > 0) operation.Keep(static_cast<std::size_t>(result));
    At(operation.fd).is_drained = result < std::ssize(offered);
    return result;
  }
  const std::span<std::byte> rest(operation.data + operation.transferred,
                                  operation.size - operation.transferred);
  if (!operation.is_read()) return os::Send(operation.fd, rest);
  const ssize_t result = os::Recv(operation.fd, rest);
  At(operation.fd).is_drained = result < std::ssize(rest);
  return result;
}

// Moves bytes until the operation is complete (0), or can't go on (EAGAIN), or
// has failed (another errno).
int DescriptorPoller::Attempt(Operation& operation) {
  operation.notes.is_tried = true;
  std::size_t budget = kTurnBudgetBytes;
  for (;;) {
    const ssize_t result = Move(operation);
    if (os::WouldBlock(result)) return EAGAIN;
    if (result <= 0) {
      // Once the error is out of the socket, a reset reads like FIN.
      const int told = At(operation.fd).error;
      return told != 0 ? told : static_cast<int>(-result);
    }
    const auto moved = static_cast<std::size_t>(result);
    operation.transferred += moved;
    if (operation.kind == Operation::Kind::kRead) return 0;
    if (operation.transferred == operation.size) return 0;
    const bool is_drained = operation.is_read() && At(operation.fd).is_drained;
    if (is_drained || moved >= budget) return EAGAIN;
    budget -= moved;
  }
}

void DescriptorPoller::OnRequestsReady(int fd, Readiness ready) {
  auto& requests = At(fd).requests;
  const bool is_over = (ready & (kHungUp | kFailed)) != 0;
  At(fd).is_drained = false;
  // A read's interest outlives it until an event comes that nobody waits for;
  // a write's does not, for a socket is writable nearly always.
  Interest wanted = Interest::kNone;
  const auto is_awaiting = [](const Operation* operation) {
    return operation != nullptr && operation->notes.is_awaiting;
  };
  if (is_awaiting(requests.read)) wanted = Interest::kRead;
  const auto advance = [&](Operation* operation, bool is_ready) {
    if (!is_ready || !is_awaiting(operation)) return;
    const int error = Attempt(*operation);
    if (error != EAGAIN) Complete(*operation, Status::FromErrno(error));
  };
  advance(requests.read, is_over || (ready & kReadable) != 0);
  advance(requests.write, is_over || (ready & kWritable) != 0);
  if (is_awaiting(requests.write)) wanted = wanted | Interest::kWrite;
  if (is_over && !is_awaiting(requests.read) && !is_awaiting(requests.write)) {
    return Disarm(fd);
  }
  const int error = Arm(fd, wanted);
  if (error == 0) return;
  for (Operation* operation : {requests.read, requests.write}) {
    if (is_awaiting(operation)) Complete(*operation, Status::FromErrno(error));
  }
}

void DescriptorPoller::Cancel(Operation& operation) {
  Operation** const slot = SlotOf(operation);
  if (slot == nullptr || *slot != &operation) return;
  int error = EAGAIN;
  if (!operation.notes.is_tried) error = Attempt(operation);
  if (error != EAGAIN) return Complete(operation, Status::FromErrno(error));
  Complete(operation, Error::kCancelled);
}

void DescriptorPoller::Complete(Operation& operation, Status status) {
  Operation** const slot = SlotOf(operation);
  if (slot != nullptr && *slot == &operation) *slot = nullptr;
  auto& notes = operation.notes;
  notes.is_awaiting = false;
  notes.is_cancelled = false;
  notes.result = std::move(status);
  notes.next = nullptr;
  if (completed_first_ == nullptr) {
    completed_first_ = &operation;
  } else {
    completed_last_->notes.next = &operation;
  }
  completed_last_ = &operation;
}

void DescriptorPoller::DeliverCompleted() {
  Operation* operation = std::exchange(completed_first_, nullptr);
  while (operation != nullptr) {
    Operation* const next = operation->notes.next;
    ++event_count_;
    operation->OnComplete(std::exchange(operation->notes.result, Status()));
    operation = next;
  }
}

}  // namespace eddy::internal
