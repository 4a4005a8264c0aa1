// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientLoop: what a client has on one loop.

#include "net/client_loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "net/client_core.h"

namespace eddy::internal {

ClientLoop::ClientLoop(ClientCore& core, LoopCore& loop, std::size_t index)
    : core_(core), loop_(loop), index_(index) {}

ClientLoop::~ClientLoop() {
  EDDY_DCHECK(set_ == nullptr, "the client's connections outlive it");
}

// ---- Commands ---------------------------------------------------------------

bool ClientLoop::Push(Command command, ConnectId connect) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kOver) return false;
  // Else a task for those before is on its way.
  if (commands_.empty() && !loop_.queue()->Push([self = shared_from_this()] {
        self->RunCommands();
      })) {
    return false;
  }
  commands_.push_back({std::move(command), connect});
  return true;
}

// Not being able to go on without memory ends the program, as noexcept says.
void ClientLoop::RunCommands() noexcept {
  if (set_ == nullptr && !BeLive()) return;
  std::vector<Pending> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(commands_);
  }
  for (Pending& pending : batch) pending.command(*this);
}

// False: the client was quicker to end it.
bool ClientLoop::BeLive() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kOver) return false;
    phase_ = Phase::kLive;
  }
  const ClientOptions& options = core_.options();
  set_ = std::make_unique<ConnectionSet>(
      loop_, index_, core_.handler(), options.connection,
      SetLimits{.idle_timeout = options.idle_timeout,
                .max_buffer_bytes = options.max_loop_buffer_bytes},
      *this);
  connector_ = std::make_unique<Connector>(loop_, *set_, core_.resolver(),
                                           core_.connection_counter());
  loop_.AddResident(*this);
  return true;
}

void ClientLoop::Connect(ConnectId id, DialRequest request) {
  if (connector_ != nullptr) return connector_->Connect(id, std::move(request));
  if (!request.done) return;
  loop_.RunGuarded("connect callback", [&] { request.done(Error::kStopped); });
}

bool ClientLoop::Cancel(ConnectId id) {
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      if (commands_[i].connect != id) continue;
      // Not now, inside a callback: a Stop may be among those in front of it.
      commands_.push_back({[id](ClientLoop& self) { self.Cancel(id); }, {}});
      commands_[i].connect = {};  // nothing is left to end
      return true;
    }
  }
  return connector_ != nullptr && connector_->Cancel(id);
}

// ---- The end ----------------------------------------------------------------

void ClientLoop::Stop(std::chrono::milliseconds drain) {
  if (set_ == nullptr) return;
  connector_->EndAll();
  set_->Drain(drain);
}

void ClientLoop::OnDrained(std::size_t) {
  // Not from here: the set is at work. Refused if the loop ends, which tells.
  static_cast<void>(loop_.queue()->Push(
      [self = shared_from_this()] { self->Finish(Status()); }));
}

// The loop is a server's, which stops. Not when the command comes by: what the
// program does when the server's connections close comes after OnStop here.
void ClientLoop::OnLoopStop(std::chrono::milliseconds drain) {
  core_.Stop(drain);
  Stop(drain);
}

void ClientLoop::OnLoopEnd(const Status& status) {
  // One that has lost a loop ends the others, too.
  core_.Stop(std::chrono::milliseconds(0));
  connector_->EndAll();
  set_->Abandon(Error::kStopped);
  Finish(status);
}

void ClientLoop::Finish(const Status& status) {
  if (set_ == nullptr) return;
  std::vector<Pending> last;
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::kOver;
    last.swap(commands_);
  }
  for (Pending& pending : last) pending.command(*this);
  connector_->ConcludeAll();
  connector_.reset();
  set_.reset();
  loop_.RemoveResident(*this);
  // From now on the client may be gone.
  core_.OnLoopOver(status);
}

void ClientLoop::Reclaim() {
  std::vector<Pending> last;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kWaiting) return;
    phase_ = Phase::kOver;
    last.swap(commands_);
  }
  for (Pending& pending : last) pending.command(*this);
  core_.OnLoopOver(Status());
}

void ClientLoop::OnConnectionGone(std::size_t) noexcept {
  core_.connection_counter().fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace eddy::internal
