// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientRetryTest: connections that come back.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "support/client_test.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class ClientRetryTest : public ClientTest {
 protected:
  ~ClientRetryTest() override { Stop(); }

  // Options for trying again soon, which count the waits, and note when nobody
  // will use them any more: then no attempt can come.
  ConnectOptions Watched() {
    const std::shared_ptr<void> life(nullptr, [this](void*) { ++over_; });
    ConnectOptions options = RetrySoon();
    options.on_retry = [this, life](const Status& cause, nanoseconds) {
      ++waits_;
      if (cause.code() != std::errc::connection_refused) ++losses_;
    };
    return options;
  }
  Outcome ConnectForEver() { return Connect(Watched()); }
  bool AwaitConnects(int count) {
    return Eventually([&] { return handler.connects() >= count; });
  }

  std::atomic<int> waits_ = 0;
  std::atomic<int> losses_ = 0;  // waits after a connection was there
  std::atomic<int> over_ = 0;    // Watched options that are gone
};
EDDY_ON_USABLE_BACKENDS(ClientRetryTest);

TEST_P(ClientRetryTest, TheFirstFailureIsToldAndTheServerFoundWhenItIsThere) {
  UniqueFd mute = BindOnLoopback();
  address = os::LocalAddress(mute.get()).ToString();
  StartClient();
  const Outcome outcome = ConnectForEver();
  EXPECT_EQ(outcome.status().code(), std::errc::connection_refused);
  EXPECT_TRUE(Eventually([&] { return waits_ >= 3; }));
  server_options.address = address;
  server_options.reuse_port = true;
  StartServer();
  EXPECT_TRUE(AwaitConnects(1));
  EXPECT_EQ(outcome.count(), 1U);
}

TEST_P(ClientRetryTest, AServerThatComesBackIsFoundAgain) {
  UniqueFd keeper = BindOnLoopback();  // of the port, between two servers
  const std::string place = os::LocalAddress(keeper.get()).ToString();
  StartClient();
  for (int round = 1; round <= 3; ++round) {
    server_options.address = place;
    server_options.reuse_port = true;
    StartServer();
    if (round == 1) ConnectForEver();
    ASSERT_TRUE(AwaitConnects(round));
    const ConnectionHandle handle = handler.handle();
    EXPECT_TRUE(handle.Send("hello").ok());
    EXPECT_TRUE(Eventually([&] { return handler.messages() >= round; }));
    server.reset();
    ASSERT_TRUE(Eventually([&] { return handler.closes() >= round; }));
    EXPECT_FALSE(handle.is_open());
  }
  // Whatever it was refused meanwhile, each server was lost once.
  EXPECT_TRUE(Eventually([&] { return losses_ == 3; }));
  Stop();
  EXPECT_EQ(losses_, 3);
  EXPECT_EQ(handler.connects(), 3);
}

TEST_P(ClientRetryTest, ThePeersEndIsRetriedAndAnOwnCloseIsNot) {
  served.on_connect = [&](Connection& connection) {
    if (served.connects() == 0) connection.Close();
  };
  Start();
  ConnectForEver();
  ASSERT_TRUE(AwaitConnects(2));
  EXPECT_EQ(waits_, 1);
  EXPECT_TRUE(handler.handle().Close().ok());
  EXPECT_TRUE(Eventually([&] { return over_ == 1; }));
  EXPECT_EQ(waits_, 1);
  EXPECT_EQ(handler.connects(), 2);
}

TEST_P(ClientRetryTest, CancelEndsIt) {
  UniqueFd mute = BindOnLoopback();
  address = os::LocalAddress(mute.get()).ToString();
  StartClient();
  Outcome outcome;
  const ConnectId id = client->Connect(address, Watched(), outcome.Callback());
  EXPECT_TRUE(Eventually([&] { return waits_ >= 2; }));
  EXPECT_EQ(over_, 0);
  EXPECT_TRUE(client->Cancel(id));
  EXPECT_TRUE(Eventually([&] { return over_ == 1; }));
  EXPECT_EQ(outcome.count(), 1U);
  EXPECT_EQ(outcome.status().code(), std::errc::connection_refused);
}

TEST_P(ClientRetryTest, DelaysAreAtLeastATick) {
  UniqueFd mute = BindOnLoopback();
  address = os::LocalAddress(mute.get()).ToString();
  client_options.timer_tick = milliseconds(20);
  StartClient();
  ConnectOptions options;
  options.retry = RetryOptions{.initial_delay = nanoseconds(0),
                               .max_delay = nanoseconds(0)};
  std::atomic<bool> is_short = false;
  options.on_retry = [&](const Status&, nanoseconds delay) {
    if (delay < milliseconds(20)) is_short = true;
    ++waits_;
  };
  Connect(std::move(options));
  EXPECT_TRUE(Eventually([&] { return waits_ >= 3; }));
  Stop();
  EXPECT_FALSE(is_short);
}

TEST_P(ClientRetryTest, StopEndsIt) {
  for (const bool is_connected : {false, true}) {
    UniqueFd mute = BindOnLoopback();
    if (is_connected) {
      StartServer();
    } else {
      address = os::LocalAddress(mute.get()).ToString();
    }
    StartClient();
    ConnectForEver();
    client->Stop();
    EXPECT_TRUE(client->Wait().ok());
    client.reset();
  }
}

TEST_P(ClientRetryTest, ManyComeBackToAServerThatDropsThem) {
  std::atomic<int> dropped = 0;
  served.on_connect = [&](Connection& connection) {
    if (dropped.fetch_add(1) < 200) connection.Abort();
  };
  Start();
  Outcome outcome;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(client->Connect(address, RetrySoon(), outcome.Callback()));
  }
  ASSERT_TRUE(outcome.Await(20));
  // Those that were dropped, and one more of each Connect.
  EXPECT_TRUE(Eventually(
      [&] { return dropped >= 220 && client->connection_count() == 20; }));
  Stop();
  EXPECT_EQ(dropped, 220);
}

}  // namespace
}  // namespace eddy::test
