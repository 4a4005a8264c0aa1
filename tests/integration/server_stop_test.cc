// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerStopTest: when, from where, and what becomes of connections.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::AwaitEnd;
using test::Dial;
using test::Exchange;
using test::Stream;
using test::TallyHandler;

class ServerStopTest : public test::ServerTest {
 protected:
  TallyHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerStopTest);

TEST_P(ServerStopTest, EveryConnectionGetsItsOnCloseAndItsPeerTheEnd) {
  auto server = std::make_unique<Server>(handler_, Options());
  ASSERT_TRUE(server->Start().ok());
  const std::string address = server->address().ToString();
  const auto clients = test::DialMany(*server, 50);
  ASSERT_TRUE(handler_.AwaitConnects(50));
  server->Stop();
  EXPECT_TRUE(server->Wait().ok());
  const auto reasons = handler_.reasons();
  EXPECT_EQ(reasons.size(), 50U);
  for (const Status& reason : reasons) {
    EXPECT_EQ(reason.code(), Error::kStopped);
  }
  EXPECT_EQ(server->connection_count(), 0U);
  for (const auto& client : clients) {
    EXPECT_EQ(AwaitEnd(client), Stream::kEnded);
  }
  // The port is free, though the connections were ended by the server.
  auto options = Options();
  options.address = address;
  Server successor(handler_, std::move(options));
  EXPECT_TRUE(successor.Start().ok());
  EXPECT_EQ(Exchange(Dial(successor), "hello"), "hello");
}

TEST_P(ServerStopTest, ConnectionsThatWaitInTheBacklogAreRefused) {
  auto options = Options();
  options.max_connections = 1;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 3);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop();
  EXPECT_TRUE(server.Wait().ok());
  for (const auto& client : clients) {
    EXPECT_NE(AwaitEnd(client), Stream::kOpen);
  }
  EXPECT_EQ(handler_.closes(), handler_.connects());
}

TEST_P(ServerStopTest, BeforeStartItMakesStartFailAndRunReturn) {
  Server server(handler_, Options());
  server.Stop();
  EXPECT_EQ(server.Start().code(), Error::kStopped);
  EXPECT_TRUE(server.Run().ok());
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerStopTest, DuringStartItIsNeverLost) {
  for (int i = 0; i < 100; ++i) {
    Server server(handler_, Options(1));
    std::thread stopper([&server] { server.Stop(); });
    // Started or not, it comes to an end.
    EXPECT_TRUE(server.Run().ok());
    stopper.join();
  }
}

TEST_P(ServerStopTest, MayBeCalledAnyNumberOfTimes) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  for (int i = 0; i < 5; ++i) server.Stop();
  EXPECT_TRUE(server.Wait().ok());
  server.Stop();
  EXPECT_EQ(handler_.closes(), 1U);
}

TEST_P(ServerStopTest, MayBeCalledByManyThreadsWhichMayAllWait) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&server] { EXPECT_TRUE(server.Wait().ok()); });
    threads.emplace_back([&server] { server.Stop(); });
  }
  for (auto& thread : threads) thread.join();
}

TEST_P(ServerStopTest, FromOnConnect) {
  Server server(handler_, Options());
  handler_.on_connect = [&server](Connection&) { server.Stop(); };
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.closes(), 1U);
  EXPECT_EQ(AwaitEnd(client), Stream::kEnded);
}

TEST_P(ServerStopTest, FromOnMessage) {
  Server server(handler_, Options());
  handler_.on_message = [&server](Connection& connection, RingBuffer& input) {
    connection.Send(input);
    server.Stop();
  };
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  EXPECT_EQ(Exchange(client, "last words"), "last words");
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.closes(), 1U);
}

TEST_P(ServerStopTest, FromOnClose) {
  Server server(handler_, Options());
  handler_.on_close = [&server](Connection&) { server.Stop(); };
  ASSERT_TRUE(server.Start().ok());
  Dial(server).Reset();
  const auto client = Dial(server);
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.closes(), handler_.connects());
}

