// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientLoop: what a client has on one loop.

#ifndef EDDY_NET_CLIENT_LOOP_H_
#define EDDY_NET_CLIENT_LOOP_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "eddy/client.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"
#include "loop/loop_core.h"
#include "net/connection_set.h"
#include "net/connector.h"

namespace eddy::internal {

class ClientCore;

// ClientLoop: a client's dials and connections on one loop, and the way there
// for other threads.
//
//   kWaiting -> kLive -> kOver, or kWaiting -> kOver
//
// kWaiting: the loop has not come by yet, and may never do so, if a server's is
// shared. The commands wait here, where the client can take them back, instead
// of in the loop's queue. kLive: set and connector are there. kOver: nothing
// is, nothing comes, and the client may be gone.
//
// Ownership: shared by the client and by tasks that the loop has yet to run.
// Thread: as said at each member.
class ClientLoop final : public std::enable_shared_from_this<ClientLoop>,
                         public SetOwner,
                         public LoopResident {
 public:
  using Command = UniqueFunction<void(ClientLoop&)>;

  ClientLoop(ClientCore& core, LoopCore& loop, std::size_t index);
  ClientLoop(const ClientLoop&) = delete;
  ClientLoop& operator=(const ClientLoop&) = delete;
  ~ClientLoop();

  LoopCore& loop() noexcept { return loop_; }

  // Any thread.

  // Has the loop call `command` once, after all that were pushed before. False:
  // it was not and will not be called. Throws std::bad_alloc. `connect`: the
  // Connect that it begins, if it does.
  bool Push(Command command, ConnectId connect = {});
  // If the loop never came by, it is over now: what was asked for fails, on
  // this thread.
  void Reclaim();

  // The loop's thread. They do nothing once it is over, but that Connect tells
  // `done` so.

  void Connect(ConnectId id, DialRequest request);
  // Returns whether there was anything to cancel.
  bool Cancel(ConnectId id);
  // Ends the dials and drains; closes what is left after `drain`.
  void Stop(std::chrono::milliseconds drain);

 private:
  struct Pending {
    Command command;
    ConnectId connect;  // that it begins and nobody has cancelled
  };

  enum class Phase : std::uint8_t { kWaiting, kLive, kOver };

  void RunCommands() noexcept;
  bool BeLive();
  void Finish(const Status& status);

  // LoopResident
  void OnLoopStop(std::chrono::milliseconds drain) override;
  void OnLoopEnd(const Status& status) override;

  // SetOwner
  void OnConnectionGone(std::size_t set_index) noexcept override;
  void OnMemoryPressure(std::size_t, bool) noexcept override {}
  void OnDrained(std::size_t set_index) override;

  ClientCore& core_;
  LoopCore& loop_;
  const std::size_t index_;

  std::mutex mutex_;
  Phase phase_ = Phase::kWaiting;  // under mutex_
  std::vector<Pending> commands_;  // under mutex_

  // The loop's.
  std::unique_ptr<ConnectionSet> set_;
  std::unique_ptr<Connector> connector_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_CLIENT_LOOP_H_
