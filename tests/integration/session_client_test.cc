// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionClientTest: a WebSocket client, and sessions with both ends ours.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/log_capture.h"
#include "support/session_pair_test.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using test::CloseFrame;
using test::Frame;
using test::kFin;
using test::RawWebSocket;
using ws::CloseCode;

class SessionClientTest : public test::SessionPairTest {};
EDDY_ON_USABLE_BACKENDS(SessionClientTest);

TEST_P(SessionClientTest, ConnectsSendsAndReceives) {
  StartBoth();
  ASSERT_TRUE(Connect(Url()));
  ws::SessionHandle session = outcome.handle();
  EXPECT_TRUE(tally.AwaitOpens(1));
  EXPECT_TRUE(session.is_open());
  EXPECT_TRUE(session.Send("hello").ok());
  EXPECT_TRUE(
      session.Send(ws::MessageType::kBinary, test::Pattern(100'000)).ok());
  ASSERT_TRUE(tally.AwaitMessages(2));
  EXPECT_EQ(tally.messages()[0], "hello");
  EXPECT_EQ(tally.messages()[1], test::Pattern(100'000));
  EXPECT_TRUE(session.Close(CloseCode{4002}, "done").ok());
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode{4002});
  const auto end = handler.AwaitEnd();
  EXPECT_EQ(end.code, CloseCode{4002});
  EXPECT_EQ(end.reason, "done");
  EXPECT_EQ(session.Close(CloseCode::kAbnormal).code(),
            Error::kInvalidArgument);
}

TEST_P(SessionClientTest, ConnectsToAUnixSocket) {
  const std::string name = "@eddy-session-test-" + std::to_string(::getpid());
  ServerOptions options = Options(1);
  options.address = "unix:" + name;
  std::string asked;
  handler.on_upgrade = [&](const ws::Request& request, ws::Response&) {
    asked = request.target();
  };
  ws::Server unix_server(handler, std::move(options));
  ASSERT_TRUE(unix_server.Start().ok());
  StartClient();
  Connect("ws+unix:" + name + ":/chat?x");
  EXPECT_TRUE(outcome.handle().Send("hello").ok());
  ASSERT_TRUE(tally.AwaitMessages(1));
  EXPECT_EQ(tally.messages()[0], "hello");
  unix_server.Stop();
  EXPECT_TRUE(unix_server.Wait().ok());
  EXPECT_EQ(asked, "/chat?x");
}

TEST_P(SessionClientTest, TheRequestSaysWhatWasAskedFor) {
  std::string asked;
  handler.on_upgrade = [&](const ws::Request& request, ws::Response& response) {
    asked = std::string(request.target()) + " " + std::string(request.host()) +
            " " + std::string(request.Header("Cookie").value_or("none"));
    response.Accept("b");
  };
  std::string subprotocol;
  tally.on_connect = [&](ws::Session& session) {
    subprotocol = session.subprotocol();
  };
  StartBoth();
  Connect(Url("/path?query"),
          {.subprotocols = {"a", "b"}, .headers = {{"Cookie", "id=1"}}});
  ASSERT_TRUE(outcome.status().ok()) << outcome.status().message();
  ASSERT_TRUE(handler.AwaitOpens(1));
  EXPECT_EQ(asked, "/path?query " + server->address().ToString() + " id=1");
  EXPECT_EQ(subprotocol, "b");
}

TEST_P(SessionClientTest, ARefusalIsToldWithItsStatus) {
  handler.on_upgrade = [](const ws::Request&, ws::Response& response) {
    response.Answer(403);
  };
  StartBoth();
  Connect(Url());
  EXPECT_EQ(outcome.status().code(), Error::kProtocol);
  EXPECT_NE(outcome.status().message().find("403"), std::string::npos)
      << outcome.status().message();
  EXPECT_EQ(tally.opens(), 0U);
  EXPECT_EQ(tally.closes(), 0U);
}

TEST_P(SessionClientTest, NobodyListeningIsToldAsRefused) {
  StartClient();
  listener.Reset();
  const UniqueFd port = test::BindOnLoopback();
  Connect("ws://" + os::LocalAddress(port.get()).ToString());
  EXPECT_EQ(outcome.status().code(), std::errc::connection_refused);
}

TEST_P(SessionClientTest, WhatCannotBeAskedForIsToldOnTheLoop) {
  StartClient();
  for (const std::string url :
       {"http://127.0.0.1/", "ws://", "ws://127.0.0.1:99999/", "nonsense"}) {
    test::SessionOutcome told;
    ASSERT_TRUE(client->Connect(url, {}, told.Callback()));
    EXPECT_EQ(told.status().code(), Error::kInvalidArgument) << url;
  }
  test::SessionOutcome told;
  ws::ConnectOptions options{.headers = {{"X", "a\r\nEvil: 1"}}};
  ASSERT_TRUE(client->Connect(RawUrl(), std::move(options), told.Callback()));
  EXPECT_EQ(told.status().code(), Error::kInvalidArgument);
  test::SessionOutcome named;
  client->Connect("ws://localhost/", {}, named.Callback());
  EXPECT_EQ(named.status().code(), Error::kUnsupported);
}

TEST_P(SessionClientTest, AWrongAcceptKeyIsNoSession) {
  StartClient();
  Connect(RawUrl());
  RawWebSocket peer = AcceptRaw();
  peer.Write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n");
  EXPECT_EQ(outcome.status().code(), Error::kProtocol);
  EXPECT_EQ(tally.opens(), 0U);
}

TEST_P(SessionClientTest, InterimResponsesAreSkipped) {
  StartClient();
  Connect(RawUrl());
  RawWebSocket peer = AcceptRaw();
  peer.Write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  peer.Write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      test::AcceptKey(key) + "\r\n\r\n");
  EXPECT_TRUE(outcome.status().ok()) << outcome.status().message();
}

TEST_P(SessionClientTest, AServerThatSaysNothingIsGivenUp) {
  client_session_options.handshake_timeout = milliseconds(50);
  StartClient();
  Connect(RawUrl());
  EXPECT_EQ(outcome.status().code(), Error::kTimeout);
}

TEST_P(SessionClientTest, AServerThatEndsInTheHandshakeIsTold) {
  StartClient();
  Connect(RawUrl());
  AcceptRaw().Take().Reset();
  EXPECT_EQ(outcome.status().code(), Error::kClosed);
  EXPECT_EQ(tally.opens(), 0U);
}

TEST_P(SessionClientTest, EveryFrameIsMaskedAnew) {
  StartClient();
  Connect(RawUrl());
  RawWebSocket peer = AcceptRaw();
  peer.Write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      test::AcceptKey(key) + "\r\n\r\n");
  ws::SessionHandle session = outcome.handle();
  for (int i = 0; i < 2; ++i) session.Send("the same");
  const auto first = peer.ReadFrame();
  const auto second = peer.ReadFrame();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->is_masked);
  EXPECT_EQ(first->payload, "the same");
  EXPECT_EQ(second->payload, "the same");
  EXPECT_NE(first->mask, second->mask);
  // What a server must not do.
  peer.Write(test::TextFrame("masked"));
  EXPECT_EQ(peer.ReadClose(), 1002);
  EXPECT_TRUE(peer.HasEndedWell());
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kProtocolError);
}

