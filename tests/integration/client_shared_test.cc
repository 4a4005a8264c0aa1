// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientSharedTest: a client on the loops of a server.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "support/client_test.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;

class ClientSharedTest : public ClientTest {
 protected:
  ClientSharedTest() { server_options.num_loops = 2; }

  // A server that does not run yet.
  void MakeServer() {
    server.emplace(served, std::move(server_options));
    server_options = Options(2);
  }
  void Serve() {
    ASSERT_TRUE(server->Start().ok());
    address = server->address().ToString();
  }
  void ShareLoops() {
    client.emplace(handler, *server, client_options);
    const Status status = client->Start();
    ASSERT_TRUE(status.ok()) << status.message();
  }
};
EDDY_ON_USABLE_BACKENDS(ClientSharedTest);

TEST_P(ClientSharedTest, ItsLoopsAreTheServers) {
  MakeServer();
  Serve();
  client_options.num_loops = 7;
  client_options.backend = Backend::kAuto;
  ShareLoops();
  ASSERT_EQ(client->num_loops(), 2U);
  EXPECT_EQ(client->backend(), GetParam());
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(&client->loop(i), &server->loop(i));
  }
  for (int i = 0; i < 4; ++i) Connect();
  EXPECT_EQ(client->connection_count(), 4U);
  EXPECT_TRUE(Eventually([&] { return server->connection_count() == 4; }));
}

TEST_P(ClientSharedTest, APairSharesALoop) {
  std::atomic<int> pairs = 0;
  std::atomic<int> strays = 0;
  served.on_connect = [&](Connection& connection) {
    if (pairs.fetch_add(1) >= 10) return;
    client->Connect(address, {},
                    [&, loop = &connection.loop()](const auto& result) {
                      Connection* const found = result->Find();
                      if (found == nullptr || &found->loop() != loop) ++strays;
                    });
  };
  MakeServer();
  ShareLoops();
  Serve();
  client->Connect(address);
  EXPECT_TRUE(Eventually([&] { return handler.connects() == 11; }));
  EXPECT_EQ(strays, 0);
  Stop();
}

TEST_P(ClientSharedTest, StartedBeforeTheServerItWaitsForIt) {
  UniqueFd keeper = BindOnLoopback();
  server_options.address = os::LocalAddress(keeper.get()).ToString();
  address = server_options.address;
  server_options.reuse_port = true;
  MakeServer();
  ShareLoops();
  Outcome outcome;
  ASSERT_TRUE(client->Connect(address, {}, outcome.Callback()));
  EXPECT_EQ(outcome.count(), 0U);
  Serve();
  EXPECT_TRUE(outcome.status().ok()) << outcome.status().message();
}

TEST_P(ClientSharedTest, IfTheServerIsNeverStartedTheDestructorTells) {
  MakeServer();
  ShareLoops();
  Outcome outcome;
  ASSERT_TRUE(client->Connect("127.0.0.1:1", {}, outcome.Callback()));
  const ConnectId id = client->Connect("127.0.0.1:1", {}, outcome.Callback());
  EXPECT_TRUE(client->Cancel(id));
  client.reset();
  ASSERT_EQ(outcome.count(), 2U);
  EXPECT_EQ(outcome.status().code(), Error::kStopped);
}

TEST_P(ClientSharedTest, IfTheServerIsNeverStartedWaitTells) {
  MakeServer();
  ShareLoops();
  Outcome outcome;
  ASSERT_TRUE(client->Connect("127.0.0.1:1", {}, outcome.Callback()));
  std::thread waiter([&] { EXPECT_TRUE(client->Wait().ok()); });
  client->Stop();
  waiter.join();
  EXPECT_EQ(outcome.status().code(), Error::kStopped);
  // What is left in the loops' queues finds nobody.
  client.reset();
  Serve();
}

TEST_P(ClientSharedTest, TheServersStopEndsTheClient) {
  const CrowdedListener crowded;
  MakeServer();
  Serve();
  ShareLoops();
  for (int i = 0; i < 4; ++i) Connect(RetrySoon());
  Outcome pending;
  ASSERT_TRUE(
      client->Connect(crowded.address().ToString(), {}, pending.Callback()));
  server->Stop();
  EXPECT_TRUE(server->Wait().ok());
  EXPECT_EQ(pending.status().code(), Error::kStopped);
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_EQ(handler.connects(), handler.closes());
  EXPECT_EQ(client->connection_count(), 0U);
  EXPECT_FALSE(client->Connect(address));
}

TEST_P(ClientSharedTest, OnCloseComesOnTheLoopsThreadWhenTheServerStops) {
  const UniqueFd listener = ListenOnLoopback();  // not the server's
  std::atomic<int> strays = 0;
  handler.on_close = [&](Connection& connection, const Status&) {
    if (!connection.loop().IsInLoopThread()) ++strays;
    if (client->Connect(address)) ++strays;
  };
  MakeServer();
  Serve();
  ShareLoops();
  address = os::LocalAddress(listener.get()).ToString();
  for (int i = 0; i < 4; ++i) Connect();
  server->Stop();
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_EQ(handler.closes(), 4);
  EXPECT_EQ(strays, 0);
  Stop();
}

