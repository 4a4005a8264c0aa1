// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectorTest: dials, with time that passes when the test says so.

#include "net/connector.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "net/resolver.h"
#include "support/client_test.h"
#include "support/log_capture.h"
#include "support/xor_filter.h"
#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// ClientFilter: the client's side of XorFilter's handshake, and no more.
class ClientFilter final : public internal::StreamFilter {
 public:
  Status Start(RingBuffer& wire) override {
    wire.Append(XorRecord(Record::kHello));
    return {};
  }
  bool is_ready() const noexcept override { return is_ready_; }
  Status Decode(std::span<const std::byte> received, RingBuffer&,
                RingBuffer& wire) override {
    received_ += AsText(received);
    if (!XorRecord(Record::kHello).starts_with(received_)) {
      return Status(Error::kProtocol, "no hello");
    }
    if (received_.size() < 3) return {};
    is_ready_ = true;
    wire.Append(XorRecord(Record::kFinish));
    return {};
  }
  bool has_ended() const noexcept override { return false; }
  Status OnWireEnd() override { return {}; }
  Status Encode(std::span<const std::byte>, RingBuffer&) override { return {}; }
  void Finish(RingBuffer&) override {}

 private:
  std::string received_;
  bool is_ready_ = false;
};

class ClientFilterFactory final : public internal::StreamFilterFactory {
 public:
  std::unique_ptr<internal::StreamFilter> Create() override {
    return std::make_unique<ClientFilter>();
  }
};

class ConnectorTest : public ConnectionRigTest {
 protected:
  ~ConnectorTest() override {
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
    more.on_retry = [this](const Status& cause, nanoseconds delay) {
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
  std::vector<nanoseconds> delays_;
  std::function<void()> when_retrying_;
};
EDDY_ON_ALL_POLLERS(ConnectorTest);

TEST_P(ConnectorTest, TellsOfSuccessWhenOnConnectHasReturned) {
  StartConnector();
  rig->handler.on_connect = [&](Connection&) {
    EXPECT_EQ(outcome_.count(), 0U);
  };
  Connect(address_);
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(rig->handler.connects(), 1);
  EXPECT_EQ(outcome_.handle(), rig->handler.handle());
  // Nothing of it is left but the connection.
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  EXPECT_EQ(connection_count_, 1U);
}

TEST_P(ConnectorTest, TellsOfARefusal) {
  StartConnector();
  ConnectToMute();
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().message(),
            "connect to " + mute_address() + ": Connection refused");
  EXPECT_EQ(rig->handler.connects(), 0);
}

TEST_P(ConnectorTest, TellsWhatIsWrongWithOptions) {
  StartConnector();
  ConnectOptions late;
  late.timeout = nanoseconds(-1);
  Connect(address_, std::move(late));
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kInvalidArgument);
  EXPECT_EQ(
      outcome_.status().message(),
      "connect to " + address_ + ": timeout is negative: invalid argument");
}

TEST_P(ConnectorTest, TimesOutNoSoonerThanItShould) {
  StartConnector();
  const CrowdedListener crowded;
  ConnectOptions brief;
  brief.timeout = seconds(3);
  Connect(crowded.address().ToString(), std::move(brief));
  rig->Turn(4);
  rig->Pass(milliseconds(2999));
  EXPECT_EQ(outcome_.count(), 0U);
  rig->Pass(milliseconds(2));
  ASSERT_EQ(outcome_.count(), 1U);
  EXPECT_EQ(outcome_.status().code(), Error::kTimeout);
}

TEST_P(ConnectorTest, ATimeoutOfZeroIsNone) {
  StartConnector();
  const CrowdedListener crowded;
  ConnectOptions patient;
  patient.timeout = nanoseconds(0);
  Connect(crowded.address().ToString(), std::move(patient));
  rig->Turn(4);
  rig->Pass(hours(1000));
  EXPECT_EQ(outcome_.count(), 0U);
}

