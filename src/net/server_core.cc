// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerCore: the inside of a Server.

#include "net/server_core.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "net/option_check.h"
#include "net/reservation.h"
#include "os/socket.h"
#include "os/thread.h"

namespace eddy::internal {

class ServerCore::WorkerSink final : public AcceptSink, public LoopResident {
 public:
  WorkerSink(ServerCore& core, std::size_t index) noexcept
      : core_(core), index_(index) {}

  void OnLoopStop(std::chrono::milliseconds drain) override {
    core_.StopWorker(index_, drain);
  }
  void OnLoopEnd(const Status& status) override {
    core_.EndWorker(index_, status);
  }

  void OnAccepted(UniqueFd socket, Address peer) override {
    core_.CountIn(index_);
    core_.workers_[index_].set->Adopt(std::move(socket), std::move(peer));
  }
  void OnShed(std::size_t count) override { core_.OnShed(count); }

 private:
  ServerCore& core_;
  const std::size_t index_;
};

ServerCore::ServerCore(Handler* handler, Server::HandlerFactory factory,
                       ServerOptions options, Status flaw)
    : options_(std::move(options)),
      num_loops_(options_.num_loops != 0 ? options_.num_loops
                                         : os::AllowedCpus().size()),
      prepared_(std::move(flaw)) {
  if (prepared_.ok()) prepared_ = Validate();
  if (prepared_.ok()) prepared_ = Prepare(handler, factory);
  failure_ = prepared_;
}

ServerCore::~ServerCore() {
  EDDY_CHECK(!IsInLoopThread(),
             "a Server is destroyed on one of its own loops, which would wait "
             "for itself: call Stop there, and destroy it elsewhere");
  Stop(std::chrono::milliseconds(0));
  if (main_thread_.joinable()) main_thread_.join();
  // What was posted to loops that never ran may refer to all of this.
  for (std::size_t i = 0; i < loops_.size(); ++i) loops_[i].Finish();
  if (main_loop_ != nullptr) main_loop_->Finish();
}

bool ServerCore::IsInLoopThread() const noexcept {
  return loops_.IsInLoopThread() ||
         (main_loop_ != nullptr && main_loop_->IsInLoopThread());
}

// ---- Starting ---------------------------------------------------------------

Status ServerCore::Validate() const {
  const auto invalid = [](std::string_view why) {
    return Status(Error::kInvalidArgument, why);
  };
  const bool has_rule = options_.load_balance || options_.choose_loop;
  if (options_.reuse_port && has_rule) {
    return invalid(
        "reuse_port leaves the choice of the loop to the kernel: "
        "it excludes load_balance and choose_loop");
  }
  if (options_.load_balance && options_.choose_loop) {
    return invalid("load_balance and choose_loop exclude each other");
  }
  if (options_.backlog <= 0) return invalid("backlog must be positive");
  const Status times = CheckTimes(options_.idle_timeout, options_.spin);
  return times.ok() ? CheckOptions(options_.connection) : times;
}

Status ServerCore::Prepare(Handler* handler, Server::HandlerFactory& factory) {
  if (handler == nullptr && !factory) {
    return Status(Error::kInvalidArgument, "there is no handler factory");
  }
  LoopOptions loop_options{.backend = options_.backend,
                           .timer_tick = options_.timer_tick};
  auto main_loop = LoopCore::Create(loop_options);
  if (!main_loop) return main_loop.status();
  main_loop_ = *std::move(main_loop);
  loop_options.spin = options_.spin;
  Status status = loops_.Create(num_loops_, loop_options);
  if (!status.ok()) return status;
  const SetLimits limits{.idle_timeout = options_.idle_timeout,
                         .max_buffer_bytes = options_.max_loop_buffer_bytes};
  for (std::size_t i = 0; i < num_loops_; ++i) {
    Worker& worker = workers_.emplace_back();
    if (handler == nullptr) {
      status = MakeHandler(factory, i);
      if (!status.ok()) return status;
    }
    loops_[i].SetStandingTask(
        [this, &worker] { UpdateAcceptor(worker.acceptor.get()); });
    worker.set = std::make_unique<ConnectionSet>(
        loops_[i], i, handler != nullptr ? *handler : *worker.own_handler,
        options_.connection, limits, *this);
    sinks_.push_back(std::make_unique<WorkerSink>(*this, i));
    loops_[i].AddResident(*sinks_.back());
    loops_[i].SetVacantTask([this] {
      ++vacant_count_;
      main_loop_->queue()->Nudge();
    });
  }
  main_loop_->SetStandingTask([this] {
    UpdateAcceptor(acceptor_.get());
    CheckFinished();
  });
  loads_.resize(num_loops_);
  balancer_ = std::make_unique<LoadBalancer>(
      *main_loop_, options_.load_balance.value_or(LoadBalance::kRoundRobin),
      std::move(options_.choose_loop));
  return {};
}

Status ServerCore::MakeHandler(Server::HandlerFactory& factory,
                               std::size_t index) {
  try {
    workers_[index].own_handler = factory(loops_[index]);
  } catch (const std::exception& exception) {
    return Status(Error::kHandlerFailed, exception.what());
  } catch (...) {
    return Status(Error::kHandlerFailed, "the handler factory");
  }
  if (workers_[index].own_handler != nullptr) return {};
  return Status(Error::kInvalidArgument, "the handler factory made no handler");
}

Result<UniqueFd> ServerCore::Bind(const Address& address) {
  return os::Listen(address, {.backlog = options_.backlog,
                              .reuse_port = options_.reuse_port,
                              .no_delay = options_.connection.no_delay,
                              .keep_alive = options_.connection.keep_alive});
}

Status ServerCore::BindListeners() {
  auto address = Address::Parse(options_.address);
  if (!address) return address.status();
  if (options_.reuse_port && !address->is_ip()) {
    return Status(Error::kInvalidArgument, "reuse_port is for IP addresses");
  }
  auto first = Bind(*address);
  if (!first) return first.status();
  address_ = os::LocalAddress(first->get());
  if (!options_.reuse_port) {
    acceptor_ =
        std::make_unique<Acceptor>(*main_loop_, *std::move(first), *this);
    return acceptor_->Start();
  }
  Status status = AddListener(0, *std::move(first));
  for (std::size_t i = 1; status.ok() && i < num_loops_; ++i) {
    auto next = Bind(address_);
    status = next ? AddListener(i, *std::move(next)) : next.status();
  }
  return status;
}

Status ServerCore::AddListener(std::size_t index, UniqueFd listener) {
  workers_[index].acceptor = std::make_unique<Acceptor>(
      loops_[index], std::move(listener), *sinks_[index]);
  return workers_[index].acceptor->Start();
}

Status ServerCore::Start() {
  Status status = TryStart();
  if (state_ == State::kStopped) EndLoops();
  return status;
}

// The server will never run: whoever waits for its loops learns of it.
void ServerCore::EndLoops() {
  if (have_loops_ended_.exchange(true)) return;
  for (std::size_t i = 0; i < loops_.size(); ++i) loops_[i].Finish();
  if (main_loop_ != nullptr) main_loop_->Finish();
}

Status ServerCore::TryStart() {
  const std::lock_guard start_lock(start_mutex_);
  if (!prepared_.ok()) return prepared_;
  if (state_ == State::kRunning) {
    return Status(Error::kInvalidArgument, "the server was started already");
  }
  if (state_ != State::kIdle) return Error::kStopped;
  Status status = BindListeners();
  if (status.ok()) {
    const std::lock_guard lock(mutex_);
    // Stop may have come meanwhile.
    if (state_ == State::kIdle) {
      state_ = State::kRunning;
    } else {
      status = Error::kStopped;
    }
  }
  if (status.ok()) status = StartThreads();
  if (status.ok()) return {};
  {
    const std::lock_guard lock(mutex_);
    SetStopped();
    if (status.code() != Error::kStopped) prepared_ = status;
    failure_ = prepared_;
  }
  finished_.notify_all();
  if (acceptor_) os::UnlinkPath(address_);
  acceptor_.reset();
  for (Worker& worker : workers_) worker.acceptor.reset();
  return status;
}

Status ServerCore::StartThreads() {
  Status status = loops_.Start("eddy", options_.pin_cpus);
  if (!status.ok()) return status;
  try {
    main_thread_ = std::thread(&ServerCore::RunMain, this);
    return {};
  } catch (const std::system_error& error) {
    status = Status(error.code(), "start a thread");
  } catch (const std::bad_alloc&) {
    status = Error::kNoMemory;
  }
  loops_.Stop();
  loops_.Join();
  return status;
}

// When a worker's loop has ended before it was drained: because it failed, or
// the program stopped it, or unused. The server can't go on without it.
void ServerCore::EndWorker(std::size_t index, const Status& status) {
  Worker& worker = workers_[index];
  if (worker.acceptor) worker.acceptor->Close();
  worker.set->Abandon(status.ok() ? Error::kStopped : status);
  if (!status.ok()) {
    Log(Level::kError, "a worker loop failed: {}", status);
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
  }
  Stop(std::chrono::milliseconds(0));
}

void ServerCore::RunMain() {
  os::NameThread("eddy-main");
  const Status status = main_loop_->Run();
  CloseListener();  // the loop may have failed
  loops_.Stop();
  loops_.Join();
  main_loop_->RemoveWatch(signal_watch_);
  const std::lock_guard lock(mutex_);
  signals_.reset();
  if (failure_.ok()) failure_ = status;
  state_ = State::kFinished;
  finished_.notify_all();
}

// ---- Stopping ---------------------------------------------------------------

// The server will never run. REQUIRES: mutex_ is held.
void ServerCore::SetStopped() {
  state_ = State::kStopped;
  signals_.reset();
}

Status ServerCore::Wait() {
  EDDY_CHECK(!IsInLoopThread(),
             "Server::Wait on one of the server's own loops would wait for "
             "itself: call Stop there, and Wait elsewhere");
  std::unique_lock lock(mutex_);
  if (state_ == State::kIdle) {
    if (!failure_.ok()) return failure_;
    return Status(Error::kInvalidArgument, "the server was not started");
  }
  finished_.wait(lock, [this] { return state_ != State::kRunning; });
  return failure_;
}

void ServerCore::Stop(std::chrono::milliseconds drain) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = state_ == State::kIdle;
    if (is_first) SetStopped();
    if (!is_first && state_ != State::kRunning) return;
  }
  if (is_first) {
    // A Start that is under way uses the loops until it sees this.
    { const std::lock_guard start_lock(start_mutex_); }
    return EndLoops();
  }
  // Refused only when the main loop has stopped.
  static_cast<void>(main_loop_->Post([this, drain] { BeginStop(drain); }));
}

