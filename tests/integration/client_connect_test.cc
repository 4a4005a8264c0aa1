// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientConnectTest: what Connect brings, and how it fails.

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/client_test.h"
#include "support/descriptors.h"
#include "support/faulty_syscalls.h"
#include "support/log_capture.h"
#include "support/self_connect.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;

class ClientConnectTest : public ClientTest {};
EDDY_ON_USABLE_BACKENDS(ClientConnectTest);

TEST_P(ClientConnectTest, TellsTheHandleWhenOnConnectHasReturned) {
  std::atomic<int> connects_seen = -1;
  Start();
  Outcome outcome;
  ASSERT_TRUE(client->Connect(
      address, {}, [&, tell = outcome.Callback()](auto result) mutable {
        connects_seen = handler.connects();
        EXPECT_TRUE(client->loop(0).IsInLoopThread());
        tell(std::move(result));
      }));
  const ConnectionHandle handle = outcome.handle();
  EXPECT_TRUE(handle.is_open());
  EXPECT_EQ(handle, handler.handle());
  EXPECT_EQ(connects_seen, 1);
  EXPECT_EQ(client->connection_count(), 1U);
  EXPECT_EQ(client->backend(), GetParam());
  Stop();
}

TEST_P(ClientConnectTest, PrepareTellsWhatAConnectionIsFor) {
  std::atomic<int> sum = 0;
  handler.on_connect = [&](Connection& connection) {
    const int* purpose = connection.Get<int>();
    sum += purpose != nullptr ? *purpose : 1000;
  };
  Start();
  for (const int purpose : {1, 20}) {
    ConnectOptions options;
    options.prepare = [purpose](Connection& connection) {
      EXPECT_TRUE(connection.loop().IsInLoopThread());
      connection.Emplace<int>(purpose);
    };
    EXPECT_TRUE(Connect(std::move(options)).status().ok());
  }
  EXPECT_EQ(sum, 21);
  Stop();
}

TEST_P(ClientConnectTest, APrepareThatThrowsCostsItsConnection) {
  const LogCapture log;
  Start();
  ConnectOptions options;
  options.prepare = [](Connection&) { throw std::runtime_error("no"); };
  EXPECT_EQ(Connect(std::move(options)).status(),
            Status(Error::kHandlerFailed));
  Stop();
  EXPECT_EQ(handler.connects(), 0);
}

TEST_P(ClientConnectTest, AnOnConnectThatThrowsMakesItFail) {
  const LogCapture log;
  handler.on_connect = [](Connection&) { throw std::runtime_error("no"); };
  Start();
  EXPECT_EQ(Connect().status(), Status(Error::kHandlerFailed));
  // And OnClose came first.
  EXPECT_EQ(handler.closes(), 1);
  EXPECT_EQ(handler.reasons().at(0).code(), Error::kHandlerFailed);
}

TEST_P(ClientConnectTest, AnOnConnectThatClosesOrAbortsHasSucceeded) {
  std::atomic<bool> aborts = false;
  handler.on_connect = [&](Connection& connection) {
    if (aborts) return connection.Abort();
    connection.Close();
  };
  Start();
  for (const bool is_abort : {false, true}) {
    aborts = is_abort;
    const Outcome outcome = Connect(RetrySoon());
    EXPECT_TRUE(outcome.status().ok()) << outcome.status().message();
    const Status reason = handler.AwaitClose(is_abort ? 2 : 1);
    EXPECT_EQ(reason, is_abort ? Status(Error::kAborted) : Status());
  }
  Stop();
  EXPECT_EQ(handler.connects(), 2);
}

TEST_P(ClientConnectTest, BytesGoThereAndBack) {
  const std::string text = Pattern(1 << 20);
  std::string answer;
  std::atomic<bool> is_whole = false;
  handler.on_message = [&](Connection& connection, RingBuffer& input) {
    answer += input.ToString();
    input.Clear();
    if (answer.size() < text.size()) return;
    is_whole = answer == text;
    connection.Close();
  };
  client_options.connection.auto_pause = false;
  Start();
  EXPECT_TRUE(Connect().handle().Send(text).ok());
  EXPECT_TRUE(handler.AwaitClose().ok());
  EXPECT_TRUE(is_whole);
  EXPECT_TRUE(Eventually([&] { return client->connection_count() == 0; }));
  Stop();
}