TEST_P(ClientSharedTest, StoppedItLeavesTheServerAlone) {
  MakeServer();
  Serve();
  ShareLoops();
  for (int i = 0; i < 4; ++i) Connect();
  client->Stop();
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_EQ(handler.closes(), 4);
  client.reset();
  EXPECT_EQ(Exchange(test::Dial(*server), "still there"), "still there");
  // And another client may come.
  ShareLoops();
  EXPECT_TRUE(Connect().status().ok());
}

TEST_P(ClientSharedTest, AServerThatHasStoppedMakesStartFail) {
  MakeServer();
  Serve();
  server->Stop();
  EXPECT_TRUE(server->Wait().ok());
  client.emplace(handler, *server, client_options);
  EXPECT_EQ(client->Start().code(), Error::kStopped);
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_FALSE(client->Connect("127.0.0.1:1"));
}

TEST_P(ClientSharedTest, AServerThatCannotStartDoesNoHarm) {
  MakeServer();
  Serve();
  ServerOptions taken = Options(2);
  taken.address = address;
  Server second(served, std::move(taken));
  eddy::Client on_second(handler, second, client_options);
  ASSERT_TRUE(on_second.Start().ok());
  Outcome outcome;
  ASSERT_TRUE(on_second.Connect(address, {}, outcome.Callback()));
  EXPECT_EQ(second.Start().code(), std::errc::address_in_use);
  // That was the end of its loops, and so of the client.
  EXPECT_TRUE(on_second.Wait().ok());
  EXPECT_EQ(outcome.status().code(), Error::kStopped);
}

TEST_P(ClientSharedTest, AServerThatIsStoppedBeforeItRanEndsTheClient) {
  MakeServer();
  Serve();
  Server second(served, Options(2));
  eddy::Client early(handler, second, client_options);
  eddy::Client late(handler, second, client_options);
  ASSERT_TRUE(early.Start().ok());
  Outcome outcome;
  ASSERT_TRUE(early.Connect(address, {}, outcome.Callback()));
  second.Stop();
  EXPECT_TRUE(early.Wait().ok());
  EXPECT_EQ(outcome.status().code(), Error::kStopped);
  EXPECT_EQ(late.Start().code(), Error::kStopped);
}

// Ids of another client, and a client that was never started.
TEST_P(ClientSharedTest, CancelBeforeStartDoesNothing) {
  MakeServer();
  Serve();
  ShareLoops();
  Outcome outcome;
  const ConnectId id = client->Connect(address, {}, outcome.Callback());
  ASSERT_TRUE(id);
  {
    eddy::Client idle(handler, *server, client_options);
    EXPECT_FALSE(idle.Cancel(id));
    idle.Stop();
    EXPECT_FALSE(idle.Cancel(id));
  }
  EXPECT_TRUE(outcome.status().ok());
}

TEST_P(ClientSharedTest, AServerWithoutLoopsMakesStartFail) {
  server_options.timer_tick = milliseconds(0);
  MakeServer();
  client.emplace(handler, *server, client_options);
  EXPECT_EQ(client->Start().message(), server->Start().message());
  EXPECT_EQ(client->Start().code(), Error::kInvalidArgument);
  EXPECT_EQ(client->backend(), Backend::kAuto);
}

TEST_P(ClientSharedTest, ItAndItsServerMayEndAtAnyMoment) {
  for (int round = 0; round < 30; ++round) {
    MakeServer();
    Serve();
    ShareLoops();
    Outcome outcome;
    std::size_t taken = 0;
    for (int k = 0; k < 20; ++k) {
      if (client->Connect(address, RetrySoon(), outcome.Callback())) ++taken;
    }
    outcome.Await(static_cast<std::size_t>(round % 20));
    std::thread stopper([&] { server->Stop(milliseconds(round % 3)); });
    if (round % 2 == 0) client.reset();
    stopper.join();
    EXPECT_TRUE(server->Wait().ok());
    client.reset();
    EXPECT_EQ(outcome.count(), taken);
    EXPECT_EQ(handler.connects(), handler.closes());
    server.reset();
  }
}

TEST_P(ClientSharedTest, AbortsWhenDestroyedOnALoopOfTheServer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        MakeServer();
        Serve();
        auto owner =
            std::make_unique<eddy::Client>(handler, *server, client_options);
        static_cast<void>(owner->Start());
        static_cast<void>(server->loop(0).Post(
            [last = std::move(owner)]() mutable { last.reset(); }));
        static_cast<void>(server->Wait());
      },
      "a Client is destroyed on one of its own loops");
}

}  // namespace
}  // namespace eddy::test
