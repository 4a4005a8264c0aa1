// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerBroadcastTest: what reaches all connections; threads and counts.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/log_capture.h"
#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using test::AwaitEnd;
using test::Dial;
using test::Exchange;
using test::Stream;
using test::TallyHandler;

class ServerBroadcastTest : public test::ServerTest {
 protected:
  TallyHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerBroadcastTest);

// Opens and closes connections, some of which are reset, until it is over.
class Churn {
 public:
  explicit Churn(const Server& server)
      : thread_([this, address = server.address()] {
          for (unsigned i = 0; !is_over_; ++i) {
            UniqueFd client = test::ConnectTo(address);
            test::WriteSome(client.get(), "churn");
            if (i % 3 != 0) test::AwaitReady(client.get(), POLLIN);
            if (i % 2 != 0) os::ResetOnClose(client.get());
          }
        }) {}
  ~Churn() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

TEST_P(ServerBroadcastTest, ReachesEveryConnectionOnceInTheMiddleOfChurn) {
  Server server(handler_, Options(3));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 20);
  for (const auto& client : clients) EXPECT_EQ(Exchange(client, "."), ".");
  std::string expected;
  {
    const Churn churn(server);
    for (int i = 0; i < 100; ++i) {
      const std::string text = "message " + std::to_string(i) + "\n";
      server.Broadcast(Payload(std::string_view(text)));
      expected += text;
      std::this_thread::yield();
    }
    for (const auto& client : clients) {
      EXPECT_EQ(test::ReadAll(client.get(), expected.size()), expected);
    }
  }
}

// What is on its way to a loop that is busy has a limit.
TEST_P(ServerBroadcastTest, ALoopThatIsFarBehindIsSentNoMore) {
  std::mutex mutex;
  ServerOptions options = Options();
  options.connection.max_output_bytes = 1000;
  TallyHandler handler;
  handler.on_message = [&](Connection&, RingBuffer& input) {
    input.Clear();
    const std::lock_guard wait(mutex);
  };
  Server server(handler, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 4);
  ASSERT_TRUE(handler.AwaitConnects(4));
  std::unique_lock hold(mutex);
  test::WriteAll(clients[0].get(), "wait");
  const std::string text(400, 'x');
  // One more may be on its way while the loop has not come to a halt.
  std::size_t accepted = 0;
  ASSERT_TRUE(test::Eventually([&] {
    const Status status = server.Broadcast(Payload(std::string_view(text)));
    if (status.ok()) ++accepted;
    return status.code() == Error::kOutputLimit;
  }));
  EXPECT_EQ(server.Broadcast(Payload(std::string_view(text))).code(),
            Error::kOutputLimit);
  std::atomic<int> visits = 0;
  server.ForEach([&](Connection&) { ++visits; });
  hold.unlock();
  for (const auto& client : clients) {
    EXPECT_EQ(test::ReadAll(client.get(), accepted * text.size()).size(),
              accepted * text.size());
  }
  ASSERT_TRUE(test::Eventually([&] { return visits == 4; }));
  EXPECT_TRUE(server.Broadcast(Payload(std::string_view(text))).ok());
  for (const auto& client : clients) {
    EXPECT_EQ(test::ReadAll(client.get(), text.size()), text);
  }
}

TEST_P(ServerBroadcastTest, ForEachVisitsEveryConnectionOnceOnItsLoop) {
  struct Visits {
    int count = 0;
  };
  handler_.on_connect = [](Connection& connection) {
    connection.Emplace<Visits>();
  };
  handler_.on_message = [](Connection& connection, RingBuffer& input) {
    input.Clear();
    connection.Send(std::string("."));
  };
  Server server(handler_, Options(3));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 20);
  for (const auto& client : clients) EXPECT_EQ(Exchange(client, "."), ".");
  {
    const Churn churn(server);
    for (int i = 0; i < 50; ++i) {
      server.ForEach([](Connection& connection) {
        EXPECT_TRUE(connection.loop().IsInLoopThread());
        EXPECT_TRUE(connection.is_open());
        ++connection.Get<Visits>()->count;
      });
    }
  }
  // The last visit tells, since what a client sends may overtake a visit.
  server.ForEach([](Connection& connection) {
    connection.Send(std::to_string(connection.Get<Visits>()->count));
  });
  for (const auto& client : clients) {
    EXPECT_EQ(test::ReadAll(client.get(), 2), "50");
  }
}

