// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherCore: the inside of a Watcher.

#ifndef EDDY_WATCHER_WATCHER_CORE_H_
#define EDDY_WATCHER_WATCHER_CORE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "eddy/watcher.h"
#include "loop/loop_core.h"
#include "watcher/command.h"
#include "watcher/request.h"
#include "watcher/swap_buffers.h"
#include "watcher/watched.h"

namespace eddy::internal {

// WatcherCore: a loop that WaitIo turns by hand, and queues of requests for
// each descriptor, of which the poller works on the first.
//
// Calls of other threads than the driving one are put into a list, and made by
// it before its next turn.
//
// Ownership: its Watcher's. Thread: as Watcher.
class WatcherCore {
 public:
  static Result<std::unique_ptr<WatcherCore>> Create(
      const WatcherOptions& options);
  WatcherCore(std::unique_ptr<LoopCore> loop, const WatcherOptions& options);
  WatcherCore(const WatcherCore&) = delete;
  WatcherCore& operator=(const WatcherCore&) = delete;
  ~WatcherCore();

  // What the public members do. Submit takes commands of kRequest.
  Result<WatchedId> Adopt(UniqueFd fd);
  Status Submit(Command command);
  Status Shutdown(WatchedId id);
  Status Free(WatchedId id);
  Result<UniqueFd> Detach(WatchedId id);
  std::size_t Cancel(WatchedId id);
  Result<std::span<const OpResult>> WaitIo(std::chrono::nanoseconds timeout);
  void Close();
  Status SetAffinity(int cpu);
  Backend backend() const noexcept { return loop_->poller().backend(); }

  // The requests' up-calls.
  void OnComplete(Request& request, const Status& status);
  void OnTimeout(Request& request);
  SwapBuffers& swap_buffers() noexcept { return swap_; }

 private:
  // WaitTimer: fires when WaitIo has waited for long enough.
  struct WaitTimer : TimerNode {
    WaitTimer() noexcept : TimerNode(&OnFire) {}
    static void OnFire(TimerNode& node) noexcept {
      static_cast<WaitTimer&>(node).has_fired = true;
    }
    bool has_fired = false;
  };

  bool IsDriver() const noexcept;
  // Makes the caller the driving thread if there is none. Returns whether it is
  // the one.
  bool BecomeDriver();

  // Other threads' calls. RunCommands throws std::bad_alloc before it runs any.
  Status Push(Command&& command);
  void RunCommands();
  void Run(Command& command);
  void Refuse(const Command& command, Status status);

  // Descriptors.
  Result<WatchedId> TakeId();
  void ReturnSlot(WatchedId id);
  void Insert(std::unique_ptr<Watched> watched);
  Watched* Find(WatchedId id) noexcept;
  // The same once all is made that other threads have asked for. Throws
  // std::bad_alloc.
  Watched* FindLatest(WatchedId id);
  // Has another thread's call made by the driving one, or makes it here.
  Status Call(Command::Verb verb, WatchedId id);
  void Make(Command::Verb verb, Watched& watched);
  void EndWriting(Watched& watched);
  void End(Watched& watched, const Status& reason);
  void EndAll();
  void CloseNow(Watched& watched);
  UniqueFd Erase(Watched& watched);

  // Requests.
  void Enqueue(Watched& watched, const Command& command);
  void ReserveResults(std::size_t count);
  Request& TakeRequest();
  void Advance(Watched& watched, RequestQueue& queue);
  void Stop(Watched& watched, RequestQueue& queue);
  std::size_t CancelAll(Watched& watched);
  void ServeStarved();
  Status OutcomeOf(const Request& request, const Status& status) const;
  void Finish(Request& request, Status status);

  // WaitIo.
  Status TurnUntilResults(std::chrono::nanoseconds timeout);
  bool HasEnded() const noexcept;
  // Once it is true no command comes any more.
  bool IsClosed();
  void ReleaseHandedOut();
  void CountOpen(std::size_t count) noexcept;

  std::unique_ptr<LoopCore> loop_;
  const std::size_t max_requests_;
  std::atomic<std::thread::id> driver_;  // none at first

  // The driving thread's.
  SwapBuffers swap_;
  std::vector<std::unique_ptr<Watched>> watched_;  // by slot
  std::size_t watched_count_ = 0;
  std::deque<Request> requests_;  // all, in use or not
  Request* unused_ = nullptr;
  StarvedList starved_;
  std::vector<OpResult> results_;     // to be handed out; has room for all
  std::vector<OpResult> handed_out_;  // good until the next WaitIo
  WaitTimer wait_timer_;
  bool is_ended_ = false;  // after Close: all descriptors are being ended
  std::vector<Command> batch_;

  // Requests that were not handed out. Written by the driving thread alone.
  std::atomic<std::size_t> open_count_ = 0;
  // Requests among commands_. Written under mutex_.
  std::atomic<std::size_t> pending_count_ = 0;
  std::atomic<bool> is_closed_ = false;  // changes under mutex_
  std::atomic<bool> has_commands_ = false;
  std::mutex mutex_;
  std::vector<Command> commands_;          // under mutex_
  std::optional<int> wanted_cpu_;          // under mutex_
  std::uint64_t last_generation_ = 0;      // under mutex_
  std::uint32_t slot_count_ = 0;           // under mutex_
  std::vector<std::uint32_t> free_slots_;  // under mutex_
};

}  // namespace eddy::internal

#endif  // EDDY_WATCHER_WATCHER_CORE_H_
