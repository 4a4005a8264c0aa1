// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientCore: the inside of a Client.

#include "net/client_core.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "net/option_check.h"
#include "net/server_core.h"
#include "os/thread.h"

namespace eddy::internal {

ClientCore::ClientCore(Handler& handler, Server* server, ClientOptions options)
    : handler_(handler),
      options_(std::move(options)),
      num_loops_(options_.num_loops != 0 ? options_.num_loops
                                         : os::AllowedCpus().size()) {
  if (server != nullptr) num_loops_ = server->num_loops();
  // Those of loops do not count where a server's are shared.
  prepared_ = CheckTimes(
      options_.idle_timeout,
      server == nullptr ? options_.spin : std::chrono::nanoseconds(0));
  if (prepared_.ok()) prepared_ = CheckOptions(options_.connection);
  if (prepared_.ok()) prepared_ = Prepare(server);
  failure_ = prepared_;
}

Status ClientCore::Prepare(Server* server) {
  if (server == nullptr) {
    Status status = own_loops_.Create(
        num_loops_, LoopOptions{.backend = options_.backend,
                                .timer_tick = options_.timer_tick,
                                .spin = options_.spin});
    if (!status.ok()) return status;
  } else if (server->core_->loops().size() == 0) {
    return server->Wait();  // which has failed, and tells why
  }
  for (std::size_t i = 0; i < num_loops_; ++i) {
    LoopCore& loop =
        server == nullptr ? own_loops_[i] : LoopCore::Of(server->loop(i));
    loops_.push_back(std::make_shared<ClientLoop>(*this, loop, i));
  }
  return {};
}

ClientCore::~ClientCore() {
  EDDY_CHECK(!IsInLoopThread(),
             "a Client is destroyed on one of its own loops, which would wait "
             "for itself: call Stop there, and destroy it elsewhere");
  Stop(std::chrono::milliseconds(0));
  AwaitEnd();
}

bool ClientCore::IsInLoopThread() const noexcept {
  return std::ranges::any_of(
      loops_, [](const auto& loop) { return loop->loop().IsOwner(); });
}

LoopCore* ClientCore::loop(std::size_t index) noexcept {
  return index < loops_.size() ? &loops_[index]->loop() : nullptr;
}

// ---- Starting ---------------------------------------------------------------

Status ClientCore::Start() {
  const std::lock_guard start_lock(start_mutex_);
  if (!prepared_.ok()) return prepared_;
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kRunning) {
      return Status(Error::kInvalidArgument, "the client was started already");
    }
    if (state_ != State::kIdle) return Error::kStopped;
    state_ = State::kRunning;
    live_count_ = loops_.size();
  }
  Status status = StartLoops();
  if (status.ok()) return {};
  const bool has_server_stopped = status.code() == Error::kStopped;
  if (!has_server_stopped) {
    const std::lock_guard lock(mutex_);
    prepared_ = status;
    failure_ = status;
  }
  Stop(std::chrono::milliseconds(0));
  // A server's loops may have to come by once more; of its own none runs.
  if (has_server_stopped) return status;
  for (const auto& loop : loops_) loop->Reclaim();
  return status;
}

Status ClientCore::StartLoops() try {
  Status status;
  for (const auto& loop : loops_) {
    // Nothing to do but to be there; then it hears of the loop's end.
    if (loop->Push([](ClientLoop&) {})) continue;
    status = Error::kStopped;
    loop->Reclaim();
  }
  if (!status.ok() || own_loops_.size() == 0) return status;
  return own_loops_.Start("eddy-client", options_.pin_cpus);
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

// ---- Stopping ---------------------------------------------------------------

void ClientCore::Stop(std::chrono::milliseconds drain) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kIdle) state_ = State::kFinished;
    if (state_ == State::kFinished) return;
    state_ = State::kStopping;
    changed_.notify_all();
  }
  for (const auto& loop : loops_) {
    // Refused by one that is over.
    static_cast<void>(
        loop->Push([drain](ClientLoop& self) { self.Stop(drain); }));
  }
}

Status ClientCore::Wait() {
  EDDY_CHECK(!IsInLoopThread(),
             "Client::Wait on one of the client's own loops would wait for "
             "itself: call Stop there, and Wait elsewhere");
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kIdle) {
      if (!failure_.ok()) return failure_;
      return Status(Error::kInvalidArgument, "the client was not started");
    }
  }
  AwaitEnd();
  const std::lock_guard lock(mutex_);
  return failure_;
}

// Returns when it has finished, which takes a Stop.
void ClientCore::AwaitEnd() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::kRunning; });
  if (state_ == State::kStopping && own_loops_.size() == 0) {
    lock.unlock();
    // A server's loops may never run.
    for (const auto& loop : loops_) {
      if (!loop->loop().is_running()) loop->Reclaim();
    }
    lock.lock();
  }
  changed_.wait(lock, [this] { return state_ == State::kFinished; });
  lock.unlock();
  // One at a time.
  const std::lock_guard start_lock(start_mutex_);
  own_loops_.Stop();
  own_loops_.Join();
}

void ClientCore::OnLoopOver(const Status& status) {
  if (!status.ok()) Log(Level::kError, "a client's loop failed: {}", status);
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = status;
  if (--live_count_ > 0) return;
  own_loops_.Stop();
  state_ = State::kFinished;
  // Under the lock: who waits may destroy all of this.
  changed_.notify_all();
}

// ---- Connecting -------------------------------------------------------------

ConnectId ClientCore::Connect(std::string_view address, ConnectOptions options,
                              ConnectCallback done) {
  if (state_ != State::kRunning) return {};
  const std::size_t index = ChooseLoop();
  const ConnectId id{.value = ++last_id_,
                     .loop = static_cast<std::uint32_t>(index)};
  DialRequest request{std::string(address), std::move(options),
                      std::move(done)};
  const bool is_taken = loops_[index]->Push(
      [id, asked = std::move(request)](ClientLoop& loop) mutable {
        loop.Connect(id, std::move(asked));
      },
      id);
  return is_taken ? id : ConnectId();
}

// The caller's, if it is one of them, so that what belongs together shares one.
std::size_t ClientCore::ChooseLoop() noexcept {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (loops_[i]->loop().IsOwner()) return i;
  }
  return next_loop_.fetch_add(1, std::memory_order_relaxed) % loops_.size();
}

bool ClientCore::Cancel(ConnectId id) {
  const State state = state_;
  if (state == State::kIdle || state == State::kFinished) return false;
  if (!id || id.loop >= loops_.size()) return false;
  ClientLoop& loop = *loops_[id.loop];
  if (loop.loop().IsOwner()) return loop.Cancel(id);
  return loop.Push([id](ClientLoop& self) { self.Cancel(id); });
}

}  // namespace eddy::internal
