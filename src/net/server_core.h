// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerCore: the inside of a Server.

#ifndef EDDY_NET_SERVER_CORE_H_
#define EDDY_NET_SERVER_CORE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "eddy/address.h"
#include "eddy/options.h"
#include "eddy/server.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "eddy/unique_function.h"
#include "loop/loop_core.h"
#include "loop/loop_group.h"
#include "net/acceptor.h"
#include "net/load_balancer.h"
#include "net/worker.h"
#include "os/signal_pipe.h"

namespace eddy::internal {

// ServerCore: the main loop, which accepts, keeps the server's timers and
// conducts the end; and the workers.
//
//   kIdle -> kRunning -> kFinished, or kIdle -> kStopped
//
// The end: the main loop closes the listener and has the residents of every
// worker's loop drain: the worker, and clients that share the loop; the last
// loop that is vacant lets all of them stop; the main thread joins the others.
//
// Ownership: its Server's. Thread: any, unless said otherwise.
class ServerCore final : public SetOwner, public AcceptSink {
 public:
  // One of `handler` and `factory`.
  ServerCore(Handler* handler, Server::HandlerFactory factory,
             ServerOptions options, Status flaw = {});
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore();

  Status Start();
  Status Wait();
  void Stop(std::chrono::milliseconds drain);
  Status StopOnSignals(std::chrono::milliseconds drain);

  Status ForEach(UniqueFunction<void(Connection&)> function, std::size_t bytes);

  ServerStats stats() const;
  const Address& address() const noexcept { return address_; }
  std::size_t connection_count() const noexcept {
    return connection_count_.load(std::memory_order_relaxed);
  }
  // nullptr if the loops could not be made.
  LoopCore* main_loop() noexcept { return main_loop_.get(); }
  LoopGroup& loops() noexcept { return loops_; }
  std::size_t num_loops() const noexcept { return num_loops_; }

 private:
  enum class State { kIdle, kRunning, kStopped, kFinished };

  // Lives on the worker's loop until that is drained; takes connections for the
  // worker from its own acceptor, if it has one.
  class WorkerSink;

  Status Validate() const;
  Status Prepare(Handler* handler, Server::HandlerFactory& factory);
  Status MakeHandler(Server::HandlerFactory& factory, std::size_t index);
  Status BindListeners();
  Status AddListener(std::size_t index, UniqueFd listener);
  Result<UniqueFd> Bind(const Address& address);
  Status TryStart();
  Status StartThreads();
  void EndLoops();
  void RunMain();
  void StopWorker(std::size_t index, std::chrono::milliseconds drain);
  void EndWorker(std::size_t index, const Status& status);
  void SetStopped();

  // The main loop's.
  void BeginStop(std::chrono::milliseconds drain);
  void CloseListener();
  void CheckFinished();
  void WatchSignals(std::chrono::milliseconds drain);
  void TakeSignals(int count, std::chrono::milliseconds drain);

  // AcceptSink: the main loop's.
  void OnAccepted(UniqueFd socket, Address peer) override;
  void OnShed(std::size_t count) override;
  void CountIn(std::size_t index);
  bool ShouldPause() const noexcept;
  void UpdateAcceptors() noexcept;
  void UpdateAcceptor(Acceptor* acceptor);

  // SetOwner: the workers'.
  void OnConnectionGone(std::size_t set_index) noexcept override;
  void OnMemoryPressure(std::size_t set_index, bool is_short) noexcept override;
  void OnDrained(std::size_t set_index) override;

  bool IsInLoopThread() const noexcept;

  ServerOptions options_;
  std::size_t num_loops_;
  // What Start has to tell of the constructor, or of a Start that failed.
  Status prepared_;

  std::unique_ptr<LoopCore> main_loop_;
  LoopGroup loops_;
  std::deque<Worker> workers_;
  std::vector<std::unique_ptr<WorkerSink>> sinks_;
  std::unique_ptr<LoadBalancer> balancer_;
  std::vector<LoopLoad> loads_;  // for the balancer
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<os::SignalPipe> signals_;  // under mutex_
  WatchId signal_watch_;                     // the main loop's
  Address address_;
  bool is_stopping_ = false;    // the main loop's
  bool was_signalled_ = false;  // the main loop's

  std::atomic<std::size_t> connection_count_ = 0;
  std::atomic<std::size_t> pressed_count_ = 0;  // workers short of memory
  std::atomic<std::size_t> vacant_count_ = 0;   // loops where nobody lives
  std::atomic<std::uint64_t> accepted_count_ = 0;
  std::atomic<std::uint64_t> shed_count_ = 0;

  std::atomic<bool> have_loops_ended_ = false;

  std::mutex start_mutex_;                   // held by Start; before mutex_
  std::atomic<State> state_ = State::kIdle;  // changes under mutex_
  std::mutex mutex_;
  std::condition_variable finished_;
  Status failure_;  // what Wait tells; under mutex_
  std::thread main_thread_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_SERVER_CORE_H_