void ServerCore::BeginStop(std::chrono::milliseconds drain) {
  CloseListener();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    // Refused if the loop has ended; then all connections there are closed.
    static_cast<void>(loops_[i].Post(
        [loop = &loops_[i], drain] { loop->StopResidents(drain); }));
  }
}

void ServerCore::StopWorker(std::size_t index,
                            std::chrono::milliseconds drain) {
  Worker& worker = workers_[index];
  if (worker.acceptor) worker.acceptor->Close();
  worker.set->Drain(drain);
}

void ServerCore::CloseListener() {
  if (!acceptor_) return;
  // In this order: once nobody listens, a successor may take the path.
  if (!std::exchange(is_stopping_, true)) os::UnlinkPath(address_);
  acceptor_->Close();
}

void ServerCore::OnDrained(std::size_t set_index) {
  loops_[set_index].RemoveResident(*sinks_[set_index]);
}

void ServerCore::CheckFinished() {
  if (vacant_count_ == loops_.size()) main_loop_->Stop();
}

Status ServerCore::StopOnSignals(std::chrono::milliseconds drain) {
  const std::lock_guard lock(mutex_);
  if (!prepared_.ok()) return prepared_;
  if (state_ == State::kStopped || state_ == State::kFinished) {
    return Error::kStopped;
  }
  auto signals = os::SignalPipe::Create();
  if (!signals) return signals.status();
  signals_ = *std::move(signals);
  return main_loop_->Post([this, drain] { WatchSignals(drain); });
}