TEST_P(ClientConnectTest, WithoutACallbackItConnectsAllTheSame) {
  Start();
  EXPECT_TRUE(client->Connect(address));
  EXPECT_TRUE(Eventually([&] { return handler.connects() == 1; }));
}

TEST_P(ClientConnectTest, NoIdBeforeStartAndAfterStop) {
  StartServer();
  client.emplace(handler, client_options);
  const auto never = [](const Result<ConnectionHandle>&) { ADD_FAILURE(); };
  EXPECT_FALSE(client->Connect(address, {}, never));
  ASSERT_TRUE(client->Start().ok());
  client->Stop();
  EXPECT_FALSE(client->Connect(address, {}, never));
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_FALSE(client->Connect(address, {}, never));
}

// ---- Many -------------------------------------------------------------------

TEST_P(ClientConnectTest, AHundredAtOnceGetOneEchoEach) {
  constexpr std::size_t kCount = 100;
  std::atomic<int> echoes = 0;
  handler.on_connect = [](Connection& connection) {
    connection.Send("data_test");
  };
  handler.on_message = [&](Connection& connection, RingBuffer& input) {
    if (input.size() < 9) return;
    EXPECT_EQ(input.ToString(), "data_test");
    input.Clear();
    ++echoes;
    connection.Close();
  };
  client_options.num_loops = 2;
  Start();
  Outcome outcome;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t k = 0; k < kCount / 4; ++k) {
        EXPECT_TRUE(client->Connect(address, {}, outcome.Callback()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(outcome.Await(kCount));
  EXPECT_EQ(outcome.failures(), 0U);
  ASSERT_TRUE(Eventually([&] { return handler.closes() == int{kCount}; }));
  EXPECT_EQ(handler.connects(), int{kCount});
  EXPECT_EQ(echoes, int{kCount});
  Stop();
}

TEST_P(ClientConnectTest, ThousandsLeaveNoDescriptorBehind) {
  NeedDescriptors(10'200);
  constexpr int kCount = 5000;
  server_options.backlog = kCount;
  Start();
  Connect();
  ASSERT_TRUE(Eventually([&] { return served.connects() == 1; }));
  const std::size_t before = CountDescriptors();
  Outcome outcome;
  for (int i = 0; i < kCount; ++i) {
    ConnectOptions each;
    each.timeout = kPatience;
    ASSERT_TRUE(client->Connect(address, std::move(each), outcome.Callback()));
  }
  ASSERT_TRUE(outcome.Await(kCount));
  EXPECT_EQ(outcome.failures(), 0U);
  EXPECT_EQ(client->connection_count(), std::size_t{kCount + 1});
  ASSERT_TRUE(Eventually([&] { return served.connects() == kCount + 1; }));
  client->Stop();
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_EQ(handler.closes(), kCount + 1);
  ASSERT_TRUE(Eventually([&] { return served.closes() == kCount + 1; }));
  EXPECT_TRUE(Eventually([&] { return CountDescriptors() <= before; }));
}

// ---- Loops ------------------------------------------------------------------

TEST_P(ClientConnectTest, LoopsTakeTurns) {
  client_options.num_loops = 2;
  std::mutex mutex;
  std::map<EventLoop*, int> loops;
  handler.on_connect = [&](Connection& connection) {
    const std::lock_guard lock(mutex);
    ++loops[&connection.loop()];
  };
  Start();
  EXPECT_EQ(client->num_loops(), 2U);
  for (int i = 0; i < 6; ++i) Connect();
  EXPECT_EQ(loops[&client->loop(0)], 3);
  EXPECT_EQ(loops[&client->loop(1)], 3);
  Stop();
}

TEST_P(ClientConnectTest, FromACallbackItStaysOnTheLoop) {
  client_options.num_loops = 2;
  constexpr std::size_t kCount = 8;
  Outcome inner;
  std::atomic<int> strays = 0;
  std::atomic<std::size_t> asked = 0;
  handler.on_connect = [&](Connection& connection) {
    if (asked == kCount) return;
    ++asked;
    const std::size_t told_before = inner.count();
    EventLoop* const loop = &connection.loop();
    EXPECT_TRUE(client->Connect(
        address, {}, [&, loop, tell = inner.Callback()](auto result) mutable {
          Connection* const found = result->Find();
          if (found == nullptr || &found->loop() != loop) ++strays;
          tell(std::move(result));
        }));
    EXPECT_EQ(inner.count(), told_before) << "told inside Connect";
  };
  Start();
  Connect();
  ASSERT_TRUE(inner.Await(kCount));
  EXPECT_EQ(strays, 0);
  Stop();
}

TEST_P(ClientConnectTest, HandlesFindTheirConnectionOnItsLoopAlone) {
  Start();
  const ConnectionHandle handle = Connect().handle();
  EXPECT_EQ(handle.Find(), nullptr) << "on another thread";
  EXPECT_EQ(ConnectionHandle().Find(), nullptr);
  std::atomic<int> right = 0;
  ASSERT_TRUE(handle
                  .Post([&, handle](Connection& connection) {
                    if (handle.Find() == &connection) ++right;
                    connection.Close();
                    if (handle.Find() == nullptr) ++right;
                  })
                  .ok());
  EXPECT_TRUE(handler.AwaitClose().ok());
  EXPECT_EQ(right, 2);
  Stop();
}

// ---- Failures ---------------------------------------------------------------

TEST_P(ClientConnectTest, ADeadPortIsRefusedAtOnce) {
  const UniqueFd mute = BindOnLoopback();
  address = os::LocalAddress(mute.get()).ToString();
  StartClient();
  const Status status = Connect().status();
  EXPECT_EQ(status.code(), std::errc::connection_refused);
  EXPECT_EQ(status.message(), "connect to " + address + ": Connection refused");
  EXPECT_EQ(handler.connects(), 0);
}

// The system may choose the very port that nobody listens on.
TEST_P(ClientConnectTest, AConnectionToItselfIsARefusal) {
  const SelfConnect in_force;
  address = SelfConnect::address().ToString();
  StartClient();
  EXPECT_EQ(Connect().status().code(), std::errc::connection_refused);
  EXPECT_EQ(handler.connects(), 0);
}

TEST_P(ClientConnectTest, AListenerWithoutRoomTimesOut) {
  const CrowdedListener crowded;
  address = crowded.address().ToString();
  StartClient();
  ConnectOptions brief;
  brief.timeout = milliseconds(50);
  EXPECT_EQ(Connect(std::move(brief)).status().code(), Error::kTimeout);
}

TEST_P(ClientConnectTest, NamesAndNonsenseAreRefused) {
  StartClient();
  address = "localhost:80";
  EXPECT_EQ(Connect().status().code(), Error::kUnsupported);
  address = "not an address";
  const Status status = Connect().status();
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  EXPECT_NE(status.message().find("not an address"), std::string::npos);
}

TEST_P(ClientConnectTest, WantOfDescriptorsFailsAndPasses) {
  Start();
  Connect();
  ASSERT_TRUE(Eventually([&] { return served.connects() == 1; }));
  Status status;
  {
    const DescriptorLimit limit(0);
    status = Connect().status();
  }
  // Not in there: UBSan needs descriptors to look at a category.
  EXPECT_EQ(status.code(), std::errc::too_many_files_open) << status.message();
  EXPECT_EQ(status.message().find("connect to "), 0U);
  EXPECT_TRUE(Connect().status().ok());
}

TEST_P(ClientConnectTest, WhatTheSystemSaysAtOnceIsTold) {
  Start();
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kConnect,
             {.error = ENETUNREACH, .count = 1});
  EXPECT_EQ(Connect().status().code(), std::errc::network_unreachable);
  faults.Add(FaultySyscalls::Call::kConnect, {.error = EINTR, .count = 1});
  EXPECT_TRUE(Connect().status().ok());
}

TEST_P(ClientConnectTest, OptionsThatContradictAreRefusedByStart) {
  std::vector<ClientOptions> wrong(4);
  wrong[0].idle_timeout = milliseconds(-1);
  wrong[1].spin = milliseconds(-1);
  wrong[2].timer_tick = milliseconds(0);
  wrong[3].connection.low_watermark_bytes = 2 << 20;
  for (ClientOptions& options : wrong) {
    options.backend = GetParam();
    eddy::Client refused(handler, std::move(options));
    EXPECT_EQ(refused.Start().code(), Error::kInvalidArgument);
    EXPECT_EQ(refused.Wait().code(), Error::kInvalidArgument);
    EXPECT_FALSE(refused.Connect("127.0.0.1:1"));
  }
}

TEST_P(ClientConnectTest, ASecondStartIsRefused) {
  StartClient();
  EXPECT_EQ(client->Start().code(), Error::kInvalidArgument);
}

// ---- Families ---------------------------------------------------------------

TEST_P(ClientConnectTest, ReachesIpv6) {
  server_options.address = "[::1]:0";
  Start();
  EXPECT_TRUE(Connect().status().ok());
}

TEST_P(ClientConnectTest, ReachesUnixSocketsByPathAndName) {
  const std::string name = "eddy-client-" + std::to_string(::getpid()) +
                           std::string(ToString(GetParam()));
  for (const std::string& path : {"unix:/tmp/" + name, "unix:@" + name}) {
    server_options.address = path;
    Start();
    const ConnectionHandle handle = Connect().handle();
    EXPECT_TRUE(handle.Send("hello").ok());
    EXPECT_TRUE(Eventually([&] { return handler.messages() > 0; }));
    client.reset();
    server.reset();
  }
  StartClient();
  address = "unix:/tmp/" + name;
  EXPECT_EQ(Connect().status().code(), std::errc::no_such_file_or_directory);
}

// ---- Cancel -----------------------------------------------------------------

TEST_P(ClientConnectTest, CancelledBeforeTheLoopCameByItFails) {
  Start();
  for (int i = 0; i < 20; ++i) {
    Outcome outcome;
    const ConnectId id = client->Connect(address, {}, outcome.Callback());
    EXPECT_TRUE(client->Cancel(id));
    ASSERT_TRUE(outcome.Await());
    // It may have been quicker.
    if (!outcome.status().ok()) {
      EXPECT_EQ(outcome.status().code(), Error::kCancelled);
    }
  }
}

TEST_P(ClientConnectTest, CancelledWhileItConnectsItFails) {
  const CrowdedListener crowded;
  StartClient();
  Outcome outcome;
  const ConnectId id =
      client->Connect(crowded.address().ToString(), {}, outcome.Callback());
  EXPECT_TRUE(client->Cancel(id));
  EXPECT_EQ(outcome.status().code(), Error::kCancelled);
  EXPECT_FALSE(client->Cancel({}));
  EXPECT_FALSE(client->Cancel({.value = id.value, .loop = 99}));
}

TEST_P(ClientConnectTest, CancelInCallbacksOfTheLoop) {
  Outcome cancelled;
  Outcome first;
  std::atomic<int> wrong = 0;
  handler.on_connect = [&](Connection&) {
    if (handler.connects() > 0) return;
    // Its own has succeeded; that of another, just asked for, has not.
    const ConnectId other = client->Connect(address, {}, cancelled.Callback());
    if (!client->Cancel(other)) ++wrong;
    if (client->Cancel(other)) ++wrong;
    if (cancelled.count() != 0) ++wrong;
  };
  Start();
  ASSERT_TRUE(client->Connect(
      address, {}, [&, tell = first.Callback()](auto result) mutable {
        // It has ended well, and nothing is left to cancel.
        if (client->Cancel({.value = 1})) ++wrong;
        tell(std::move(result));
      }));
  EXPECT_TRUE(first.status().ok());
  EXPECT_EQ(cancelled.status().code(), Error::kCancelled);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(cancelled.count(), 1U);
  EXPECT_TRUE(first.handle().is_open());
  Stop();
}

TEST_P(ClientConnectTest, OnItsLoopCancelTellsWhetherThereWasAnythingToEnd) {
  const UniqueFd mute = BindOnLoopback();
  const std::string nobody = os::LocalAddress(mute.get()).ToString();
  std::atomic<bool> retries = false;
  ConnectId id;  // the loop's
  std::atomic<int> wrong = 0;
  handler.on_connect = [&](Connection&) {
    if (client->Cancel(id) != retries) ++wrong;
  };
  Start();
  for (const bool is_retried : {false, true}) {
    retries = is_retried;
    for (const std::string& target : {address, nobody}) {
      Outcome outcome;
      ASSERT_TRUE(client->loop(0)
                      .Post([&, tell = outcome.Callback()]() mutable {
                        id = client->Connect(
                            target, is_retried ? RetrySoon() : ConnectOptions(),
                            [&, tell = std::move(tell)](auto result) mutable {
                              // What OnConnect ended, is.
                              const bool goes_on = retries && !result;
                              if (client->Cancel(id) != goes_on) ++wrong;
                              tell(std::move(result));
                            });
                      })
                      .ok());
      ASSERT_TRUE(outcome.Await());
      EXPECT_EQ(outcome.status().ok(), target == address);
      EXPECT_EQ(wrong, 0);
    }
  }
  Stop();
  EXPECT_EQ(handler.connects(), 2);
}

}  // namespace
}  // namespace eddy::test
