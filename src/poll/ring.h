// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Ring: an io_uring.

#ifndef EDDY_POLL_RING_H_
#define EDDY_POLL_RING_H_

#include <liburing.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "eddy/status.h"

namespace eddy::internal {

// Ring: queues of submissions and completions that are shared with the kernel.
//
// It works for one thread alone and defers its work to Enter (SINGLE_ISSUER and
// DEFER_TASKRUN, Linux 6.1): without these it costs a third more than epoll.
//
// Thread: made by any; all other members are for the thread that calls Enable,
//   but for the destructor.
class Ring {
 public:
  struct Completion {
    std::uint64_t user_data;
    int result;  // or a negative errno
    unsigned flags;
  };

  // kUnsupported with the reason if the system can't or may not have one.
  static Result<std::unique_ptr<Ring>> Create();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  io_uring& get() noexcept { return ring_; }

  // Whether the kernel takes a limit for a multishot receive (Linux 6.17).
  // kUnsupported with the reason if it lets nobody enter a ring.
  static Result<bool> CanLimitReceive();
  // Has the multishot receive that `submission` is end once it has brought
  // `bytes`; the buffer with which it does is filled all the same. REQUIRES:
  // CanLimitReceive().
  static void LimitReceive(io_uring_sqe& submission,
                           std::uint32_t bytes) noexcept {
    // Its name there is optlen, which the headers of Linux 6.1 do not know.
    submission.file_index = bytes;
  }

  // Gives the ring to the calling thread.
  Status Enable();
  bool is_enabled() const noexcept { return is_enabled_; }

  // The next submission, to be filled by one of liburing's prep functions,
  // which sets every member but user_data. nullptr if the queue is full, and
  // the kernel takes nothing just now.
  io_uring_sqe* Next();
  // How many submissions the kernel has not taken yet.
  unsigned queued() const noexcept { return io_uring_sq_ready(&ring_); }
  // Takes back the submission with this user_data, if the kernel has not taken
  // it yet. Returns whether it was so.
  bool Withdraw(std::uint64_t user_data) noexcept;
  // Submits what is queued, and lets the kernel do all that it can do at once.
  // Returns whether it could. REQUIRES: is_enabled().
  bool Submit() noexcept;
  // Submits what is queued, and waits for a completion for at most `timeout`
  // (0: not at all). Fails only if that is impossible for good.
  Status Enter(std::chrono::nanoseconds timeout);

  // How many completions are here.
  unsigned ready() const noexcept { return io_uring_cq_ready(&ring_); }
  // The one behind `count` others. REQUIRES: count < ready().
  Completion Peek(unsigned count) const noexcept {
    const io_uring_cq& queue = ring_.cq;
    const unsigned at = (*queue.khead + count) & *queue.kring_mask;
    const io_uring_cqe& entry = queue.cqes[at];
    return {entry.user_data, entry.res, entry.flags};
  }
  // Removes the first. REQUIRES: ready() > 0.
  Completion Take() noexcept {
    const Completion taken = Peek(0);
    io_uring_smp_store_release(ring_.cq.khead, *ring_.cq.khead + 1);
    return taken;
  }

 private:
  Ring() = default;

  // Shows the kernel what is queued. Returns how many it has not taken yet.
  unsigned Publish() noexcept;
  // These return the kernel's answer, or the negative errno.
  long EnterKernel(unsigned count, unsigned flags,
                   const io_uring_getevents_arg* argument) noexcept;
  long EnterFor(std::chrono::nanoseconds timeout) noexcept;

  io_uring ring_{};
  bool is_enabled_ = false;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_RING_H_
