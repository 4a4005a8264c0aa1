// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Watcher: reads and writes that complete one at a time.

#ifndef EDDY_WATCHER_H_
#define EDDY_WATCHER_H_

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "eddy/backend.h"
#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"

namespace eddy {

namespace internal {
class WatcherCore;
}  // namespace internal

enum class Operation : std::uint8_t { kRead, kWrite };

// WatchedId: names one descriptor of one watcher, for ever: never another one
// that got its place or number.
struct WatchedId {
  std::uint64_t generation = 0;  // 0: none
  std::uint32_t slot = 0;

  explicit operator bool() const noexcept { return generation != 0; }
  friend auto operator<=>(const WatchedId&, const WatchedId&) = default;
};

// Deadline: a time on the steady clock.
using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

// OpResult: how one request ended.
struct OpResult {
  Operation operation = Operation::kRead;
  WatchedId id{};
  void* context = nullptr;  // as the request had it
  // The request's buffer; of a swap buffer, the bytes that were received. Those
  // of a write were only read.
  std::span<std::byte> buffer{};
  std::size_t size = 0;  // bytes moved, also before an error
  bool is_swap_buffer = false;
  // Not ok: kEndOfStream, the peer sent FIN before the first byte, or before
  // all that ReadFull asked for; kTimeout, the deadline passed; kCancelled, by
  // Cancel or Detach; kClosed, by Free or Close, or the id is not the watcher's
  // (any more); kTornStream, an earlier write ended in the middle; kNoMemory;
  // else the system's errno.
  Status status{};
};

struct WatcherOptions {
  Backend backend = Backend::kAuto;
  // The most that a read without a buffer brings. Each is offered all of it.
  std::size_t swap_buffer_bytes = std::size_t{64} << 10;
  // Memory for swap buffers, of which a WaitIo hands out no more; at least four
  // times swap_buffer_bytes. Reads that find none left wait until some is free.
  // A write from one keeps up to four times swap_buffer_bytes in use: give it a
  // deadline, or peers that take nothing may come to hold all of it.
  std::size_t max_swap_bytes = std::size_t{16} << 20;
  // Requests that have not been handed out by WaitIo.
  std::size_t max_requests = std::size_t{1} << 20;
  // Binds the driving thread to a CPU, as SetAffinity.
  std::optional<int> cpu{};
  // The grain of deadlines: they pass up to this much late, never early.
  std::chrono::nanoseconds timer_tick = std::chrono::milliseconds(1);
  // LoopOptions::spin.
  std::chrono::nanoseconds spin{0};
};

// Watcher: a proactor. A program asks for single reads and writes on sockets
// that it has handed over, and collects what became of them from WaitIo. What
// it does not ask for stays with the peer, by TCP's own flow control.
//
// Each request that was accepted (answered by ok) completes exactly once. The
// reads of a descriptor complete in the order they were asked for, and so do
// its writes, but those whose deadline passes before their turn; the two do not
// wait for each other.
//
// Ownership: of each adopted descriptor, until Free, Detach or Close. Buffers
//   stay the caller's, and as they are until the request's result comes out of
//   WaitIo, or the watcher is destroyed.
// Thread: the one that first calls WaitIo or Detach drives the watcher from
//   then on, and no other may call those two. All else is for any thread, also
//   before; requests begin when the driving thread is in WaitIo, its own
//   perhaps sooner. The destructor is for the driving thread, or for any once
//   WaitIo has said kClosed.
class EDDY_EXPORT Watcher {
 public:
  static constexpr std::chrono::nanoseconds kForever =
      std::chrono::nanoseconds::max();

  // Fails with kUnsupported for a backend that this machine or build lacks,
  // kInvalidArgument for sizes or a CPU that can't be, else the system's errno.
  static Result<std::unique_ptr<Watcher>> Create(WatcherOptions options = {});
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  // Close, but nobody is told any more. Returns when the kernel holds none of
  // the callers' buffers.
  ~Watcher();

  // Takes over a stream socket from anywhere: accepted, connected or inherited.
  // Its options stay as they are; it is made non-blocking.
  //
  // Returns: kUnsupported for what is no stream socket or listens (it is closed
  //   then, as after any error); kClosed after Close; kNoMemory; EBADF.
  Result<WatchedId> Adopt(UniqueFd fd);

  // All of these return: kClosed after Close, or for an id that is known not to
  // be the watcher's; kEmptyBuffer; kTooManyRequests when max_requests are
  // outstanding; kNoMemory. An error means that there will be no result.

  // Reads what comes, into memory of the watcher's that is the caller's until
  // its next WaitIo. A Write from there keeps it until that has completed.
  [[nodiscard]] Status Read(WatchedId id, void* context,
                            Deadline deadline = kNoDeadline);
  // Reads what comes, at most the buffer's size.
  [[nodiscard]] Status Read(WatchedId id, void* context,
                            std::span<std::byte> buffer,
                            Deadline deadline = kNoDeadline);
  // Reads until the buffer is full.
  [[nodiscard]] Status ReadFull(WatchedId id, void* context,
                                std::span<std::byte> buffer,
                                Deadline deadline = kNoDeadline);
  // Writes all of the buffer. A write that ended after some of its bytes leaves
  // the stream torn: later ones fail with kTornStream.
  [[nodiscard]] Status Write(WatchedId id, void* context,
                             std::span<const std::byte> buffer,
                             Deadline deadline = kNoDeadline);

  // Sends FIN behind the writes asked for so far, unless the stream is torn;
  // writes asked for later fail with EPIPE. kClosed if the id is known not to
  // be the watcher's; kNoMemory; on other threads than the driving one
  // kTooManyRequests when 65,536 of their calls wait, as for Free and Adopt.
  Status Shutdown(WatchedId id);
  // Closes the descriptor; its requests complete with kClosed. If writes are
  // lost by that, or the stream is torn, the peer sees a reset. Returns what
  // Shutdown does.
  Status Free(WatchedId id);
  // Gives the descriptor back as it came, blocking if it was so; its requests
  // complete with kCancelled. Turns the watcher until they have, so it may wait
  // for the kernel. kWrongThread, or kClosed as above.
  Result<UniqueFd> Detach(WatchedId id);
  // Completes all requests of the descriptor soon, with kCancelled or as they
  // would have otherwise. Returns how many there are; on other threads than the
  // driving one 0: there it is a request, lost where Free would be refused.
  std::size_t Cancel(WatchedId id);

  // Waits until at least one request has completed, and returns the results of
  // all that have; none when `timeout` has passed (0: does not wait). They, and
  // swap buffers, are good until the next call.
  //
  // Returns: kClosed when all that was outstanding at Close has been handed
  //   out; kWrongThread; kNoMemory, after which it may be called again; or the
  //   error that makes waiting impossible.
  Result<std::span<const OpResult>> WaitIo(
      std::chrono::nanoseconds timeout = kForever);
  // Refuses requests from now on; those outstanding complete with kClosed, and
  // all descriptors are closed, by the WaitIo that runs or comes next. May be
  // called again.
  void Close();

  // Binds the driving thread to `cpu`, at the latest at its next WaitIo.
  // kInvalidArgument for a CPU that is not there or not allowed; kClosed after
  // Close; kUnsupported where the system can't.
  [[nodiscard]] Status SetAffinity(int cpu);

  Backend backend() const noexcept;

 private:
  explicit Watcher(std::unique_ptr<internal::WatcherCore> core);

  std::unique_ptr<internal::WatcherCore> core_;
};

}  // namespace eddy

#endif  // EDDY_WATCHER_H_
