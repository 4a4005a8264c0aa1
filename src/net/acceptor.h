// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Acceptor: a listening socket on a loop.

#ifndef EDDY_NET_ACCEPTOR_H_
#define EDDY_NET_ACCEPTOR_H_

#include <chrono>
#include <cstddef>

#include "eddy/address.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "loop/loop_core.h"
#include "loop/timer_wheel.h"
#include "poll/poller.h"

namespace eddy::internal {

// AcceptSink: takes what an acceptor accepted.
class AcceptSink {
 public:
  virtual void OnAccepted(UniqueFd socket, Address peer) = 0;
  // `count` connections were refused for want of descriptors.
  virtual void OnShed(std::size_t count) = 0;

 protected:
  ~AcceptSink() = default;
};

// Acceptor: accepts while it is not paused.
//
// When the process has no descriptors left it gives up its reserve, accepts
// with it what waits, only to close it, so that those peers learn at once, and
// then backs off for a while.
//
// Ownership: its server's. Thread: the loop's; made and destroyed while the
// loop does not run, or on it.
class Acceptor final : private ListenSink, private TimerNode {
 public:
  static constexpr std::chrono::milliseconds kBackOff{50};

  // `listener` is listening.
  Acceptor(LoopCore& loop, UniqueFd listener, AcceptSink& sink);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor();

  Status Start();
  // Stops accepting, or goes on; meanwhile connections wait in the backlog.
  void SetPaused(bool on);
  // Closes the listening socket; last call.
  void Close();

 private:
  void OnAccept(UniqueFd fd, Address peer) override;
  void OnAcceptError(int error) override;
  std::size_t Shed();
  void BackOff();
  // Listens exactly when nothing speaks against it.
  void Update();
  static void OnTimer(TimerNode& node) noexcept;

  LoopCore& loop_;
  UniqueFd listener_;
  UniqueFd reserve_;
  AcceptSink& sink_;
  bool is_started_ = false;
  bool is_paused_ = false;
  bool is_listening_ = false;
  bool is_starved_ = false;  // of descriptors; told once
};

}  // namespace eddy::internal

#endif  // EDDY_NET_ACCEPTOR_H_
