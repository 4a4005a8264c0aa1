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
  operation.transferred = 0;
  const int fd = operation.fd;
  const bool is_new = fd < 0 ||
                      static_cast<unsigned>(fd) >= registrations_.size() ||
                      At(fd).kind != Kind::kRequests;
  if (is_new) {
    Status status = Claim(fd, Kind::kRequests);
    if (!status.ok()) return Complete(operation, std::move(status));
  }
  const int error = Attempt(operation);
  if (error != EAGAIN) return Complete(operation, Status::FromErrno(error));
  auto& requests = At(fd).requests;
  auto& mine = operation.is_read() ? requests.read : requests.write;
  EDDY_DCHECK(mine == nullptr, "one read and one write at a time");
  mine = &operation;
  const Interest side =
      operation.is_read() ? Interest::kRead : Interest::kWrite;
  const int arm_error = Arm(fd, At(fd).armed | side);
  if (arm_error == 0) return;
  mine = nullptr;
  Complete(operation, Status::FromErrno(arm_error));
}

// Moves bytes until the operation is complete (0), or can't go on (EAGAIN), or
// has failed (another errno).
int DescriptorPoller::Attempt(Operation& operation) {
  std::size_t budget = kTurnBudgetBytes;
  for (;;) {
    const std::span<std::byte> rest(operation.data + operation.transferred,
                                    operation.size - operation.transferred);
    const ssize_t result = operation.is_read() ? os::Recv(operation.fd, rest)
                                               : os::Send(operation.fd, rest);
    if (os::WouldBlock(result)) return EAGAIN;
    if (result <= 0) {
      // Once the error is out of the socket, a reset reads like FIN.
      const int told = At(operation.fd).error;
      return told != 0 ? told : static_cast<int>(-result);
    }
    const auto moved = static_cast<std::size_t>(result);
    operation.transferred += moved;
    if (operation.transferred == operation.size) return 0;
    if (operation.kind == Operation::Kind::kRead) return 0;
    if (moved >= budget) return EAGAIN;
    budget -= moved;
  }
}

void DescriptorPoller::OnRequestsReady(int fd, Readiness ready) {
  auto& requests = At(fd).requests;
  const bool is_over = (ready & (kHungUp | kFailed)) != 0;
  // A read's interest outlives it until an event comes that nobody waits for;
  // a write's does not, for a socket is writable nearly always.
  Interest wanted = Interest::kNone;
  if (requests.read != nullptr) wanted = Interest::kRead;
  const auto advance = [&](Operation*& operation, bool is_ready) {
    if (operation == nullptr || !is_ready) return;
    const int error = Attempt(*operation);
    if (error == EAGAIN) return;
    Complete(*std::exchange(operation, nullptr), Status::FromErrno(error));
  };
  advance(requests.read, is_over || (ready & kReadable) != 0);
  advance(requests.write, is_over || (ready & kWritable) != 0);
  if (requests.write != nullptr) wanted = wanted | Interest::kWrite;
  const bool is_idle = requests.read == nullptr && requests.write == nullptr;
  if (is_idle && is_over) return Disarm(fd);
  const int error = Arm(fd, wanted);
  if (error == 0) return;
  for (Operation** operation : {&requests.read, &requests.write}) {
    if (*operation == nullptr) continue;
    Complete(*std::exchange(*operation, nullptr), Status::FromErrno(error));
  }
}

void DescriptorPoller::Cancel(Operation& operation) {
  const int fd = operation.fd;
  if (fd < 0 || static_cast<unsigned>(fd) >= registrations_.size()) return;
  if (At(fd).kind != Kind::kRequests) return;
  auto& requests = At(fd).requests;
  for (Operation** mine : {&requests.read, &requests.write}) {
    if (*mine != &operation) continue;
    *mine = nullptr;
    return Complete(operation, Error::kCancelled);
  }
}

void DescriptorPoller::Complete(Operation& operation, Status status) {
  operation.result = std::move(status);
  operation.next = nullptr;
  if (completed_first_ == nullptr) {
    completed_first_ = &operation;
  } else {
    completed_last_->next = &operation;
  }
  completed_last_ = &operation;
}

void DescriptorPoller::DeliverCompleted() {
  Operation* operation = std::exchange(completed_first_, nullptr);
  while (operation != nullptr) {
    Operation* next = operation->next;
    ++event_count_;
    operation->OnComplete(std::exchange(operation->result, Status()));
    operation = next;
  }
}

}  // namespace eddy::internal