TEST_P(SessionClientTest, ItLeavesTheEndOfTheStreamToTheServer) {
  StartClient();
  Connect(RawUrl());
  RawWebSocket peer = AcceptRaw();
  peer.Write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      test::AcceptKey(key) + "\r\n\r\n" + CloseFrame(1001, "", false));
  EXPECT_EQ(peer.ReadClose(), 1001);
  ASSERT_TRUE(tally.AwaitOpens(1));
  EXPECT_FALSE(test::HasEnded(peer.fd()));
  EXPECT_EQ(tally.closes(), 0U);
  peer.Take().Reset();
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kGoingAway);
}

TEST_P(SessionClientTest, ALostSessionIsMadeAgain) {
  StartBoth();
  ws::ConnectOptions options;
  options.retry = RetryOptions{.initial_delay = milliseconds(1)};
  Connect(Url(), std::move(options));
  ASSERT_TRUE(tally.AwaitOpens(1));
  ASSERT_TRUE(handler.AwaitOpens(1));
  handler.last_handle().Abort();
  ASSERT_TRUE(tally.AwaitOpens(2));
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kAbnormal);
  // One that this side closes is not.
  ASSERT_TRUE(tally.last_handle().Close().ok());
  EXPECT_EQ(tally.AwaitEnd(2).code, CloseCode::kNormal);
  EXPECT_TRUE(
      test::Eventually([&] { return server->connection_count() == 0; }));
  EXPECT_EQ(handler.opens(), 2U);
  EXPECT_EQ(outcome.count(), 1U);
}

