// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerRealTimeTest: timers and idle timeouts on the real clock.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::Dial;
using test::Stream;
using test::TallyHandler;
using Clock = std::chrono::steady_clock;

// What the machine may add to any time.
constexpr milliseconds kSlack(100);

class ServerRealTimeTest : public test::ServerTest {
 protected:
  // Runs `server`, to stop it after `delay` on its own clock.
  static void RunFor(Server& server, milliseconds delay) {
    server.RunAfter(delay, [&server] { server.Stop(); });
    EXPECT_TRUE(server.Run().ok());
  }

  TallyHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerRealTimeTest);

// ---- Timers -----------------------------------------------------------------

TEST_P(ServerRealTimeTest, AOneShotTimerOfBeforeTheStartFiresOnce) {
  Server server(handler_, Options(1));
  int fired = 0;
  server.RunAfter(milliseconds(20), [&fired] { ++fired; });
  RunFor(server, milliseconds(100));
  EXPECT_EQ(fired, 1);
}

TEST_P(ServerRealTimeTest, FourAndAHalfPeriodsAreFourCalls) {
  Server server(handler_, Options(1));
  std::atomic<int> fired = 0;
  server.RunEvery(milliseconds(100), [&fired] { ++fired; });
  RunFor(server, milliseconds(450));
  EXPECT_EQ(fired, 4);
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_EQ(fired, 4);
}

TEST_P(ServerRealTimeTest, TimersMayBeAddedAndCancelledWhileItRuns) {
  Server server(handler_, Options(1));
  ASSERT_TRUE(server.Start().ok());
  std::atomic<int> fired = 0;
  const TimerId gone = server.RunEvery(milliseconds(20), [&] { ++fired; });
  EXPECT_TRUE(server.Cancel(gone));
  std::promise<void> done;
  server.RunAfter(milliseconds(60), [&done] { done.set_value(); });
  done.get_future().wait();
  EXPECT_EQ(fired, 0);
}

TEST_P(ServerRealTimeTest, CancelTakesTheTimersOfWorkersAsWell) {
  Server server(handler_, Options(2));
  std::atomic<int> fired = 0;
  std::vector<TimerId> ids;
  for (std::size_t i = 0; i < 2; ++i) {
    ids.push_back(server.loop(i).RunAfter(milliseconds(30), [&] { ++fired; }));
  }
  ids.push_back(server.RunAfter(milliseconds(30), [&] { ++fired; }));
  ASSERT_TRUE(server.Start().ok());
  for (const TimerId id : ids) EXPECT_TRUE(server.Cancel(id));
  EXPECT_FALSE(server.Cancel(TimerId()));
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(fired, 0);
}

// ---- Idle timeouts ----------------------------------------------------------

// Measures how long connections live.
class LifeHandler final : public TallyHandler {
 public:
  LifeHandler() {
    on_connect = [this](Connection& connection) {
      connection.Emplace<Clock::time_point>(Clock::now());
      if (on_open) on_open(connection);
    };
    on_close = [this](Connection& connection) {
      const auto life = Clock::now() - *connection.Get<Clock::time_point>();
      const std::lock_guard lock(mutex_);
      lives_.emplace_back(life);
    };
  }

  std::function<void(Connection&)> on_open;

  std::vector<nanoseconds> lives() const {
    const std::lock_guard lock(mutex_);
    return lives_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<nanoseconds> lives_;
};

class ServerIdleRealTimeTest : public test::ServerTest {
 protected:
  ServerOptions IdleOptions(milliseconds timeout) const {
    auto options = Options();
    options.idle_timeout = timeout;
    return options;
  }

  LifeHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerIdleRealTimeTest);

TEST_P(ServerIdleRealTimeTest, SilentClientsGetTheEndInTimeAndNoneEarly) {
  for (const milliseconds timeout : {milliseconds(50), milliseconds(700)}) {
    LifeHandler handler;
    Server server(handler, IdleOptions(timeout));
    ASSERT_TRUE(server.Start().ok());
    const auto clients = test::DialMany(server, 100);
    for (const auto& client : clients) {
      EXPECT_EQ(test::AwaitEnd(client), Stream::kEnded);
    }
    ASSERT_TRUE(handler.AwaitCloses(100));
    for (const Status& reason : handler.reasons()) {
      EXPECT_EQ(reason.code(), Error::kIdleTimeout);
    }
    for (const nanoseconds life : handler.lives()) {
      EXPECT_GE(life, timeout);
      EXPECT_LE(life, timeout + milliseconds(1) + kSlack);
    }
  }
}

TEST_P(ServerIdleRealTimeTest, AServerThatOnlySendsKeepsTheConnection) {
  Server server(handler_, IdleOptions(milliseconds(300)));
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  const TimerId pushes = server.RunEvery(milliseconds(50), [&server] {
    server.Broadcast(Payload(std::string_view("push")));
  });
  std::this_thread::sleep_for(milliseconds(900));
  EXPECT_EQ(handler_.closes(), 0U);
  server.Cancel(pushes);
  EXPECT_EQ(test::AwaitEnd(client), Stream::kEnded);
  ASSERT_TRUE(handler_.AwaitCloses(1));
  EXPECT_EQ(handler_.reasons().at(0).code(), Error::kIdleTimeout);
}

TEST_P(ServerIdleRealTimeTest, AClientThatOnlySendsKeepsTheConnection) {
  handler_.on_message = [](Connection&, RingBuffer& input) { input.Clear(); };
  Server server(handler_, IdleOptions(milliseconds(300)));
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  for (int i = 0; i < 18; ++i) {
    EXPECT_TRUE(test::WriteAll(client.get(), "x"));
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_EQ(handler_.closes(), 0U);
  EXPECT_EQ(test::AwaitEnd(client), Stream::kEnded);
}

TEST_P(ServerIdleRealTimeTest, AConnectionMayHaveATimeoutOfItsOwn) {
  handler_.on_open = [](Connection& connection) {
    connection.set_idle_timeout(milliseconds(60));
  };
  Server server(handler_, IdleOptions(milliseconds(0)));
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(test::AwaitEnd(Dial(server)), Stream::kEnded);
  ASSERT_TRUE(handler_.AwaitCloses(1));
  EXPECT_GE(handler_.lives().at(0), milliseconds(60));
}

TEST_P(ServerIdleRealTimeTest, AConnectionMayHaveNoTimeout) {
  std::atomic<bool> is_first = true;
  handler_.on_open = [&is_first](Connection& connection) {
    if (is_first.exchange(false)) {
      connection.set_idle_timeout(nanoseconds(0));
    }
  };
  Server server(handler_, IdleOptions(milliseconds(50)));
  ASSERT_TRUE(server.Start().ok());
  const auto first = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(test::AwaitEnd(Dial(server)), Stream::kEnded);
  }
  EXPECT_EQ(test::Exchange(first, "still here"), "still here");
}

TEST_P(ServerIdleRealTimeTest, ALongTimeoutMayBecomeAShortOne) {
  handler_.on_message = [](Connection& connection, RingBuffer& input) {
    input.Clear();
    connection.set_idle_timeout(milliseconds(50));
  };
  Server server(handler_, IdleOptions(hours(1)));
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  EXPECT_TRUE(test::WriteAll(client.get(), "x"));
  EXPECT_EQ(test::AwaitEnd(client), Stream::kEnded);
}

}  // namespace
}  // namespace eddy
