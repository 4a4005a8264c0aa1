// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringPoller: its turns, and watched descriptors.

#include "poll/uring_poller.h"

#include <poll.h>

#include <utility>

#include "base/check.h"

namespace eddy::internal {

Result<std::unique_ptr<Poller>> UringPoller::Create(
    std::shared_ptr<const os::WakeFd> wake_fd) {
  const auto can_limit = Ring::CanLimitReceive();
  if (!can_limit) return can_limit.status();
  return Create(std::move(wake_fd), *can_limit);
}

Result<std::unique_ptr<Poller>> UringPoller::Create(
    std::shared_ptr<const os::WakeFd> wake_fd, bool is_receive_limited) {
  auto ring = Ring::Create();
  if (!ring) return ring.status();
  auto buffers = ReceiveBuffers::Create(**ring);
  if (!buffers) return buffers.status();
  auto epoll = Epoll::Create();
  if (!epoll) return epoll.status();
  return std::unique_ptr<Poller>(
      new UringPoller(*std::move(ring), *std::move(buffers), *std::move(epoll),
                      std::move(wake_fd), is_receive_limited));
}

UringPoller::UringPoller(std::unique_ptr<Ring> ring,
                         std::unique_ptr<ReceiveBuffers> buffers, Epoll epoll,
                         std::shared_ptr<const os::WakeFd> wake_fd,
                         bool is_receive_limited)
    : DescriptorPoller(std::move(wake_fd)),
      buffers_(std::move(buffers)),
      ring_(std::move(ring)),
      epoll_(std::move(epoll)),
      is_receive_limited_(is_receive_limited) {}

UringPoller::~UringPoller() {
  EDDY_DCHECK(queued_first_ == nullptr, "a transport was not closed");
  EDDY_DCHECK(requests_first_ == nullptr, "a request is under way");
}

// ---- Turns ------------------------------------------------------------------

// Submits what is queued. REQUIRES: something is.
void UringPoller::ServeQueued() {
  Transport* transport = TakeQueued();
  is_lone_ = transport->notes.next == nullptr;
  retries_left_ = ReceiveBuffers::kCount;
  bool has_room = true;
  while (transport != nullptr) {
    Transport* const next = transport->notes.next;
    transport->notes.is_queued = false;
    if (IsDue(*transport)) {
      has_due_ = true;
      Queue(*transport);
    } else if (!has_room || !Serve(*transport)) {
      has_room = false;
      Queue(*transport);
    }
    transport = next;
  }
}

inline void UringPoller::Dispatch(Ring::Completion completion) {
  auto* const transport = NamedBy<Transport>(completion);
  switch (static_cast<Of>(completion.user_data & kOfMask)) {
    case Of::kReceive:
      return OnReceived(*transport, completion);
    case Of::kSend:
      return OnSendDone(*transport, completion.result);
    case Of::kEpoll:
      is_waking_armed_ = is_epoll_armed_ = false;
      return DispatchReady();
    case Of::kWake:
      is_wake_armed_ = (completion.flags & IORING_CQE_F_MORE) != 0;
      is_waking_armed_ = is_waking_armed_ && is_wake_armed_;
      return;
    case Of::kRequest:
      return OnRequestDone(*NamedBy<Operation>(completion), completion.result);
    case Of::kConnect:
      return OnConnectDone(completion);
    case Of::kNobody:
      return;
  }
}

inline void UringPoller::DispatchAll() {
  const int count = static_cast<int>(ring_->ready());
  is_lone_ = count == 1;
  for (int left = count; left > 0; --left) {
    if (left > kPrefetchDistance) {
      Prefetch(NamedBy<Transport>(ring_->Peek(kPrefetchDistance)));
    }
    Dispatch(ring_->Take());
  }
}

Status UringPoller::Wait(std::chrono::nanoseconds timeout) {
  is_wakeful_ = false;
  if (!is_waking_armed_) {
    Status status = ArmWaking();
    if (!status.ok()) return status;
  }
  if (queued_first_ != nullptr) ServeQueued();
  if (requests_first_ != nullptr) ServeRequests();
  if (is_wakeful_ || queued_first_ != nullptr || requests_first_ != nullptr ||
      has_completed()) {
    timeout = std::chrono::nanoseconds::zero();
  }
  // What is there is told even if it was the last that came.
  Status status = ring_->Enter(timeout);
  if (holds_arguments_ && ring_->queued() == 0) DropArguments();
  DispatchAll();
  if (has_completed()) DeliverCompleted();
  if (has_due_) DeliverDue();
  return status;
}

void UringPoller::DropArguments() noexcept {
  holds_arguments_ = false;
  vectors_.Clear();
  addresses_.clear();
}

// Enables the ring and polls what ends its sleep, where that is not done yet or
// has come to its end.
Status UringPoller::ArmWaking() {
  if (!ring_->is_enabled()) {
    Status status = ring_->Enable();
    if (!status.ok()) return status;
  }
  if (!is_wake_armed_) is_wake_armed_ = Watch(wake_fd().fd(), Of::kWake);
  if (!is_epoll_armed_) is_epoll_armed_ = Watch(epoll_.fd(), Of::kEpoll);
  is_waking_armed_ = is_wake_armed_ && is_epoll_armed_;
  is_wakeful_ = !is_waking_armed_;
  return {};
}

// Polls `fd`: once, or for ever if it is the wake descriptor, each of whose
// wake-ups is a completion without anyone reading it.
bool UringPoller::Watch(int fd, Of of) {
  io_uring_sqe* const submission = ring_->Next();
  if (submission == nullptr) return false;
  if (of == Of::kWake) {
    io_uring_prep_poll_multishot(submission, fd, POLLIN);
  } else {
    io_uring_prep_poll_add(submission, fd, POLLIN);
  }
  submission->user_data = static_cast<std::uint64_t>(of);
  return true;
}

// ---- Watched descriptors ----------------------------------------------------

int UringPoller::Register(int fd, Interest interest, Token token) {
  return epoll_.Add(fd, interest, token);
}

int UringPoller::Change(int fd, Interest, Interest to, Token token) {
  return epoll_.Modify(fd, to, token);
}

void UringPoller::Deregister(int fd, Interest) { epoll_.Remove(fd); }

void UringPoller::DispatchReady() {
  const int count = epoll_.Wait(std::chrono::nanoseconds::zero());
  // A failure can't be: the descriptor is ours. It would be found again.
  if (count <= 0) return;
  static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT &&
                kFailed == EPOLLERR && kHungUp == EPOLLHUP);
  for (const epoll_event& event :
       std::span(epoll_.events(), static_cast<std::size_t>(count))) {
    if (Transport* const transport = TransportOf(event.data.u64)) {
      OnReady(*transport, event.events);
    } else {
      DescriptorPoller::Dispatch(event.data.u64, event.events);
    }
  }
}

}  // namespace eddy::internal
