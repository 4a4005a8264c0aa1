// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerDrainTest: Stop with a drain delivers output, for so long.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/log_capture.h"
#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Dial;
using test::Stream;
using test::TallyHandler;
using Clock = std::chrono::steady_clock;

// More than the kernel takes for a peer that does not read.
constexpr std::size_t kMuch = std::size_t{24} << 20;

class ServerDrainTest : public test::ServerTest {
 protected:
  ServerDrainTest() {
    handler_.on_connect = [this](Connection& connection) {
      connection.Send(text_);
    };
  }

  const std::string text_ = test::Pattern(kMuch);
  TallyHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerDrainTest);

TEST_P(ServerDrainTest, AReaderGetsAllOfTheOutput) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(hours(1));
  std::string received;
  EXPECT_EQ(test::AwaitEnd(client, &received), Stream::kEnded);
  EXPECT_TRUE(received == text_);
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.reasons().at(0).code(), Error::kStopped);
}

TEST_P(ServerDrainTest, SpinningLoopsDrainToo) {
  ServerOptions options = Options();
  options.spin = milliseconds(2);
  options.connection.linger_timeout = hours(1);
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(hours(1));
  std::string received;
  EXPECT_EQ(test::AwaitEnd(client, &received), Stream::kEnded);
  EXPECT_TRUE(received == text_);
  // It lingers until its peer has ended as well.
  EXPECT_EQ(server.connection_count(), 1U);
  os::ShutdownWrite(client.get());
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.closes(), 1U);
}

TEST_P(ServerDrainTest, NoConnectionIsAcceptedMeanwhile) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto slow = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(hours(1));
  EXPECT_TRUE(test::Eventually([&server] {
    const auto late = Dial(server);
    return test::AwaitReady(late.get(), POLLOUT) &&
           os::TakeError(late.get()) == ECONNREFUSED;
  }));
  server.Stop();
}

TEST_P(ServerDrainTest, OneThatDoesNotReadIsCutAtTheDeadline) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  const auto start = Clock::now();
  server.Stop(milliseconds(100));
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_GE(Clock::now() - start, milliseconds(100));
  ASSERT_EQ(handler_.closes(), 1U);
  EXPECT_EQ(handler_.reasons().at(0).code(), Error::kStopped);
  // It can't take the part for the whole.
  EXPECT_EQ(test::AwaitEnd(client), Stream::kBroken);
}

TEST_P(ServerDrainTest, ALaterStopCutsTheDrain) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(hours(1));
  server.Stop(milliseconds(1));
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerDrainTest, ALaterStopDoesNotProlongTheDrain) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(milliseconds(10));
  server.Stop(hours(1));
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerDrainTest, OnStopSaysTheLastWords) {
  struct LastWords : TallyHandler {
    void OnStop(Connection& connection) override {
      EXPECT_TRUE(connection.loop().IsInLoopThread());
      EXPECT_TRUE(connection.Send("bye").ok());
    }
  } handler;
  Server server(handler, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 4);
  ASSERT_TRUE(handler.AwaitConnects(4));
  server.Stop(hours(1));
  server.Stop(hours(1));
  for (const auto& client : clients) {
    std::string received;
    EXPECT_EQ(test::AwaitEnd(client, &received), Stream::kEnded);
    EXPECT_EQ(received, "bye");
    os::ShutdownWrite(client.get());
  }
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler.reasons().at(0).code(), Error::kStopped);
}

TEST_P(ServerDrainTest, LastWordsGetOutWithoutADrain) {
  struct LastWords : TallyHandler {
    void OnMessage(Connection&, RingBuffer& input) override {
      input.Clear();
      is_busy = true;
      while (is_busy) std::this_thread::yield();
    }
    void OnStop(Connection& connection) override {
      EXPECT_TRUE(connection.Send("bye").ok());
    }
    std::atomic<bool> is_busy = false;
  } handler;
  ServerOptions options = Options();
  options.num_loops = 1;
  Server server(handler, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 4);
  ASSERT_TRUE(handler.AwaitConnects(4));
  // All of the stop has come by the time that the loop looks.
  test::WriteAll(clients[0].get(), "wait");
  ASSERT_TRUE(test::Eventually([&] { return handler.is_busy.load(); }));
  server.Stop();
  std::this_thread::sleep_for(milliseconds(20));
  handler.is_busy = false;
  for (const auto& client : clients) {
    std::string received;
    EXPECT_EQ(test::AwaitEnd(client, &received), Stream::kEnded);
    EXPECT_EQ(received, "bye");
  }
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerDrainTest, OnStopMayCloseOrThrow) {
  const test::LogCapture log;
  struct Unruly : TallyHandler {
    void OnStop(Connection& connection) override {
      if (count++ % 2 == 0) throw std::runtime_error("no");
      connection.Abort();
    }
    std::atomic<int> count = 0;
  } handler;
  Server server(handler, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 4);
  ASSERT_TRUE(handler.AwaitConnects(4));
  server.Stop(hours(1));
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler.closes(), 4U);
  EXPECT_EQ(handler.count, 4);
}

TEST_P(ServerDrainTest, WhoLingersAlreadyGetsNoMoreTime) {
  TallyHandler handler;
  handler.on_message = [](Connection& connection, RingBuffer& input) {
    connection.Send(input);
    connection.Close();
  };
  ServerOptions options = Options();
  options.connection.linger_timeout = milliseconds(300);
  Server server(handler, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  EXPECT_EQ(test::Exchange(client, "last"), "last");
  EXPECT_TRUE(test::AwaitReady(client.get(), POLLIN));  // FIN
  server.Stop(hours(1));
  EXPECT_TRUE(handler.AwaitCloses(1));
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerDrainTest, MayLastForEver) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(milliseconds::max());
  std::string received;
  EXPECT_EQ(test::AwaitEnd(client, &received), Stream::kEnded);
  EXPECT_EQ(received.size(), text_.size());
  EXPECT_TRUE(server.Wait().ok());
}

TEST_P(ServerDrainTest, TheServersTimersGoOnMeanwhile) {
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  server.Stop(hours(1));
  server.RunAfter(milliseconds(1), [&server] { server.Stop(); });
  EXPECT_TRUE(server.Wait().ok());
}

}  // namespace
}  // namespace eddy