TEST_P(ServerStopTest, FromATimer) {
  Server server(handler_, Options());
  server.RunAfter(milliseconds(1), [&server] { server.Stop(); });
  ASSERT_TRUE(server.Start().ok());
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerStopTest, FromATaskOfAWorker) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  EXPECT_TRUE(server.loop(1).Post([&server] { server.Stop(); }).ok());
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerStopTest, WithoutAnyConnectionADrainTakesNoTime) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  server.Stop(hours(1));
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerStopTest, TheDestructorStopsAndWaits) {
  std::vector<UniqueFd> clients;
  {
    Server server(handler_, Options());
    ASSERT_TRUE(server.Start().ok());
    clients = test::DialMany(server, 10);
    ASSERT_TRUE(handler_.AwaitConnects(10));
  }
  EXPECT_EQ(handler_.closes(), 10U);
  for (const auto& client : clients) {
    EXPECT_EQ(AwaitEnd(client), Stream::kEnded);
  }
}

TEST_P(ServerStopTest, HandlesAndLoopsTasksMayOutliveTheServer) {
  ConnectionHandle handle;
  handler_.on_connect = [&](Connection& connection) {
    handle = connection.handle();
  };
  {
    Server server(handler_, Options(1));
    ASSERT_TRUE(server.Start().ok());
    const auto client = Dial(server);
    ASSERT_TRUE(handler_.AwaitConnects(1));
  }
  EXPECT_FALSE(handle.is_open());
  EXPECT_EQ(handle.Send(std::string_view("too late")).code(), Error::kClosed);
}

// Connects, sends, reads and goes, again and again.
void Hammer(const Address& address, const std::atomic<bool>& is_over) {
  const std::string block(1000, 'h');
  while (!is_over) {
    const UniqueFd client = *os::CreateSocket(address.family());
    const os::SocketAddress name(address);
    if (::connect(client.get(), name.get(), name.size) != 0 &&
        errno != EINPROGRESS) {
      continue;  // the server is gone
    }
    std::string text;
    for (int i = 0; i < 20 && !is_over; ++i) {
      test::WriteSome(client.get(), block);
      test::ReadSome(client.get(), text);
    }
    if (text.size() % 2 == 0) os::ResetOnClose(client.get());
  }
}

TEST_P(ServerStopTest, InTheMiddleOfTrafficNothingIsLostOrToldTwice) {
  for (int round = 0; round < 20; ++round) {
    TallyHandler handler;
    std::vector<std::thread> threads;
    std::atomic<bool> is_over = false;
    {
      auto options = Options();
      options.reuse_port = round % 2 == 1;
      Server server(handler, std::move(options));
      ASSERT_TRUE(server.Start().ok());
      for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&is_over, address = server.address()] {
          Hammer(address, is_over);
        });
      }
      ASSERT_TRUE(handler.AwaitConnects(20));
      if (round % 4 < 2) server.Stop(milliseconds(round));
    }
    EXPECT_EQ(handler.closes(), handler.connects());
    is_over = true;
    for (auto& thread : threads) thread.join();
  }
}

// ---- What would wait for itself ---------------------------------------------

TEST_P(ServerStopTest, AbortsWhenDestroyedOnItsOwnLoop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto owner = std::make_unique<Server>(handler_, Options(1));
        Server& server = *owner;
        static_cast<void>(server.Start());
        static_cast<void>(server.loop(0).Post(
            [last = std::move(owner)]() mutable { last.reset(); }));
        static_cast<void>(server.Wait());
      },
      "destroyed on one of its own loops.*call Stop there");
}

TEST_P(ServerStopTest, AbortsWhenWaitedForOnItsOwnLoop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Server server(handler_, Options(1));
        server.RunAfter(milliseconds(0),
                        [&server] { static_cast<void>(server.Wait()); });
        static_cast<void>(server.Run());
      },
      "Wait on one of the server's own loops");
}

}  // namespace
}  // namespace eddy
