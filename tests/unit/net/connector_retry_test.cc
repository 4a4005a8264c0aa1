// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectorRetryTest: dials that are tried again, or not.

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/log_capture.h"
#include "unit/net/connector_rig_test.h"

namespace eddy::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class ConnectorRetryTest : public ConnectorRigTest {};
EDDY_ON_ALL_POLLERS(ConnectorRetryTest);

TEST_P(ConnectorRetryTest, ConnectsWhenAListenerAppears) {
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

TEST_P(ConnectorRetryTest, DelaysGrow) {
  StartConnector();
  ConnectToMute(Retry());
  for (std::size_t count = 1; count <= 5; ++count) {
    ASSERT_TRUE(AwaitRetry(count));
    EXPECT_EQ(delays_.back(), milliseconds(100 << (count - 1)));
  }
}

TEST_P(ConnectorRetryTest, NoAttemptComesBeforeTheDelayHasPassed) {
  StartConnector();
  ConnectToMute(Retry());
  ASSERT_TRUE(rig->TurnUntil([&] { return delays_.size() == 1; }));
  rig->Pass(milliseconds(99));
  EXPECT_EQ(delays_.size(), 1U);
  rig->clock.Advance(milliseconds(2));
  EXPECT_TRUE(rig->TurnUntil([&] { return delays_.size() == 2; }));
}

TEST_P(ConnectorRetryTest, GivesUpAfterMaxAttemptsInARow) {
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

TEST_P(ConnectorRetryTest, WhatCannotGetRightIsNotTriedAgain) {
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

TEST_P(ConnectorRetryTest, AConnectionThatIsLostIsReplaced) {
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

TEST_P(ConnectorRetryTest, OneThatLastedHasTheDelaysBeginAnew) {
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

TEST_P(ConnectorRetryTest, OneThatTheProgramEndsIsNotReplaced) {
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

TEST_P(ConnectorRetryTest, OneThatAnExceptionEndsIsReplaced) {
  const LogCapture log;
  StartConnector();
  rig->handler.on_connect = [](Connection&) {
    throw std::runtime_error("no, thanks");
  };
  Connect(address_, Retry());
  ASSERT_TRUE(AwaitRetry(1));
  EXPECT_EQ(causes_.back().code(), Error::kHandlerFailed);
  EXPECT_EQ(outcome_.status().code(), Error::kHandlerFailed);
  ASSERT_TRUE(AwaitRetry(2));
  EXPECT_EQ(rig->handler.closes(), 2);
  EXPECT_EQ(outcome_.count(), 1U);
}

TEST_P(ConnectorRetryTest, AnOnConnectThatThrowsIsAnAttemptThatFails) {
  const LogCapture log;
  StartConnector();
  rig->handler.on_connect = [](Connection&) {
    throw std::runtime_error("no, thanks");
  };
  rig->handler.on_close = [&](Connection&, const Status& reason) {
    EXPECT_EQ(reason.code(), Error::kHandlerFailed);
    EXPECT_EQ(outcome_.count(), 0U);
  };
  Connect(address_);
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kHandlerFailed);
  EXPECT_EQ(outcome_.status().message().find("connect to " + address_), 0U);
  EXPECT_EQ(rig->handler.closes(), 1);
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
}

// It was there, and what the program did with it is the program's affair.
TEST_P(ConnectorRetryTest, OneThatItsOnConnectEndsWasMadeAndIsNotReplaced) {
  StartConnector();
  for (const bool aborts : {false, true}) {
    outcome_ = Outcome();
    rig->handler.on_connect = [&](Connection& connection) {
      if (aborts) return connection.Abort();
      connection.Send("all");
      connection.Close();
    };
    Connect(address_, Retry());
    ASSERT_TRUE(AwaitOutcome());
    EXPECT_TRUE(outcome_.status().ok()) << outcome_.status().message();
    EXPECT_EQ(outcome_.handle().Find(), nullptr);
    const UniqueFd peer = Accept(listener_);
    std::string received;
    EXPECT_NE(rig->ReadToEnd(peer.get(), &received), Stream::kOpen);
    EXPECT_EQ(received, aborts ? "" : "all");
    ::shutdown(peer.get(), SHUT_RDWR);
    EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  }
  rig->Pass(hours(1));
  EXPECT_EQ(rig->handler.connects(), 2);
  EXPECT_TRUE(delays_.empty());
}

TEST_P(ConnectorRetryTest, OneThatTheProgramEndsInVainIsNotReplacedEither) {
  const LogCapture log;
  StartConnector();
  rig->handler.on_connect = [](Connection& connection) {
    connection.Close();
    throw std::runtime_error("no, thanks");
  };
  Connect(address_, Retry());
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kHandlerFailed);
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  outcome_ = Outcome();
  ConnectOptions more = Retry();
  more.prepare = [](Connection& connection) { connection.Abort(); };
  Connect(address_, std::move(more));
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(outcome_.status().code(), Error::kAborted);
  EXPECT_TRUE(rig->TurnUntil([&] { return connector_->empty(); }));
  EXPECT_TRUE(delays_.empty());
  EXPECT_EQ(rig->handler.connects(), 1);
}

TEST_P(ConnectorRetryTest, CallbacksThatThrowDoNoHarm) {
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

}  // namespace
}  // namespace eddy::test