TEST_P(ConnectorTest, TheTimeoutEndsWithTheConnection) {
  StartConnector();
  Connect(address_);
  ASSERT_TRUE(AwaitOutcome());
  rig->Pass(hours(1));
  EXPECT_EQ(rig->handler.closes(), 0);
}

// ---- A filter's handshake ---------------------------------------------------

TEST_P(ConnectorTest, WithAFilterItSucceedsAfterTheHandshake) {
  options.connection.filter = std::make_shared<ClientFilterFactory>();
  StartConnector();
  Connect(address_);
  const UniqueFd peer = Accept(listener_);
  EXPECT_EQ(rig->Read(peer.get(), 3), XorRecord(Record::kHello));
  EXPECT_EQ(outcome_.count(), 0U);
  EXPECT_EQ(rig->handler.connects(), 0);
  WriteAll(peer.get(), XorRecord(Record::kHello));
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_TRUE(outcome_.status().ok());
  EXPECT_EQ(rig->handler.connects(), 1);
}

TEST_P(ConnectorTest, AHandshakeThatFailsIsAnAttemptThatFails) {
  options.connection.filter = std::make_shared<ClientFilterFactory>();
  StartConnector();
  Connect(address_);
  const UniqueFd peer = Accept(listener_);
  WriteAll(peer.get(), "bye");
  ASSERT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
  ::shutdown(peer.get(), SHUT_RDWR);
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().message(),
            "connect to " + address_ + ": no hello: protocol error");
  EXPECT_EQ(rig->handler.connects(), 0);
}

TEST_P(ConnectorTest, TheTimeoutCountsTheHandshake) {
  options.connection.filter = std::make_shared<ClientFilterFactory>();
  options.connection.handshake_timeout = nanoseconds(0);
  StartConnector();
  Connect(address_);
  const UniqueFd peer = Accept(listener_);
  EXPECT_EQ(rig->Read(peer.get(), 3), XorRecord(Record::kHello));
  rig->Pass(seconds(11));
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kTimeout);
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->set().size() == 0; }));
}

TEST_P(ConnectorTest, CancelledInTheHandshakeItIsDropped) {
  options.connection.filter = std::make_shared<ClientFilterFactory>();
  StartConnector();
  const ConnectId id = Connect(address_);
  const UniqueFd peer = Accept(listener_);
  EXPECT_EQ(rig->Read(peer.get(), 3), XorRecord(Record::kHello));
  EXPECT_TRUE(connector_->Cancel(id));
  EXPECT_EQ(outcome_.count(), 0U) << "told inside Cancel";
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kCancelled);
  EXPECT_NE(rig->ReadToEnd(peer.get()), Stream::kOpen);
  EXPECT_EQ(rig->handler.connects(), 0);
}

// ---- Cancelling -------------------------------------------------------------

TEST_P(ConnectorTest, CancelledWhileItConnectsNoConnectionIsLeft) {
  StartConnector();
  const ConnectId id = Connect(address_);
  EXPECT_TRUE(connector_->Cancel(id));
  EXPECT_FALSE(connector_->Cancel(id));
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kCancelled);
  const UniqueFd peer = Accept(listener_);
  EXPECT_NE(rig->ReadToEnd(peer.get()), Stream::kOpen);
  EXPECT_FALSE(connector_->Cancel(id));
  EXPECT_EQ(rig->handler.connects(), 0);
}

TEST_P(ConnectorTest, CancelledInItsOnConnectItHasSucceeded) {
  StartConnector();
  ConnectId id;
  rig->handler.on_connect = [&](Connection&) {
    EXPECT_TRUE(connector_->Cancel(id));
  };
  id = Connect(address_, Retry());
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_TRUE(outcome_.handle().is_open());
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  EXPECT_EQ(rig->handler.closes(), 0);
}

