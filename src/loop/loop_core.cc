// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopCore: the inside of an EventLoop.

#include "loop/loop_core.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace eddy::internal {
namespace {

constexpr std::chrono::seconds kTrimPeriod{1};
constexpr std::size_t kMaxKeptTasks = 4096;
constexpr unsigned kMaxUnspunWaits = 255;
// What falling asleep and being woken up take, about.
constexpr std::chrono::nanoseconds kSleepCost = std::chrono::microseconds(50);

SteadyClock steady_clock;

std::uint32_t NextLoopId() noexcept {
  static std::atomic<std::uint32_t> last_id = 0;
  return last_id.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

// Watch: one descriptor of the user's.
class LoopCore::Watch final : public ReadySink {
 public:
  Watch(LoopCore& loop, int fd, WatchCallback callback) noexcept
      : loop_(loop), fd_(fd), callback_(std::move(callback)) {}

  void OnReady(Interest ready) override {
    loop_.RunGuarded("watch", [&] { callback_(ready); });
  }
  int fd() const noexcept { return fd_; }

 private:
  LoopCore& loop_;
  int fd_;
  WatchCallback callback_;
};

Result<std::unique_ptr<LoopCore>> LoopCore::Create(const LoopOptions& options) {
  if (options.timer_tick <= options.timer_tick.zero()) {
    return Status(Error::kInvalidArgument, "timer_tick must be positive");
  }
  auto wake_fd = os::WakeFd::Create();
  if (!wake_fd) return wake_fd.status();
  auto shared = std::make_shared<const os::WakeFd>(*std::move(wake_fd));
  auto poller = CreatePoller(options.backend, shared);
  if (!poller) return poller.status();
  return std::make_unique<LoopCore>(*std::move(poller), std::move(shared),
                                    options, steady_clock);
}

LoopCore::LoopCore(std::unique_ptr<Poller> poller,
                   std::shared_ptr<const os::WakeFd> wake_fd,
                   const LoopOptions& options, internal::Clock& clock)
    : clock_(clock),
      id_(NextLoopId()),
      spin_(options.spin),
      poller_(std::move(poller)),
      queue_(std::make_shared<TaskQueue>(std::move(wake_fd))),
      pool_(options.max_pooled_bytes),
      wheel_(options.timer_tick, clock.Now()),
      timers_(*this, id_),
      trim_timer_(pool_) {}

LoopCore::~LoopCore() {
  EDDY_CHECK(thread_.load() == std::thread::id(),
             "an EventLoop is destroyed while it runs: call Stop and let Run "
             "return first");
  Finish();
  if (trim_timer_.is_scheduled()) wheel_.Cancel(trim_timer_);
  // While all of the loop is there: what these hold may call it when it dies.
  timers_.Clear();
  while (!watches_.empty()) RemoveWatch(WatchId{watches_.begin()->first});
  DropDeadWatches();
}

bool LoopCore::MayTouch() const noexcept {
  const auto owner = thread_.load(std::memory_order_relaxed);
  return owner == std::thread::id() || owner == std::this_thread::get_id();
}

// ---- Turns ------------------------------------------------------------------

Status LoopCore::DoRun() {
  EDDY_CHECK(!was_run_, "EventLoop::Run may be called once");
  was_run_ = true;
  thread_ = std::this_thread::get_id();
  Status status = TurnUntilStopped();
  Finish(status);
  thread_ = std::thread::id();
  return status;
}

Status LoopCore::TurnUntilStopped() {
  while (!is_stopping_.load(std::memory_order_relaxed)) {
    if (Status status = Turn(); !status.ok()) return status;
  }
  return {};
}

void LoopCore::Finish(const Status& status) noexcept {
  DoStop();
  // Post promised to call these.
  RunTasks();
  FinishTurn();
  EndResidents(status);
}

void LoopCore::DoStop() noexcept {
  // From the store on Run may return, and the loop be destroyed.
  const auto queue = queue_;
  queue->Close();
  is_stopping_ = true;
  queue->Wake();
}

Status LoopCore::Turn() {
  Status status = WaitForEvents();
  if (!status.ok()) return status;
  if (queue_->has_tasks()) RunTasks();
  if (!wheel_.empty()) wheel_.Advance(TurnTime());
  FinishTurn();
  return {};
}

inline void LoopCore::FinishTurn() noexcept {
  is_busy_ = false;  // what was left by now is done here
  if (due_ != nullptr) CallObservers();
  if (!dead_watches_.empty()) DropDeadWatches();
  if (pool_.free_bytes() > 0 && !trim_timer_.is_scheduled()) {
    wheel_.Schedule(trim_timer_, TurnTime() + kTrimPeriod);
  }
}

// What becomes due meanwhile waits for the next turn.
void LoopCore::CallObservers() noexcept {
  TurnObserver* observer = std::exchange(due_, nullptr);
  while (observer != nullptr) {
    TurnObserver* const next = observer->next_due;
    observer->is_due = false;
    if (!RunGuarded("turn's end", [&] { observer->OnTurnEnd(); })) {
      // Want of memory, here; what is left is tried again.
      AtTurnEnd(*observer);
      is_busy_ = true;
    }
    observer = next;
  }
}

void LoopCore::Forget(TurnObserver& observer) noexcept {
  if (!std::exchange(observer.is_due, false)) return;
  TurnObserver** link = &due_;
  while (*link != &observer) link = &(*link)->next_due;
  *link = observer.next_due;
}

inline std::chrono::nanoseconds LoopCore::TimeToSleep() noexcept {
  if (is_busy_) return std::chrono::nanoseconds::zero();
  if (wheel_.empty()) return Poller::kForever;
  const auto expiry = wheel_.NextExpiry();
  return std::max(*expiry - clock_.Now(), std::chrono::nanoseconds::zero());
}

inline Status LoopCore::WaitForEvents() {
  std::chrono::nanoseconds timeout = TimeToSleep();
  if (spin_ > spin_.zero() && timeout > spin_.zero()) {
    const auto found = Spin(timeout);
    if (!found || *found) return found.status();
    timeout = TimeToSleep();
  }
  has_turn_time_ = false;
  const bool may_sleep = timeout > timeout.zero() && queue_->PrepareToSleep() &&
                         !is_stopping_.load(std::memory_order_seq_cst);
  Status status = poller_->Wait(may_sleep ? timeout : timeout.zero());
  queue_->EndSleep();
  return status;
}

// Polls until something happens, for the time that is worth it. Returns whether
// anything did.
Result<bool> LoopCore::Spin(std::chrono::nanoseconds timeout) {
  if (num_unspun_waits_ < spin_penalty_) {
    ++num_unspun_waits_;
    return false;
  }
  const auto found = PollFor(std::min(spin_, timeout));
  num_unspun_waits_ = 0;
  // One that found something has paid, and so has one that ended with a timer
  // sooner than a sleep would have.
  const bool has_paid =
      (found && *found) || timeout <= std::min(spin_, kSleepCost);
  spin_penalty_ =
      has_paid ? 0 : std::min(2 * spin_penalty_ + 1, kMaxUnspunWaits);
  return found;
}

Result<bool> LoopCore::PollFor(std::chrono::nanoseconds limit) {
  const TimePoint end = clock_.Now() + limit;
  const std::uint64_t count = poller_->event_count();
  do {
    has_turn_time_ = false;
    Status status = poller_->Wait(limit.zero());
    if (!status.ok()) return status;
    if (poller_->event_count() != count || queue_->has_tasks()) return true;
    if (is_stopping_) return true;
  } while (clock_.Now() < end);
  return false;
}

TimePoint LoopCore::TurnTime() noexcept {
  if (!has_turn_time_) {
    turn_time_ = clock_.Now();
    has_turn_time_ = true;
  }
  return turn_time_;
}

void LoopCore::RunTasks() noexcept {
  const bool is_nudged = queue_->Take(batch_);
  RunBatch();
  if (is_nudged) RunGuarded("standing task", standing_task_);
}

void LoopCore::RunBatch() noexcept {
  for (Task& task : batch_) {
    RunGuarded("task", task);
    task = nullptr;
  }
  batch_.clear();
  // A burst's memory is not kept for ever.
  if (batch_.capacity() > kMaxKeptTasks) batch_.shrink_to_fit();
}

void LoopCore::CountException(const char* what,
                              const char* description) noexcept {
  exception_count_.fetch_add(1, std::memory_order_relaxed);
  Log(Level::kError, "an exception left a {}: {}", what, description);
}

// ---- Residents --------------------------------------------------------------

void LoopCore::AddResident(LoopResident& resident) {
  residents_.push_back(&resident);
  if (are_residents_leaving_) resident.OnLoopStop(std::chrono::milliseconds(0));
}

void LoopCore::RemoveResident(LoopResident& resident) noexcept {
  std::erase(residents_, &resident);
  CheckVacant();
}

void LoopCore::StopResidents(std::chrono::milliseconds drain) noexcept {
  are_residents_leaving_ = true;
  // Some may go meanwhile.
  for (std::size_t left = residents_.size(); left > 0;
       left = std::min(left - 1, residents_.size())) {
    LoopResident& resident = *residents_[left - 1];
    RunGuarded("loop's stop", [&] { resident.OnLoopStop(drain); });
  }
  CheckVacant();
}

void LoopCore::EndResidents(const Status& status) noexcept {
  while (!residents_.empty()) {
    LoopResident& resident = *residents_.back();
    residents_.pop_back();
    RunGuarded("loop's end", [&] { resident.OnLoopEnd(status); });
  }
  are_residents_leaving_ = true;
  CheckVacant();
}

void LoopCore::CheckVacant() noexcept {
  if (!are_residents_leaving_ || !residents_.empty() || !vacant_task_) return;
  RunGuarded("loop's end", std::exchange(vacant_task_, nullptr));
}

// ---- Timers and watches -----------------------------------------------------

TimerId LoopCore::AddTimer(std::chrono::nanoseconds delay,
                           std::chrono::nanoseconds period, Task task) {
  // Not the turn's time: a callback that took long would fire it early.
  const TimePoint deadline =
      AddSaturated(clock_.Now(), std::max(delay, delay.zero()));
  if (!IsOwner()) return timers_.AddRemote(deadline, period, std::move(task));
  if (is_stopping_) return {};
  return timers_.Add(deadline, period, std::move(task));
}

bool LoopCore::CancelTimer(TimerId id) {
  if (!id || id.loop != id_) return false;
  if (IsOwner()) {
    return timers_.Cancel(id);
  }
  return queue_->Push([this, id] { timers_.Cancel(id); });
}

Result<WatchId> LoopCore::AddWatch(int fd, Interest interest,
                                   WatchCallback callback) {
  EDDY_DCHECK(MayTouch(), "EventLoop::Watch is for the loop's thread");
  auto watch = std::make_unique<Watch>(*this, fd, std::move(callback));
  // Room for all to be dead, so that Unwatch needs no memory.
  const std::size_t all = watches_.size() + dead_watches_.size() + 1;
  if (dead_watches_.capacity() < all) dead_watches_.reserve(2 * all);
  const WatchId id{++last_watch_};
  const auto [entry, is_new] = watches_.emplace(id.value, std::move(watch));
  Status status = poller_->Add(fd, interest, *entry->second);
  if (status.ok()) return id;
  watches_.erase(entry);
  return status;
}

Status LoopCore::ChangeWatch(WatchId id, Interest interest) {
  EDDY_DCHECK(MayTouch(), "EventLoop::ModifyWatch is for the loop's thread");
  const auto found = watches_.find(id.value);
  if (found == watches_.end()) {
    return Status(Error::kInvalidArgument, "there is no such watch");
  }
  return poller_->Modify(found->second->fd(), interest);
}

void LoopCore::RemoveWatch(WatchId id) noexcept {
  EDDY_DCHECK(MayTouch(), "EventLoop::Unwatch is for the loop's thread");
  auto node = watches_.extract(id.value);
  if (node.empty()) return;
  poller_->Remove(node.mapped()->fd());
  // It may be the one whose callback runs.
  dead_watches_.push_back(std::move(node.mapped()));
}

void LoopCore::DropDeadWatches() noexcept {
  // What they hold may end others when it dies.
  while (!dead_watches_.empty()) {
    const auto dead = std::move(dead_watches_.back());
    dead_watches_.pop_back();
  }
}

}  // namespace eddy::internal
