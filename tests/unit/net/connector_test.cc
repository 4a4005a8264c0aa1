// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectorTest: dials, with time that passes when the test says so.

#include "net/connector.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/client_test.h"
#include "support/log_capture.h"
#include "support/xor_filter.h"
#include "unit/net/connector_rig_test.h"

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

class ConnectorTest : public ConnectorRigTest {};
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

TEST_P(ConnectorTest, InItsOnConnectThereIsNothingToCancelWithoutRetries) {
  StartConnector();
  ConnectId id;
  rig->handler.on_connect = [&](Connection&) {
    EXPECT_FALSE(connector_->Cancel(id));
  };
  id = Connect(address_);
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_TRUE(outcome_.handle().is_open());
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
}

TEST_P(ConnectorTest, WhenAFailureIsToldThereMayBeNothingToCancel) {
  const LogCapture log;
  StartConnector();
  struct Case {
    std::string address;
    ConnectOptions options;
    bool goes_on;
  };
  std::vector<Case> cases;
  cases.push_back({mute_address(), {}, false});
  cases.push_back({"nonsense", Retry(), false});
  cases.push_back({mute_address(), Retry({.max_attempts = 1}), false});
  cases.push_back({mute_address(), Retry(), true});
  for (Case& each : cases) {
    const ConnectId id{.value = ++last_id_};
    int told = 0;
    connector_->Connect(id, {each.address, std::move(each.options),
                             [&](const Result<ConnectionHandle>& result) {
                               EXPECT_FALSE(result);
                               EXPECT_EQ(connector_->Cancel(id), each.goes_on);
                               EXPECT_FALSE(connector_->Cancel(id));
                               ++told;
                             }});
    EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
    EXPECT_EQ(told, 1);
  }
}

TEST_P(ConnectorTest, ACancelDoesNotReplaceTheCauseOfAFailure) {
  StartConnector();
  const CrowdedListener crowded;
  for (const bool retries : {false, true}) {
    outcome_ = Outcome();
    ConnectOptions brief = retries ? Retry() : ConnectOptions();
    brief.timeout = seconds(3);
    const ConnectId id =
        Connect(crowded.address().ToString(), std::move(brief));
    // In the turn in which it fails, and is told at the end.
    int answers = 0;
    rig->loop().RunAfter(seconds(4), [&] {
      EXPECT_EQ(outcome_.count(), 0U);
      EXPECT_EQ(connector_->Cancel(id), retries);
      EXPECT_FALSE(connector_->Cancel(id));
      ++answers;
    });
    rig->Turn(4);
    rig->Pass(seconds(5));
    EXPECT_EQ(answers, 1);
    ASSERT_TRUE(AwaitOutcome());
    EXPECT_EQ(outcome_.status().code(), Error::kTimeout);
    EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  }
  rig->Pass(hours(1));
  EXPECT_TRUE(delays_.empty());
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
