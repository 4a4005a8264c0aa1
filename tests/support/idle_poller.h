// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// IdlePoller: waits for nothing and tells how long it should have.

#ifndef EDDY_SUPPORT_IDLE_POLLER_H_
#define EDDY_SUPPORT_IDLE_POLLER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "loop/loop_core.h"
#include "poll/poller.h"
#include "support/manual_clock.h"

namespace eddy::test {

// IdlePoller: knows no descriptor; a test may act as its events.
//
// Thread: one.
class IdlePoller final : public internal::Poller {
 public:
  Backend backend() const noexcept override { return Backend::kAuto; }

  Status Add(int, Interest, internal::ReadySink&) override { return Refuse(); }
  Status Modify(int, Interest) override { return Refuse(); }
  void Remove(int) override {}
  Status Listen(int, internal::ListenSink&) override { return Refuse(); }
  Status Connect(int, const Address&, internal::ConnectSink&) override {
    return Refuse();
  }
  Status OpenTransport(internal::Transport&) override { return Refuse(); }
  void SetReceiving(internal::Transport&, bool) override {}
  std::size_t TrySend(internal::Transport&, std::span<const std::byte>,
                      std::span<const std::byte>) override {
    return 0;
  }
  void Flush(internal::Transport&) override {}
  void CloseTransport(internal::Transport&) override {}
  void Submit(internal::Operation&) override {}
  void Cancel(internal::Operation&) override {}
  void Wake() override {}

  Status Wait(std::chrono::nanoseconds timeout) override {
    timeouts.push_back(timeout);
    if (on_wait) on_wait();
    return outcome;
  }
  void CountEvent() { ++event_count_; }

  std::vector<std::chrono::nanoseconds> timeouts;  // of the calls of Wait
  std::function<void()> on_wait;                   // what happens in Wait
  Status outcome;                                  // of Wait

 private:
  static Status Refuse() { return Error::kUnsupported; }
};

// ManualLoop: a loop on an IdlePoller and a ManualClock, turned by hand.
struct ManualLoop {
  explicit ManualLoop(const LoopOptions& options = {}) {
    auto wake_fd = os::WakeFd::Create();
    auto owned = std::make_unique<IdlePoller>();
    poller = owned.get();
    loop = std::make_unique<internal::LoopCore>(
        std::move(owned),
        std::make_shared<const os::WakeFd>(*std::move(wake_fd)), options,
        clock);
  }

  // Lets `by` pass, then turns once.
  void Pass(std::chrono::nanoseconds by) {
    clock.Advance(by);
    static_cast<void>(loop->Turn());
  }
  // Runs the loop, on this thread, until it has done `steps`, one a turn, as
  // if each were an event.
  Status Run(std::vector<std::function<void()>> steps) {
    std::size_t next = 0;
    poller->on_wait = [&] {
      if (next == steps.size()) return loop->Stop();
      steps[next++]();
    };
    return loop->Run();
  }

  ManualClock clock;
  IdlePoller* poller = nullptr;
  std::unique_ptr<internal::LoopCore> loop;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_IDLE_POLLER_H_