void ServerCore::WatchSignals(std::chrono::milliseconds drain) {
  // Only kFinished, which this loop brings about, takes them from a server that
  // runs.
  if (state_ != State::kRunning) return;
  auto watch = main_loop_->AddWatch(
      signals_->fd(), Interest::kRead,
      [this, drain](Interest) { TakeSignals(signals_->Take(), drain); });
  if (watch) {
    signal_watch_ = *watch;
    return;
  }
  Log(Level::kError, "signals can't be watched, stopping: {}",
      watch.status().message());
  Stop(std::chrono::milliseconds(0));
}

void ServerCore::TakeSignals(int count, std::chrono::milliseconds drain) {
  for (; count > 0; --count) {
    BeginStop(std::exchange(was_signalled_, true) ? std::chrono::milliseconds(0)
                                                  : drain);
  }
}

// ---- Connections ------------------------------------------------------------

void ServerCore::CountIn(std::size_t index) {
  workers_[index].load.fetch_add(1, std::memory_order_relaxed);
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  accepted_count_.fetch_add(1, std::memory_order_relaxed);
  if (!ShouldPause()) return;
  Acceptor* acceptor =
      acceptor_ ? acceptor_.get() : workers_[index].acceptor.get();
  acceptor->SetPaused(true);
}

Status ServerCore::ForEach(UniqueFunction<void(Connection&)> function,
                           std::size_t bytes) {
  // Where no loop runs there is no connection, and a task would wait for ever.
  if (state_ != State::kRunning) return {};
  std::vector<Reservation> shares;
  for (Worker& worker : workers_) {
    auto share = Reservation::Make(worker.coming_bytes, bytes,
                                   options_.connection.max_output_bytes);
    if (!share) return Error::kOutputLimit;
    shares.push_back(*std::move(share));
  }
  const auto shared =
      std::make_shared<UniqueFunction<void(Connection&)>>(std::move(function));
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    // A loop that has stopped has no connection left.
    static_cast<void>(loops_[i].Post(
        [set = workers_[i].set.get(), shared, share = std::move(shares[i])] {
          set->ForEach(*shared);
        }));
  }
  return {};
}

