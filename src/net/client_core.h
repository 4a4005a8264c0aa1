// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientCore: the inside of a Client.

#ifndef EDDY_NET_CLIENT_CORE_H_
#define EDDY_NET_CLIENT_CORE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "eddy/client.h"
#include "eddy/handler.h"
#include "eddy/server.h"
#include "eddy/status.h"
#include "loop/loop_core.h"
#include "loop/loop_group.h"
#include "net/client_loop.h"
#include "net/resolver.h"

namespace eddy::internal {

// ClientCore: the loops, its own or a server's, and what it has on each.
//
//   kIdle -> kRunning -> kStopping -> kFinished, or kIdle -> kFinished
//
// The end: every ClientLoop is told to stop; the last that is over ends it all.
//
// Ownership: its Client's. Thread: any, unless said otherwise.
class ClientCore final {
 public:
  // `server`: nullptr for loops of its own.
  ClientCore(Handler& handler, Server* server, ClientOptions options);
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;
  ~ClientCore();

  Status Start();
  Status Wait();
  void Stop(std::chrono::milliseconds drain);
  ConnectId Connect(std::string_view address, ConnectOptions options,
                    ConnectCallback done);
  bool Cancel(ConnectId id);

  std::size_t connection_count() const noexcept {
    return connection_count_.load(std::memory_order_relaxed);
  }
  // nullptr if there is no such loop, or none could be made.
  LoopCore* loop(std::size_t index) noexcept;
  std::size_t num_loops() const noexcept { return num_loops_; }

  // What its ClientLoops need of it.
  Handler& handler() noexcept { return handler_; }
  const ClientOptions& options() const noexcept { return options_; }
  Resolver& resolver() noexcept { return resolver_; }
  std::atomic<std::size_t>& connection_counter() noexcept {
    return connection_count_;
  }
  // One is over. `status`: how its loop ended, if that is why.
  void OnLoopOver(const Status& status);

 private:
  enum class State { kIdle, kRunning, kStopping, kFinished };

  Status Prepare(Server* server);
  Status StartLoops();
  void AwaitEnd();
  std::size_t ChooseLoop() noexcept;
  bool IsInLoopThread() const noexcept;

  Handler& handler_;
  const ClientOptions options_;
  std::size_t num_loops_;
  // What Start has to tell of the constructor, or of a Start that failed.
  Status prepared_;
  LiteralResolver resolver_;

  LoopGroup own_loops_;  // none: a server's are shared
  std::vector<std::shared_ptr<ClientLoop>> loops_;

  std::atomic<std::size_t> connection_count_ = 0;
  std::atomic<std::uint64_t> last_id_ = 0;
  std::atomic<std::size_t> next_loop_ = 0;

  std::mutex start_mutex_;                   // held by Start; before mutex_
  std::atomic<State> state_ = State::kIdle;  // changes under mutex_
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t live_count_ = 0;  // loops not over; under mutex_
  Status failure_;              // what Wait tells; under mutex_
};

}  // namespace eddy::internal

#endif  // EDDY_NET_CLIENT_CORE_H_