TEST_P(ConnectorTest, CancelEndsTheWaitForTheNextAttempt) {
  StartConnector();
  const ConnectId id = ConnectToMute(Retry());
  ASSERT_TRUE(rig->TurnUntil([&] { return delays_.size() == 1; }));
  EXPECT_TRUE(connector_->Cancel(id));
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  rig->Pass(hours(1));
  EXPECT_EQ(delays_.size(), 1U);
  EXPECT_EQ(outcome_.count(), 1U);
}

TEST_P(ConnectorTest, CancelInOnRetryEndsIt) {
  StartConnector();
  ConnectId id;
  when_retrying_ = [&] { EXPECT_TRUE(connector_->Cancel(id)); };
  id = ConnectToMute(Retry());
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  rig->Pass(hours(1));
  EXPECT_EQ(delays_.size(), 1U);
}

TEST_P(ConnectorTest, CancelLeavesTheConnectionButReplacesItNoMore) {
  StartConnector();
  const ConnectId id = Connect(address_, Retry());
  ASSERT_TRUE(AwaitOutcome());
  UniqueFd peer = Accept(listener_);
  EXPECT_TRUE(connector_->Cancel(id));
  rig->Turn(4);
  EXPECT_EQ(rig->handler.closes(), 0);
  peer.Reset();
  ASSERT_TRUE(AwaitCloses(1));
  rig->Pass(hours(1));
  EXPECT_EQ(rig->handler.connects(), 1);
  EXPECT_TRUE(delays_.empty());
}

// ---- Trying again -----------------------------------------------------------

TEST_P(ConnectorTest, ConnectsWhenAListenerAppears) {
  StartConnector();
  ConnectToMute(Retry());
  ASSERT_TRUE(AwaitRetry(1));
  EXPECT_EQ(outcome_.status().code(), std::errc::connection_refused);
  EXPECT_EQ(causes_.front().message(), outcome_.status().message());
  ASSERT_TRUE(AwaitRetry(2));
  const UniqueFd late = Unwrap(
      os::Listen(os::LocalAddress(mute_.get()), {.reuse_port = true}), "late");
  ASSERT_TRUE(AwaitConnects(1));
  EXPECT_EQ(outcome_.count(), 1U) << "told of more than the first attempt";
}

TEST_P(ConnectorTest, DelaysGrow) {
  StartConnector();
  ConnectToMute(Retry());
  for (std::size_t count = 1; count <= 5; ++count) {
    ASSERT_TRUE(AwaitRetry(count));
    EXPECT_EQ(delays_.back(), milliseconds(100 << (count - 1)));
  }
}

TEST_P(ConnectorTest, NoAttemptComesBeforeTheDelayHasPassed) {
  StartConnector();
  ConnectToMute(Retry());
  ASSERT_TRUE(rig->TurnUntil([&] { return delays_.size() == 1; }));
  rig->Pass(milliseconds(99));
  EXPECT_EQ(delays_.size(), 1U);
  rig->clock.Advance(milliseconds(2));
  EXPECT_TRUE(rig->TurnUntil([&] { return delays_.size() == 2; }));
}

TEST_P(ConnectorTest, GivesUpAfterMaxAttemptsInARow) {
  const LogCapture log;
  StartConnector();
  ConnectToMute(Retry({.max_attempts = 3}));
  ASSERT_TRUE(AwaitRetry(1));
  ASSERT_TRUE(AwaitRetry(2));
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  EXPECT_EQ(delays_.size(), 2U);
  EXPECT_EQ(log.Count("given up after 3 attempts"), 1U);
  EXPECT_EQ(outcome_.count(), 1U);
}

TEST_P(ConnectorTest, WhatCannotGetRightIsNotTriedAgain) {
  for (const char* address : {"localhost:1", "nonsense"}) {
    StartConnector();
    outcome_ = Outcome();
    Connect(address, Retry());
    EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
    EXPECT_FALSE(outcome_.status().ok());
    EXPECT_TRUE(delays_.empty());
    connector_.reset();
  }
}

