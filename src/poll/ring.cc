// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Ring: an io_uring.

#include "poll/ring.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "eddy/unique_fd.h"
#include "os/kernel_call.h"
#include "poll/poller.h"

namespace eddy::internal {
namespace {

constexpr unsigned kSubmissions = 256;
// The kernel keeps completions beyond that, but ends what goes on (multishot).
constexpr unsigned kCompletions = 4096;

std::string_view WhyNot(int error) noexcept {
  switch (error) {
    case ENOSYS:
      return "the kernel has no io_uring";
    case EINVAL:
      return "io_uring is too old here, Linux 6.1 is needed";
    case EPERM:
    case EACCES:
      return "io_uring is forbidden here (seccomp or kernel.io_uring_disabled)";
    case ENOMEM:
      return "io_uring may not lock enough memory (RLIMIT_MEMLOCK)";
    default:
      return "io_uring_setup";
  }
}

Status Refusal(int result) {
  const Status status = Status::FromErrno(-result, WhyNot(-result));
  return Status(Error::kUnsupported, status.message());
}

// Whether the queues may still be used after `error` of an enter.
bool IsPassing(int error) noexcept {
  return error == ETIME || error == EINTR || error == EAGAIN || error == EBUSY;
}

// Whether the kernel limits receives: yes, unless it calls that invalid. Asked
// of a ring that is made for it, with a receive that ends at once whatever else
// befalls it. An error: a ring can't be used here.
Result<bool> ProbeReceiveLimit() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return Status::FromErrno(errno, "socketpair");
  }
  const UniqueFd ours(pair[0]);
  const UniqueFd peer(pair[1]);
  ::shutdown(peer.get(), SHUT_WR);
  io_uring ring{};
  int result = io_uring_queue_init(1, &ring, 0);
  if (result < 0) return Refusal(result);
  io_uring_sqe* const submission = io_uring_get_sqe(&ring);
  io_uring_prep_recv_multishot(submission, ours.get(), nullptr, 0, 0);
  submission->flags |= IOSQE_BUFFER_SELECT;
  Ring::LimitReceive(*submission, 1);
  io_uring_cqe* completion = nullptr;
  result = io_uring_submit_and_wait(&ring, 1);
  if (result >= 0) result = io_uring_peek_cqe(&ring, &completion);
  const bool is_known = result == 0 && completion->res != -EINVAL;
  io_uring_queue_exit(&ring);
  if (result < 0) return Refusal(result);
  return is_known;
}

}  // namespace

Result<bool> Ring::CanLimitReceive() {
  enum Answer { kUnknown, kNo, kYes };
  // An error may pass, and is not kept.
  static constinit std::atomic<Answer> answer = kUnknown;
  if (answer == kUnknown) {
    const auto can = ProbeReceiveLimit();
    if (!can) return can.status();
    answer = *can ? kYes : kNo;
  }
  return answer == kYes;
}

Result<std::unique_ptr<Ring>> Ring::Create() {
  std::unique_ptr<Ring> ring(new Ring());
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  params.cq_entries = kCompletions;
  const int result =
      io_uring_queue_init_params(kSubmissions, &ring->ring_, &params);
  if (result == 0) {
    const io_uring_sq& queue = ring->ring_.sq;
    // Entry i of the queue is submission i, for good; without an array, too.
    for (unsigned i = 0; queue.array != nullptr && i < *queue.kring_entries;
         ++i) {
      queue.array[i] = i;
    }
    return ring;
  }
  ring->ring_.ring_fd = -1;
  return Refusal(result);
}

Ring::~Ring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

Status Ring::Enable() {
  // liburing 2.3 forgot to export its function for this.
  const long result = ::syscall(SYS_io_uring_register, ring_.ring_fd,
                                IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  if (result < 0) return Status::FromErrno(errno, "io_uring_register");
  is_enabled_ = true;
  return {};
}

unsigned Ring::Publish() noexcept {
  io_uring_sq& queue = ring_.sq;
  queue.sqe_head = queue.sqe_tail;
  io_uring_smp_store_release(queue.ktail, queue.sqe_tail);
  return queued();
}

io_uring_sqe* Ring::Next() {
  io_uring_sqe* next = io_uring_get_sqe(&ring_);
  if (next != nullptr) return next;
  os::KernelCall(SYS_io_uring_enter, ring_.ring_fd, Publish(), 0);
  return io_uring_get_sqe(&ring_);
}

bool Ring::Withdraw(std::uint64_t user_data) noexcept {
  const io_uring_sq& queue = ring_.sq;
  const unsigned mask = *queue.kring_mask;
  const unsigned head = io_uring_smp_load_acquire(queue.khead);
  for (unsigned at = head; at != queue.sqe_tail; ++at) {
    io_uring_sqe& submission = queue.sqes[at & mask];
    if (submission.user_data != user_data) continue;
    io_uring_prep_nop(&submission);
    submission.user_data = 0;
    return true;
  }
  return false;
}

// How long the kernel waits for `count` completions is up to `argument`.
inline long Ring::EnterKernel(unsigned count, unsigned flags,
                              const io_uring_getevents_arg* argument) noexcept {
  return os::KernelCall(SYS_io_uring_enter, ring_.ring_fd, Publish(), count,
                        IORING_ENTER_GETEVENTS | flags,
                        os::KernelArgument(argument), sizeof(*argument));
}

long Ring::EnterFor(std::chrono::nanoseconds timeout) noexcept {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(timeout);
  __kernel_timespec limit{};
  limit.tv_sec = seconds.count();
  limit.tv_nsec = (timeout - seconds).count();
  io_uring_getevents_arg argument{};
  argument.ts = reinterpret_cast<std::uintptr_t>(&limit);
  return EnterKernel(1, IORING_ENTER_EXT_ARG, &argument);
}

bool Ring::Submit() noexcept { return EnterKernel(0, 0, nullptr) >= 0; }

Status Ring::Enter(std::chrono::nanoseconds timeout) {
  long result = 0;
  if (timeout == Poller::kForever) {
    result = EnterKernel(1, 0, nullptr);
  } else if (timeout > timeout.zero()) {
    result = EnterFor(timeout);
  } else {
    result = EnterKernel(0, 0, nullptr);
  }
  const int error = static_cast<int>(-result);
  if (result >= 0 || IsPassing(error)) return {};
  return Status::FromErrno(error, "io_uring_enter");
}

}  // namespace eddy::internal
