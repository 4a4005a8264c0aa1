// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherCore: descriptors, calls of other threads, and WaitIo.

#include "watcher/watcher_core.h"

#include <new>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "os/socket.h"
#include "os/thread.h"

namespace eddy::internal {
namespace {

// Calls of other threads, beyond requests, that may wait for the driving one.
constexpr std::size_t kMaxCalls = std::size_t{1} << 16;

}  // namespace

Result<std::unique_ptr<WatcherCore>> WatcherCore::Create(
    const WatcherOptions& options) try {
  if (options.swap_buffer_bytes == 0 ||
      options.swap_buffer_bytes >
          options.max_swap_bytes / SwapBuffers::kReadsInBlock) {
    return Status(Error::kInvalidArgument,
                  "max_swap_bytes must be at least four times "
                  "swap_buffer_bytes, which must not be 0");
  }
  if (options.max_requests == 0) {
    return Status(Error::kInvalidArgument, "max_requests must not be 0");
  }
  if (options.spin < options.spin.zero()) {
    return Status(Error::kInvalidArgument, "spin is negative");
  }
  auto loop = LoopCore::Create({.backend = options.backend,
                                .timer_tick = options.timer_tick,
                                .spin = options.spin});
  if (!loop) return loop.status();
  auto core = std::make_unique<WatcherCore>(*std::move(loop), options);
  if (options.cpu) {
    Status status = core->SetAffinity(*options.cpu);
    if (!status.ok()) return status;
  }
  return core;
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

WatcherCore::WatcherCore(std::unique_ptr<LoopCore> loop,
                         const WatcherOptions& options)
    : loop_(std::move(loop)),
      max_requests_(options.max_requests),
      swap_(options.swap_buffer_bytes, options.max_swap_bytes) {
  // A nudge only has to end a sleep: RunCommands comes before each turn.
  loop_->SetStandingTask([] {});
}

WatcherCore::~WatcherCore() {
  Close();
  if (!BecomeDriver()) {
    for (const auto& watched : watched_) {
      EDDY_CHECK(watched == nullptr || watched->is_idle(),
                 "a Watcher with outstanding requests is destroyed on another "
                 "thread than the one that drives it: Close it, and let that "
                 "one call WaitIo until it says kClosed");
    }
  }
  // What other threads asked for last begins no more, and nobody is told.
  commands_.clear();
  EndAll();
  while (watched_count_ > 0 && loop_->Turn().ok()) {
  }
  for (Request& request : requests_) {
    if (request.is_scheduled()) loop_->wheel().Cancel(request);
  }
  if (wait_timer_.is_scheduled()) loop_->wheel().Cancel(wait_timer_);
}

bool WatcherCore::IsDriver() const noexcept {
  return driver_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

bool WatcherCore::BecomeDriver() {
  if (IsDriver()) return true;
  std::thread::id nobody;
  return driver_.compare_exchange_strong(nobody, std::this_thread::get_id());
}

// ---- Other threads ----------------------------------------------------------

Status WatcherCore::Push(Command&& command) try {
  // A reference of its own: from here on the driving thread may see the end,
  // and the watcher be destroyed.
  const auto queue = loop_->queue();
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return Error::kClosed;
    const bool is_request = command.verb == Command::Verb::kRequest;
    const std::size_t calls = commands_.size() - pending_count_;
    if (is_request ? pending_count_ + open_count_ >= max_requests_
                   : calls >= kMaxCalls) {
      return Error::kTooManyRequests;
    }
    commands_.push_back(std::move(command));
    if (is_request) ++pending_count_;
    has_commands_ = true;
  }
  queue->Nudge();
  return {};
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

void WatcherCore::RunCommands() {
  if (!has_commands_) return;
  std::optional<int> cpu;
  {
    const std::lock_guard lock(mutex_);
    ReserveResults(pending_count_);
    has_commands_ = false;
    batch_.swap(commands_);
    cpu = std::exchange(wanted_cpu_, std::nullopt);
    CountOpen(open_count_ + pending_count_);
    pending_count_ = 0;
  }
  for (Command& command : batch_) Run(command);
  batch_.clear();
  if (!cpu) return;
  const Status status = os::PinToCpu(*cpu);
  // Slower, not wrong.
  if (!status.ok()) Log(Level::kWarning, "{}", status);
}

void WatcherCore::Run(Command& command) {
  try {
    if (command.verb == Command::Verb::kAdopt) {
      return Insert(std::move(command.watched));
    }
    Watched* const watched = Find(command.id);
    if (command.verb == Command::Verb::kRequest) {
      if (watched == nullptr) return Refuse(command, Error::kClosed);
      return Enqueue(*watched, command);
    }
    if (watched != nullptr) Make(command.verb, *watched);
  } catch (const std::bad_alloc&) {
    if (command.verb == Command::Verb::kRequest) {
      return Refuse(command, Error::kNoMemory);
    }
    // Its requests will be told that it is closed.
    Log(Level::kError, "an adopted descriptor was closed: no memory");
  }
}

// The caller has been told that it was accepted.
void WatcherCore::Refuse(const Command& command, Status status) {
  const bool is_write = command.kind == Operation::Kind::kWrite;
  results_.push_back(
      {.operation = is_write ? eddy::Operation::kWrite : eddy::Operation::kRead,
       .id = command.id,
       .context = command.context,
       .buffer = command.buffer,
       .is_swap_buffer = command.is_swap,
       .status = std::move(status)});
}

void WatcherCore::Close() {
  const auto queue = loop_->queue();  // as Push
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  queue->Nudge();
}

bool WatcherCore::IsClosed() {
  if (!is_closed_) return false;
  // Whoever closed it is done with the mutex, too, and all the others.
  const std::lock_guard lock(mutex_);
  return true;
}

Status WatcherCore::SetAffinity(int cpu) {
  if (is_closed_) return Error::kClosed;
  if (Status status = os::CheckCpu(cpu); !status.ok()) return status;
  const auto queue = loop_->queue();  // as Push
  {
    const std::lock_guard lock(mutex_);
    wanted_cpu_ = IsDriver() ? std::nullopt : std::optional(cpu);
    has_commands_ = has_commands_ || wanted_cpu_;
  }
  if (IsDriver()) return os::PinToCpu(cpu);
  queue->Nudge();
  return {};
}

// ---- Descriptors ------------------------------------------------------------

Result<WatchedId> WatcherCore::Adopt(UniqueFd fd) try {
  if (Status status = os::CheckStream(fd.get()); !status.ok()) return status;
  auto watched = std::make_unique<Watched>(std::move(fd));
  watched->was_blocking = os::SetBlocking(watched->fd.get(), false);
  const auto id = TakeId();
  if (!id) return id.status();
  watched->id = *id;
  if (IsDriver()) {
    Insert(std::move(watched));
    return *id;
  }
  Command command{.verb = Command::Verb::kAdopt, .id = *id};
  command.watched = std::move(watched);
  if (Status status = Push(std::move(command)); !status.ok()) {
    ReturnSlot(*id);
    return status;
  }
  return *id;
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

Result<WatchedId> WatcherCore::TakeId() {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return Error::kClosed;
  WatchedId id{.generation = ++last_generation_};
  if (!free_slots_.empty()) {
    id.slot = free_slots_.back();
    free_slots_.pop_back();
    return id;
  }
  // So that giving it back needs no memory.
  if (free_slots_.capacity() <= slot_count_) {
    free_slots_.reserve(2 * std::size_t{slot_count_} + 1);
  }
  id.slot = slot_count_++;
  return id;
}

void WatcherCore::ReturnSlot(WatchedId id) {
  const std::lock_guard lock(mutex_);
  free_slots_.push_back(id.slot);
}

void WatcherCore::Insert(std::unique_ptr<Watched> watched) try {
  const std::uint32_t slot = watched->id.slot;
  if (slot >= watched_.size()) watched_.resize(slot + 1);
  watched_[slot] = std::move(watched);
  ++watched_count_;
} catch (const std::bad_alloc&) {
  ReturnSlot(watched->id);
  throw;
}

Watched* WatcherCore::Find(WatchedId id) noexcept {
  if (id.slot >= watched_.size()) return nullptr;
  Watched* const watched = watched_[id.slot].get();
  if (watched == nullptr || watched->id != id) return nullptr;
  return watched->is_ending() ? nullptr : watched;
}

Watched* WatcherCore::FindLatest(WatchedId id) {
  RunCommands();
  return Find(id);
}

Status WatcherCore::Shutdown(WatchedId id) {
  return Call(Command::Verb::kShutdown, id);
}

Status WatcherCore::Free(WatchedId id) {
  return Call(Command::Verb::kFree, id);
}

Status WatcherCore::Call(Command::Verb verb, WatchedId id) try {
  if (!IsDriver()) return Push({.verb = verb, .id = id});
  Watched* const watched = FindLatest(id);
  if (watched == nullptr) return Error::kClosed;
  Make(verb, *watched);
  return {};
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

void WatcherCore::Make(Command::Verb verb, Watched& watched) {
  switch (verb) {
    case Command::Verb::kShutdown:
      watched.is_shut_down = true;
      return EndWriting(watched);
    case Command::Verb::kFree:
      return End(watched, Error::kClosed);
    case Command::Verb::kCancel:
      CancelAll(watched);
      return;
    case Command::Verb::kAdopt:
    case Command::Verb::kRequest:
      return;
  }
}

// Sends FIN behind the last write that was made before Shutdown, unless what
// was sent would pass for the whole.
void WatcherCore::EndWriting(Watched& watched) {
  const Request* const next = watched.writes.first();
  if (!watched.is_shut_down || (next != nullptr && !next->is_too_late)) return;
  if (watched.is_torn || watched.is_cut || watched.is_detached) return;
  if (std::exchange(watched.is_fin_sent, true)) return;
  os::ShutdownWrite(watched.fd.get());
}

// Its requests complete with `reason`, and then it is closed.
void WatcherCore::End(Watched& watched, const Status& reason) {
  watched.end = reason;
  Stop(watched, watched.reads);
  Stop(watched, watched.writes);
  if (watched.is_idle() && !watched.is_detached) CloseNow(watched);
}

// If writes are lost by that, the peer sees a reset.
void WatcherCore::CloseNow(Watched& watched) {
  if (watched.is_torn || watched.is_cut) os::ResetOnClose(watched.fd.get());
  Erase(watched);
}

void WatcherCore::EndAll() {
  is_ended_ = true;
  for (const auto& watched : watched_) {
    if (watched != nullptr && !watched->is_ending()) {
      End(*watched, Error::kClosed);
    }
  }
}

UniqueFd WatcherCore::Erase(Watched& watched) {
  UniqueFd fd = std::move(watched.fd);
  loop_->poller().Remove(fd.get());
  if (watched.is_starved) starved_.Remove(watched);
  const WatchedId id = watched.id;
  watched_[id.slot].reset();
  --watched_count_;
  ReturnSlot(id);
  return fd;
}

Result<UniqueFd> WatcherCore::Detach(WatchedId id) try {
  if (!BecomeDriver()) return Error::kWrongThread;
  Watched* const watched = FindLatest(id);
  if (watched == nullptr) return Error::kClosed;
  watched->is_detached = true;
  End(*watched, Error::kCancelled);
  while (!watched->is_idle()) {
    Status status = loop_->Turn();
    if (status.ok()) continue;
    watched->is_detached = false;
    return status;
  }
  const bool was_blocking = watched->was_blocking;
  UniqueFd fd = Erase(*watched);
  if (was_blocking) os::SetBlocking(fd.get(), true);
  return fd;
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

// ---- WaitIo -----------------------------------------------------------------

Result<std::span<const OpResult>> WatcherCore::WaitIo(
    std::chrono::nanoseconds timeout) try {
  if (!BecomeDriver()) return Error::kWrongThread;
  // Before the swap buffers go that were handed out: another thread may have
  // asked to write from them.
  RunCommands();
  ReleaseHandedOut();
  Status status = TurnUntilResults(timeout);
  if (!status.ok() && results_.empty()) return status;
  handed_out_.reserve(open_count_);
  handed_out_.swap(results_);
  CountOpen(open_count_ - handed_out_.size());
  return std::span<const OpResult>(handed_out_);
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

Status WatcherCore::TurnUntilResults(std::chrono::nanoseconds timeout) {
  const bool may_wait = timeout > timeout.zero();
  // Want of memory may have left it there.
  if (wait_timer_.is_scheduled()) loop_->wheel().Cancel(wait_timer_);
  wait_timer_.has_fired = !may_wait;
  if (may_wait && timeout != Watcher::kForever) {
    loop_->wheel().Schedule(wait_timer_,
                            AddSaturated(loop_->clock().Now(), timeout));
  }
  Status status;
  do {
    const bool is_closed = IsClosed();
    RunCommands();
    ServeStarved();
    if (is_closed) EndAll();
    if (HasEnded()) {
      status = Error::kClosed;
      break;
    }
    if (!results_.empty() || !may_wait) loop_->KeepTurning();
    status = loop_->Turn();
  } while (status.ok() && results_.empty() && !wait_timer_.has_fired);
  if (wait_timer_.is_scheduled()) loop_->wheel().Cancel(wait_timer_);
  return status;
}

// After Close nothing is left but to hand out results.
bool WatcherCore::HasEnded() const noexcept {
  return is_ended_ && watched_count_ == 0;
}

void WatcherCore::ReleaseHandedOut() {
  for (const OpResult& result : handed_out_) {
    if (result.is_swap_buffer && result.size > 0) {
      swap_.Release(result.buffer.data());
    }
  }
  handed_out_.clear();
}

void WatcherCore::CountOpen(std::size_t count) noexcept {
  open_count_.store(count, std::memory_order_relaxed);
}

}  // namespace eddy::internal