TEST_P(SessionClientTest, ACloseThatComesLateStillEndsTheRetries) {
  StartClient();
  ws::ConnectOptions options;
  options.retry = RetryOptions{.initial_delay = milliseconds(1)};
  std::atomic<int> retries = 0;
  options.on_retry = [&](const Status&, std::chrono::nanoseconds) {
    ++retries;
  };
  Connect(RawUrl(), std::move(options));
  RawWebSocket peer = AcceptRaw();
  peer.Write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      test::AcceptKey(key) + "\r\n\r\n" + CloseFrame(1001, "", false));
  EXPECT_EQ(peer.ReadClose(), 1001);
  ASSERT_TRUE(tally.AwaitOpens(1));
  // It waits for the server's end of the stream.
  EXPECT_TRUE(tally.last_handle().Close().ok());
  std::promise<void> heard;
  client->loop(0).Post([&] { heard.set_value(); });
  heard.get_future().get();
  peer.Take().Reset();
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kGoingAway);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(retries, 0);
}

TEST_P(SessionClientTest, AHandshakeThatFailsIsTriedAgain) {
  std::atomic<int> refusals = 2;
  handler.on_upgrade = [&](const ws::Request&, ws::Response& response) {
    if (refusals.fetch_sub(1) > 0) response.Answer(503);
  };
  StartBoth();
  ws::ConnectOptions options;
  options.retry = RetryOptions{.initial_delay = milliseconds(1)};
  std::atomic<int> retries = 0;
  options.on_retry = [&](const Status& cause, std::chrono::nanoseconds) {
    EXPECT_EQ(cause.code(), Error::kProtocol) << cause.message();
    ++retries;
  };
  Connect(Url(), std::move(options));
  EXPECT_EQ(outcome.status().code(), Error::kProtocol);
  ASSERT_TRUE(tally.AwaitOpens(1));
  EXPECT_EQ(retries, 2);
}

TEST_P(SessionClientTest, HandshakesThatAreNotAnsweredAreGivenUp) {
  client_session_options.handshake_timeout = milliseconds(30);
  StartClient();
  ws::ConnectOptions options;
  options.retry = RetryOptions{.initial_delay = milliseconds(1),
                               .stable_after = milliseconds(1),
                               .max_attempts = 3};
  std::atomic<int> retries = 0;
  options.on_retry = [&](const Status& cause, std::chrono::nanoseconds) {
    EXPECT_EQ(cause.code(), Error::kTimeout) << cause.message();
    ++retries;
  };
  const test::LogCapture log;
  const ConnectId id = Connect(RawUrl(), std::move(options));
  EXPECT_EQ(outcome.status().code(), Error::kTimeout);
  EXPECT_TRUE(test::Eventually([&] { return retries == 2; }));
  EXPECT_TRUE(
      test::Eventually([&] { return client->connection_count() == 0; }));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(retries, 2);
  EXPECT_TRUE(id);
}

TEST_P(SessionClientTest, AHandshakeCanBeCancelled) {
  StartClient();
  const ConnectId id = Connect(RawUrl());
  RawWebSocket peer = AcceptRaw();
  EXPECT_TRUE(client->Cancel(id));
  EXPECT_EQ(outcome.status().code(), Error::kCancelled);
  EXPECT_EQ(peer.ReadRest(), "");
  EXPECT_EQ(tally.opens(), 0U);
}

TEST_P(SessionClientTest, TheTimeLimitOfConnectIncludesTheHandshake) {
  StartClient();
  Connect(RawUrl(), {.timeout = milliseconds(30)});
  EXPECT_EQ(outcome.status().code(), Error::kTimeout);
}

TEST_P(SessionClientTest, ASessionThatItsOnConnectEndsHasBeenMade) {
  std::atomic<bool> aborts = false;
  tally.on_connect = [&](ws::Session& session) {
    if (aborts) return session.Abort();
    EXPECT_TRUE(session.Close(CloseCode::kNormal).ok());
  };
  StartBoth();
  for (const bool is_abort : {false, true}) {
    aborts = is_abort;
    test::SessionOutcome told;
    ws::ConnectOptions options{.retry = RetryOptions()};
    client->Connect(Url(), std::move(options), told.Callback());
    EXPECT_TRUE(told.status().ok()) << told.status().message();
    EXPECT_EQ(tally.AwaitEnd(is_abort ? 2 : 1).code,
              is_abort ? CloseCode::kAbnormal : CloseCode::kNormal);
  }
}