TEST_P(ServerBroadcastTest, ForEachMayCloseWhatItVisits) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 20);
  ASSERT_TRUE(handler_.AwaitConnects(20));
  server.ForEach([](Connection& connection) { connection.Close(); });
  for (const auto& client : clients) {
    EXPECT_EQ(AwaitEnd(client), Stream::kEnded);
  }
}

TEST_P(ServerBroadcastTest, AnExceptionOfForEachEndsNothingButItsCall) {
  const test::LogCapture log;
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 5);
  for (const auto& client : clients) EXPECT_EQ(Exchange(client, "."), ".");
  server.ForEach([](Connection&) { throw std::runtime_error("no"); });
  EXPECT_TRUE(
      test::Eventually([&] { return server.stats().exception_count == 5; }));
  for (const auto& client : clients) EXPECT_EQ(Exchange(client, "."), ".");
}

// ---- Threads ----------------------------------------------------------------

TEST_P(ServerBroadcastTest, CallbacksRunOnTheConnectionsLoop) {
  const auto check = [](Connection& connection) {
    EXPECT_TRUE(connection.loop().IsInLoopThread());
  };
  handler_.on_connect = check;
  handler_.on_close = check;
  handler_.on_message = [&](Connection& connection, RingBuffer& input) {
    check(connection);
    connection.Send(input);
  };
  Server server(handler_, Options(3));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 12);
  for (const auto& client : clients) EXPECT_EQ(Exchange(client, "."), ".");
  server.Stop();
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.closes(), 12U);
}

// ---- Counts -----------------------------------------------------------------

TEST_P(ServerBroadcastTest, StatsCountConnectionsAndBytes) {
  Server server(handler_, Options());
  EXPECT_EQ(server.stats().accepted_count, 0U);
  ASSERT_TRUE(server.Start().ok());
  auto clients = test::DialMany(server, 10);
  for (const auto& client : clients) {
    EXPECT_EQ(Exchange(client, "0123456789"), "0123456789");
  }
  EXPECT_EQ(server.connection_count(), 10U);
  EXPECT_EQ(server.stats().connection_count, 10U);
  clients.clear();
  ASSERT_TRUE(handler_.AwaitCloses(10));
  EXPECT_TRUE(test::Eventually([&] { return server.connection_count() == 0; }));
  const ServerStats stats = server.stats();
  EXPECT_EQ(stats.connection_count, 0U);
  EXPECT_EQ(stats.accepted_count, 10U);
  EXPECT_EQ(stats.received_bytes, 100U);
  EXPECT_EQ(stats.sent_bytes, 100U);
  EXPECT_EQ(stats.shed_count, 0U);
  EXPECT_EQ(stats.exception_count, 0U);
}

TEST_P(ServerBroadcastTest, ExceptionsOfAllKindsAreCounted) {
  const test::LogCapture log;
  handler_.on_message = [](Connection&, RingBuffer&) {
    throw std::runtime_error("in a handler");
  };
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  EXPECT_TRUE(test::WriteAll(client.get(), "x"));
  EXPECT_EQ(AwaitEnd(client), Stream::kEnded);
  ASSERT_TRUE(handler_.AwaitCloses(1));
  EXPECT_EQ(handler_.reasons().at(0).code(), Error::kHandlerFailed);
  EXPECT_TRUE(
      server.loop(0).Post([] { throw std::runtime_error("a task"); }).ok());
  server.RunAfter(milliseconds(0), [] { throw std::runtime_error("timer"); });
  EXPECT_TRUE(
      test::Eventually([&] { return server.stats().exception_count == 3; }));
}

TEST_P(ServerBroadcastTest, ClientsThatComeAndGoAtOnceLeaveNothingBehind) {
  handler_.on_connect = [](Connection& connection) {
    connection.Send(std::string_view("hello"));
  };
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  for (int i = 0; i < 100; ++i) {
    UniqueFd client = Dial(server);
    if (i % 2 == 0) os::ResetOnClose(client.get());
  }
  EXPECT_EQ(Exchange(Dial(server), ""), "");
  EXPECT_TRUE(test::Eventually([&] {
    return server.stats().accepted_count > 0 && server.connection_count() == 0;
  }));
  server.Stop();
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.connects(), handler_.closes());
}

TEST_P(ServerBroadcastTest, ClosingInOnConnectGivesTheEndAndNoByte) {
  handler_.on_connect = [](Connection& connection) { connection.Close(); };
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  std::string received;
  EXPECT_EQ(AwaitEnd(Dial(server), &received), Stream::kEnded);
  EXPECT_EQ(received, "");
}

}  // namespace
}  // namespace eddy
