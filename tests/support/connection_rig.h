// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionRig: connections on a loop that a test turns by hand.

#ifndef EDDY_SUPPORT_CONNECTION_RIG_H_
#define EDDY_SUPPORT_CONNECTION_RIG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "eddy/options.h"
#include "loop/loop_core.h"
#include "net/connection_set.h"
#include "support/fake_poller.h"
#include "support/manual_clock.h"
#include "support/scripted_handler.h"
#include "support/socket_pair.h"

namespace eddy::test {

// ConnectionRig: one set of connections on real sockets, with time that stands
// still unless it is told to pass.
//
// Thread: one.
class ConnectionRig final : private internal::SetOwner {
 public:
  struct Options {
    std::optional<std::uint32_t> fake_seed;  // none: the machine's poller
    ConnectionOptions connection;
    internal::SetLimits limits;
    Handler* handler = nullptr;  // none: the rig's own
  };

  explicit ConnectionRig(Options options)
      : loop_(MakeLoop(options.fake_seed, clock)),
        set_(*loop_, 0, options.handler != nullptr ? *options.handler : handler,
             options.connection, options.limits, *this) {}
  ConnectionRig() : ConnectionRig(Options{}) {}
  ConnectionRig(const ConnectionRig&) = delete;
  ConnectionRig& operator=(const ConnectionRig&) = delete;
  ~ConnectionRig() {
    set_.TerminateAll(Error::kStopped);
    TurnUntil([this] { return set_.size() == 0; });
  }

  // Takes in one end of `pair` and returns the other.
  UniqueFd Adopt(SocketPair pair) {
    set_.Adopt(std::move(pair.ours), {});
    return std::move(pair.peer);
  }
  UniqueFd Connect() { return Adopt(TcpPair()); }

  void Turn() {
    loop_->KeepTurning();
    static_cast<void>(loop_->Turn());
  }
  void Turn(int count) {
    for (; count > 0; --count) Turn();
  }
  // Turns until `condition` holds. False: out of patience.
  template <typename Condition>
  bool TurnUntil(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      Turn();
    }
    return true;
  }
  // Turns while reading from `fd` until `count` bytes have come or the stream
  // ends.
  std::string Read(int fd, std::size_t count) {
    std::string text;
    TurnUntil([&] {
      return ReadSome(fd, text) != Stream::kOpen || text.size() >= count;
    });
    return text;
  }
  // Turns while reading from `fd` until the stream ends, and tells how.
  Stream ReadToEnd(int fd, std::string* text = nullptr) {
    std::string dropped;
    Stream end = Stream::kOpen;
    TurnUntil([&] {
      end = ReadSome(fd, text != nullptr ? *text : dropped);
      return end != Stream::kOpen;
    });
    return end;
  }
  // Lets `by` pass and what is due by then happen.
  void Pass(std::chrono::nanoseconds by) {
    clock.Advance(by);
    Turn(8);
  }

  internal::LoopCore& loop() { return *loop_; }
  internal::ConnectionSet& set() { return set_; }
  std::size_t gone() const { return gone_; }
  bool is_memory_short() const { return is_memory_short_; }
  int drained() const { return drained_; }

  // Made first: they outlive the loop.
  ManualClock clock;
  ScriptedHandler handler;

 private:
  static std::unique_ptr<internal::LoopCore> MakeLoop(
      std::optional<std::uint32_t> fake_seed, internal::Clock& clock) {
    auto wake_fd = std::make_shared<const os::WakeFd>(
        Unwrap(os::WakeFd::Create(), "wake descriptor"));
    std::unique_ptr<internal::Poller> poller;
    if (fake_seed) {
      poller = std::make_unique<FakePoller>(
          FakePoller::Options{.seed = *fake_seed}, wake_fd);
    } else {
      poller =
          Unwrap(internal::CreatePoller(Backend::kAuto, wake_fd), "poller");
    }
    return std::make_unique<internal::LoopCore>(
        std::move(poller), std::move(wake_fd), LoopOptions{}, clock);
  }

  void OnConnectionGone(std::size_t) noexcept override { ++gone_; }
  void OnMemoryPressure(std::size_t, bool is_short) noexcept override {
    is_memory_short_ = is_short;
  }
  void OnDrained(std::size_t) override { ++drained_; }

  std::size_t gone_ = 0;
  bool is_memory_short_ = false;
  int drained_ = 0;
  std::unique_ptr<internal::LoopCore> loop_;
  internal::ConnectionSet set_;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_CONNECTION_RIG_H_
