// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientStopTest: when, from where, and what becomes of what was asked for.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/client_test.h"
#include "support/no_threads.h"

namespace eddy::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class ClientStopTest : public ClientTest {
 protected:
  // Waits for the end, after which nothing is open or unanswered.
  void ExpectEnd() {
    EXPECT_TRUE(client->Wait().ok());
    EXPECT_EQ(handler.connects(), handler.closes());
    EXPECT_EQ(client->connection_count(), 0U);
  }
};
EDDY_ON_USABLE_BACKENDS(ClientStopTest);

TEST_P(ClientStopTest, EveryConnectionGetsItsOnClose) {
  client_options.num_loops = 2;
  Start();
  for (int i = 0; i < 10; ++i) Connect();
  client->Stop();
  ExpectEnd();
  EXPECT_EQ(handler.closes(), 10);
  for (const Status& reason : handler.reasons()) {
    EXPECT_EQ(reason.code(), Error::kStopped);
  }
}

TEST_P(ClientStopTest, WithTimeToDrainOutputIsSent) {
  const std::string text = Pattern(8 << 20);
  std::atomic<std::size_t> received = 0;
  served.on_message = [&](Connection&, RingBuffer& input) {
    received += input.size();
    input.Clear();
  };
  Start();
  EXPECT_TRUE(Connect().handle().Send(text).ok());
  client->Stop(hours(1));
  ExpectEnd();
  EXPECT_TRUE(Eventually([&] { return received == text.size(); }));
  Stop();
}

TEST_P(ClientStopTest, TimeToDrainEnds) {
  served.on_connect = [](Connection& connection) { connection.PauseReading(); };
  Start();
  EXPECT_TRUE(Connect().handle().Send(Pattern(32 << 20)).ok());
  client->Stop(milliseconds(1));
  ExpectEnd();
}

TEST_P(ClientStopTest, ALaterStopMayShortenTheDrain) {
  served.on_connect = [](Connection& connection) { connection.PauseReading(); };
  Start();
  EXPECT_TRUE(Connect().handle().Send(Pattern(32 << 20)).ok());
  client->Stop(hours(1));
  client->Stop(hours(1));
  client->Stop(milliseconds(1));
  ExpectEnd();
}

TEST_P(ClientStopTest, WhatIsUnderWayFails) {
  const CrowdedListener crowded;
  StartClient();
  Outcome outcome;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        client->Connect(crowded.address().ToString(), {}, outcome.Callback()));
  }
  client->Stop(hours(1));
  ExpectEnd();
  EXPECT_EQ(outcome.count(), 3U);
  EXPECT_EQ(outcome.failures(), 3U);
  EXPECT_EQ(outcome.status().code(), Error::kStopped);
}

TEST_P(ClientStopTest, BeforeStartItMakesStartFail) {
  client.emplace(handler, client_options);
  client->Stop();
  EXPECT_EQ(client->Start().code(), Error::kStopped);
  EXPECT_TRUE(client->Wait().ok());
}

TEST_P(ClientStopTest, WaitBeforeStartTellsSo) {
  client.emplace(handler, client_options);
  EXPECT_EQ(client->Wait().code(), Error::kInvalidArgument);
}

TEST_P(ClientStopTest, DuringStartItIsNeverLost) {
  for (int i = 0; i < 50; ++i) {
    eddy::Client brief(handler, client_options);
    std::thread stopper([&] { brief.Stop(); });
    static_cast<void>(brief.Start());
    EXPECT_TRUE(brief.Wait().ok());
    stopper.join();
  }
}

TEST_P(ClientStopTest, MayBeCalledByManyThreadsWhichMayAllWait) {
  Start();
  Connect();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(client->Wait().ok()); });
    threads.emplace_back([&] { client->Stop(); });
  }
  for (std::thread& thread : threads) thread.join();
  client->Stop();
  ExpectEnd();
}

// ---- From callbacks ---------------------------------------------------------

TEST_P(ClientStopTest, FromOnConnect) {
  handler.on_connect = [&](Connection&) { client->Stop(); };
  Start();
  Outcome outcome;
  client->Connect(address, RetrySoon(), outcome.Callback());
  ExpectEnd();
  EXPECT_EQ(outcome.count(), 1U);
  EXPECT_TRUE(outcome.status().ok());
}

TEST_P(ClientStopTest, FromTheCallbackOfConnect) {
  Start();
  std::atomic<int> told = 0;
  client->Connect(address, RetrySoon(), [&](const auto& result) {
    EXPECT_TRUE(result.has_value());
    ++told;
    client->Stop();
    EXPECT_FALSE(client->Connect(address));
  });
  ExpectEnd();
  EXPECT_EQ(told, 1);
}

TEST_P(ClientStopTest, FromTheCallbackOfAConnectThatFails) {
  StartClient();
  std::atomic<int> told = 0;
  for (int i = 0; i < 3; ++i) {
    client->Connect("nonsense", RetrySoon(), [&](const auto& result) {
      EXPECT_FALSE(result.has_value());
      ++told;
      client->Stop();
    });
  }
  ExpectEnd();
  EXPECT_GE(told, 1);
}