void ServerCore::OnAccepted(UniqueFd socket, Address peer) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    loads_[i].connection_count =
        workers_[i].load.load(std::memory_order_relaxed);
  }
  const std::size_t index = balancer_->Choose(peer, loads_);
  CountIn(index);
  Status status;
  try {
    status = loops_[index].Post([set = workers_[index].set.get(),
                                 fd = std::move(socket),
                                 from = std::move(peer)]() mutable {
      set->Adopt(std::move(fd), std::move(from));
    });
  } catch (const std::bad_alloc&) {
    status = Error::kNoMemory;
  }
  if (status.ok()) return;
  Log(Level::kError, "a connection was dropped: {}", status);
  OnConnectionGone(index);
}

void ServerCore::OnShed(std::size_t count) {
  shed_count_.fetch_add(count, std::memory_order_relaxed);
}

bool ServerCore::ShouldPause() const noexcept {
  const std::size_t limit = options_.max_connections;
  return (limit != 0 && connection_count() >= limit) ||
         pressed_count_.load(std::memory_order_relaxed) != 0;
}

// Lets each acceptor look again, on its own loop.
void ServerCore::UpdateAcceptors() noexcept {
  if (!options_.reuse_port) return main_loop_->queue()->Nudge();
  for (std::size_t i = 0; i < loops_.size(); ++i) loops_[i].queue()->Nudge();
}

void ServerCore::UpdateAcceptor(Acceptor* acceptor) {
  if (acceptor != nullptr) acceptor->SetPaused(ShouldPause());
}

void ServerCore::OnConnectionGone(std::size_t set_index) noexcept {
  workers_[set_index].load.fetch_sub(1, std::memory_order_relaxed);
  const std::size_t before =
      connection_count_.fetch_sub(1, std::memory_order_relaxed);
  const std::size_t limit = options_.max_connections;
  if (limit != 0 && before >= limit) UpdateAcceptors();
}

void ServerCore::OnMemoryPressure(std::size_t, bool is_short) noexcept {
  if (is_short) {
    pressed_count_.fetch_add(1, std::memory_order_relaxed);
  } else {
    pressed_count_.fetch_sub(1, std::memory_order_relaxed);
  }
  UpdateAcceptors();
}

ServerStats ServerCore::stats() const {
  ServerStats stats;
  stats.connection_count = connection_count();
  stats.accepted_count = accepted_count_.load(std::memory_order_relaxed);
  stats.shed_count = shed_count_.load(std::memory_order_relaxed);
  if (main_loop_) stats.exception_count = main_loop_->exceptions();
  for (const Worker& worker : workers_) {
    if (worker.set == nullptr) continue;
    const SetStats& counts = worker.set->stats();
    stats.received_bytes +=
        counts.received_bytes.load(std::memory_order_relaxed);
    stats.sent_bytes += counts.sent_bytes.load(std::memory_order_relaxed);
    stats.exception_count +=
        counts.handler_exceptions.load(std::memory_order_relaxed) +
        worker.set->loop_exceptions();
  }
  return stats;
}

}  // namespace eddy::internal