TEST_P(ConnectorTest, AConnectionThatIsLostIsReplaced) {
  StartConnector();
  Connect(address_, Retry());
  ASSERT_TRUE(AwaitConnects(1));
  const ConnectionHandle first = rig->handler.handle();
  Accept(listener_).Reset();  // FIN, which the default answers with Close
  ASSERT_TRUE(AwaitCloses(1));
  ASSERT_TRUE(AwaitRetry(1));
  EXPECT_EQ(causes_.back().code(), Error::kClosed);
  ASSERT_TRUE(AwaitConnects(2));
  EXPECT_NE(rig->handler.handle(), first);
  Reset(Accept(listener_));
  ASSERT_TRUE(AwaitRetry(2));
  EXPECT_EQ(causes_.back().code(), std::errc::connection_reset);
  ASSERT_TRUE(AwaitConnects(3));
  EXPECT_EQ(outcome_.count(), 1U);
  // They did not last, so the delay has grown.
  EXPECT_EQ(delays_,
            (std::vector<nanoseconds>{milliseconds(100), milliseconds(200)}));
}

TEST_P(ConnectorTest, OneThatLastedHasTheDelaysBeginAnew) {
  StartConnector();
  Connect(address_, Retry({.max_attempts = 2}));
  for (std::size_t count = 1; count <= 5; ++count) {
    ASSERT_TRUE(AwaitConnects(static_cast<int>(count)));
    rig->Pass(seconds(10));
    Reset(Accept(listener_));
    ASSERT_TRUE(AwaitRetry(count));
    EXPECT_EQ(delays_.back(), milliseconds(100));
  }
}

TEST_P(ConnectorTest, OneThatTheProgramEndsIsNotReplaced) {
  StartConnector();
  for (const bool aborts : {false, true}) {
    Connect(address_, Retry());
    ASSERT_TRUE(AwaitConnects(aborts ? 2 : 1));
    const UniqueFd peer = Accept(listener_);
    Connection* const connection = rig->handler.handle().Find();
    ASSERT_NE(connection, nullptr);
    if (aborts) {
      connection->Abort();
    } else {
      connection->Close();
    }
    EXPECT_NE(rig->ReadToEnd(peer.get()), Stream::kOpen);
    ::shutdown(peer.get(), SHUT_RDWR);
    EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
    outcome_ = Outcome();
  }
  rig->Pass(hours(1));
  EXPECT_EQ(rig->handler.connects(), 2);
  EXPECT_TRUE(delays_.empty());
}

TEST_P(ConnectorTest, OneThatAnExceptionEndsIsReplaced) {
  const LogCapture log;
  StartConnector();
  rig->handler.on_connect = [](Connection&) {
    throw std::runtime_error("no, thanks");
  };
  Connect(address_, Retry());
  ASSERT_TRUE(AwaitRetry(1));
  EXPECT_EQ(causes_.back().code(), Error::kHandlerFailed);
  EXPECT_FALSE(outcome_.handle().is_open());
}

TEST_P(ConnectorTest, CallbacksThatThrowDoNoHarm) {
  const LogCapture log;
  StartConnector();
  when_retrying_ = [] { throw std::runtime_error("retry"); };
  ConnectOptions again = Retry();
  again.on_retry = [](const Status&, nanoseconds) {
    throw std::runtime_error("on_retry");
  };
  connector_->Connect({.value = 77}, {mute_address(), std::move(again),
                                      [](const Result<ConnectionHandle>&) {
                                        throw std::runtime_error("done");
                                      }});
  EXPECT_TRUE(rig->TurnUntil([&] {
    return log.Count("connect callback: done") == 1 &&
           log.Count("retry callback: on_retry") == 1;
  }));
  EXPECT_TRUE(connector_->Cancel({.value = 77}));
}

TEST_P(ConnectorTest, AfterEndAllEveryDialIsStopped) {
  StartConnector();
  const CrowdedListener crowded;
  Connect(crowded.address().ToString());
  rig->Turn(4);
  connector_->EndAll();
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kStopped);
  outcome_ = Outcome();
  Connect(address_);
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kStopped);
}

}  // namespace
}  // namespace eddy::test