TEST_P(SessionClientTest, ASessionWhoseOnConnectThrowsIsNotTold) {
  const test::LogCapture log;
  tally.on_connect = [](ws::Session&) { throw std::runtime_error("no"); };
  StartBoth();
  Connect(Url());
  EXPECT_EQ(outcome.status().code(), Error::kHandlerFailed);
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kInternalError);
}

TEST_P(SessionClientTest, ASessionThatItsOnConnectClosesIsTold) {
  tally.on_connect = [](ws::Session& session) { session.Close(); };
  StartBoth();
  Connect(Url());
  EXPECT_TRUE(outcome.status().ok()) << outcome.status().message();
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kNormal);
}

TEST_P(SessionClientTest, AStoppedClientTellsEveryone) {
  StartClient();
  Connect(RawUrl());
  RawWebSocket peer = AcceptRaw();
  client->Stop();
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_EQ(outcome.status().code(), Error::kStopped);
  EXPECT_FALSE(Connect(RawUrl()));
}

TEST_P(SessionClientTest, AnExceptionOfTheCallbackEndsNothing) {
  const test::LogCapture log;
  StartBoth();
  client->Connect(Url(), {}, [](Result<ws::SessionHandle>) {
    throw std::runtime_error("no");
  });
  ASSERT_TRUE(tally.AwaitOpens(1));
  tally.last_handle().Send("still here");
  EXPECT_TRUE(tally.AwaitMessages(1));
}

TEST_P(SessionClientTest, ItMayShareAServersLoops) {
  Start(2);
  ClientOptions options;
  client = std::make_unique<ws::Client>(tally, server->tcp(), options);
  ASSERT_TRUE(client->Start().ok());
  for (int i = 0; i < 20; ++i) Connect(Url());
  ASSERT_TRUE(tally.AwaitOpens(20));
  ASSERT_TRUE(handler.AwaitOpens(20));
  server->Stop();
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_EQ(tally.closes(), 20U);
}

TEST_P(SessionClientTest, OptionsThatCannotBeAreRefused) {
  client_session_options.max_message_bytes = 0;
  ws::Client bad(tally, {}, client_session_options);
  EXPECT_EQ(bad.Start().code(), Error::kInvalidArgument);
  session_options.deflate = ws::DeflateOptions{.server_window_bits = 8};
  ws::Server server_of_bad(handler, Options(), session_options);
  EXPECT_EQ(server_of_bad.tcp().Start().code(), Error::kInvalidArgument);
  EXPECT_EQ(server_of_bad.Run().code(), Error::kInvalidArgument);
}

TEST_P(SessionClientTest, NegativeTimesAreRefused) {
  for (auto time :
       {&ws::Options::handshake_timeout, &ws::Options::close_timeout,
        &ws::Options::ping_interval, &ws::Options::pong_timeout}) {
    ws::Options options;
    options.*time = -std::chrono::nanoseconds(1);
    EXPECT_EQ(ws::Client(tally, {}, options).Start().code(),
              Error::kInvalidArgument);
    ws::Server bad(handler, Options(), options);
    EXPECT_EQ(bad.Start().code(), Error::kInvalidArgument);
    EXPECT_EQ(bad.Run().code(), Error::kInvalidArgument);
  }
}

TEST_P(SessionClientTest, HeadsThatTheInputCannotHoldAreRefused) {
  ClientOptions client_options;
  client_options.connection.max_input_bytes = 1000;
  ServerOptions server_options = Options();
  server_options.connection.max_input_bytes = 1000;
  ws::Options options;
  options.max_head_bytes = 1001;
  const Status of_client = ws::Client(tally, client_options, options).Start();
  ws::Server bad(handler, std::move(server_options), options);
  for (const Status& status : {of_client, bad.Start()}) {
    EXPECT_EQ(status.code(), Error::kInvalidArgument);
    EXPECT_NE(status.message().find("max_head_bytes"), std::string::npos);
    EXPECT_NE(status.message().find("max_input_bytes"), std::string::npos);
  }
  options.max_head_bytes = 1000;
  EXPECT_TRUE(ws::Client(tally, client_options, options).Start().ok());
}

}  // namespace
}  // namespace eddy