TEST_P(ClientStopTest, FromOnMessage) {
  handler.on_connect = [](Connection& connection) { connection.Send("x"); };
  handler.on_message = [&](Connection&, RingBuffer& input) {
    input.Clear();
    client->Stop();
  };
  Start();
  Connect();
  ExpectEnd();
}

TEST_P(ClientStopTest, FromOnClose) {
  handler.on_close = [&](Connection&, const Status&) { client->Stop(); };
  served.on_connect = [](Connection& connection) { connection.Abort(); };
  Start();
  client->Connect(address, RetrySoon());
  ExpectEnd();
}

TEST_P(ClientStopTest, FromOnRetry) {
  UniqueFd mute = BindOnLoopback();
  StartClient();
  Outcome outcome;
  ConnectOptions options = RetrySoon();
  options.on_retry = [&](const Status&, nanoseconds) { client->Stop(); };
  client->Connect(os::LocalAddress(mute.get()).ToString(), std::move(options),
                  outcome.Callback());
  ExpectEnd();
  EXPECT_EQ(outcome.status().code(), std::errc::connection_refused);
}

TEST_P(ClientStopTest, FromATaskOfALoop) {
  Start();
  EXPECT_TRUE(client->loop(0).Post([&] { client->Stop(); }).ok());
  ExpectEnd();
}

TEST_P(ClientStopTest, ALoopThatTheProgramStopsEndsTheClient) {
  client_options.num_loops = 2;
  Start();
  for (int i = 0; i < 4; ++i) Connect();
  client->loop(1).Stop();
  ExpectEnd();
  EXPECT_EQ(handler.closes(), 4);
}

// ---- In the middle ----------------------------------------------------------

TEST_P(ClientStopTest, DuringDialsEachIsToldOnce) {
  client_options.num_loops = 2;
  StartServer();
  for (int round = 0; round < 30; ++round) {
    StartClient();
    Outcome outcome;
    std::atomic<std::size_t> taken = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 30; ++k) {
          ConnectOptions options = k % 2 == 0 ? RetrySoon() : ConnectOptions();
          if (client->Connect(address, std::move(options),
                              outcome.Callback())) {
            ++taken;
          }
        }
      });
    }
    outcome.Await(static_cast<std::size_t>(round));
    client->Stop(milliseconds(round % 3));
    for (std::thread& thread : threads) thread.join();
    ExpectEnd();
    EXPECT_EQ(outcome.count(), taken);
  }
}

TEST_P(ClientStopTest, DestroyedDuringDialsEachIsToldOnce) {
  StartServer();
  for (int round = 0; round < 30; ++round) {
    StartClient();
    Outcome outcome;
    std::size_t taken = 0;
    for (int k = 0; k < 30; ++k) {
      if (client->Connect(address, {}, outcome.Callback())) ++taken;
    }
    outcome.Await(static_cast<std::size_t>(round));
    client.reset();
    EXPECT_EQ(taken, 30U);
    EXPECT_EQ(outcome.count(), taken);
    EXPECT_EQ(handler.connects(), handler.closes());
  }
}

TEST_P(ClientStopTest, DestroyedUnusedOrUnstartedItIsGone) {
  { const eddy::Client unstarted(handler, client_options); }
  eddy::Client unused(handler, client_options);
  EXPECT_TRUE(unused.Start().ok());
}

#if defined(__GLIBC__)
TEST_P(ClientStopTest, WithoutThreadsStartFails) {
  client_options.num_loops = 3;
  client.emplace(handler, client_options);
  const NoThreads no_threads;
  const Status status = client->Start();
  EXPECT_EQ(status.code(), std::errc::resource_unavailable_try_again);
  EXPECT_EQ(client->Start(), status);
  EXPECT_EQ(client->Wait(), status);
  EXPECT_FALSE(client->Connect("127.0.0.1:1"));
}
#endif

TEST_P(ClientStopTest, AbortsWhenDestroyedOnItsOwnLoop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto owner = std::make_unique<eddy::Client>(handler, client_options);
        eddy::Client& doomed = *owner;
        static_cast<void>(doomed.Start());
        static_cast<void>(doomed.loop(0).Post(
            [last = std::move(owner)]() mutable { last.reset(); }));
        static_cast<void>(doomed.Wait());
      },
      "destroyed on one of its own loops.*call Stop there");
}

TEST_P(ClientStopTest, AbortsWhenWaitedForOnItsOwnLoop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        eddy::Client doomed(handler, client_options);
        static_cast<void>(doomed.Start());
        static_cast<void>(doomed.loop(0).Post(
            [&doomed] { static_cast<void>(doomed.Wait()); }));
        static_cast<void>(doomed.Wait());
      },
      "Wait on one of the client's own loops");
}

}  // namespace
}  // namespace eddy::test
