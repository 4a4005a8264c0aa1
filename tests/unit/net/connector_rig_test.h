// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectorRigTest: a test of dials, with time that passes when it says so.

#ifndef EDDY_UNIT_NET_CONNECTOR_RIG_TEST_H_
#define EDDY_UNIT_NET_CONNECTOR_RIG_TEST_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/connector.h"
#include "net/resolver.h"
#include "support/client_test.h"
#include "unit/net/connection_rig_test.h"

namespace eddy::test {

class ConnectorRigTest : public ConnectionRigTest {
 protected:
  ~ConnectorRigTest() override {
    if (!connector_) return;
    connector_->EndAll();
    rig->set().TerminateAll(Error::kStopped);
    EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->set().size() == 0; }));
    EXPECT_EQ(rig->gone(), connection_count_);
    connector_.reset();
    EXPECT_EQ(rig->handler.connects(), rig->handler.closes());
  }

  void StartConnector() {
    Start();
    rig->handler.on_message = Swallow;
    connector_.emplace(rig->loop(), rig->set(), resolver_, connection_count_);
  }
  // Connects to `address`, and keeps what on_retry is told in delays_.
  ConnectId Connect(const std::string& address, ConnectOptions more = {}) {
    more.on_retry = [this](const Status& cause,
                           std::chrono::nanoseconds delay) {
      causes_.push_back(cause);
      delays_.push_back(delay);
      if (when_retrying_) when_retrying_();
    };
    const ConnectId id{.value = ++last_id_};
    connector_->Connect(id, {address, std::move(more), outcome_.Callback()});
    EXPECT_EQ(outcome_.count(), 0U) << "told inside Connect";
    return id;
  }
  // The same, to the port that mute_ keeps.
  ConnectId ConnectToMute(ConnectOptions more = {}) {
    return Connect(mute_address(), std::move(more));
  }
  std::string mute_address() const {
    return os::LocalAddress(mute_.get()).ToString();
  }
  static ConnectOptions Retry(RetryOptions retry = {}) {
    ConnectOptions with;
    retry.jitter = 0;
    with.retry = retry;
    return with;
  }
  bool AwaitOutcome() {
    return rig->TurnUntil([&] { return outcome_.count() == 1; });
  }
  // Turns until the next wait, and lets it pass.
  bool AwaitRetry(std::size_t count) {
    if (!rig->TurnUntil([&] { return delays_.size() == count; })) return false;
    rig->clock.Advance(delays_.back());
    return true;
  }
  UniqueFd Accept(const UniqueFd& listener) {
    UniqueFd accepted;
    rig->TurnUntil([&] {
      accepted = UniqueFd(os::AcceptFrom(listener.get()).fd);
      return static_cast<bool>(accepted);
    });
    return accepted;
  }
  bool AwaitConnects(int count) {
    return rig->TurnUntil([&] { return rig->handler.connects() == count; });
  }
  bool AwaitCloses(int count) {
    return rig->TurnUntil([&] { return rig->handler.closes() == count; });
  }

  UniqueFd mute_ = BindOnLoopback();
  UniqueFd listener_ = ListenOnLoopback();
  const std::string address_ = os::LocalAddress(listener_.get()).ToString();
  internal::LiteralResolver resolver_;
  std::atomic<std::size_t> connection_count_ = 0;
  std::optional<internal::Connector> connector_;
  std::uint64_t last_id_ = 0;
  Outcome outcome_;
  std::vector<Status> causes_;
  std::vector<std::chrono::nanoseconds> delays_;
  std::function<void()> when_retrying_;
};

}  // namespace eddy::test

#endif  // EDDY_UNIT_NET_CONNECTOR_RIG_TEST_H_
