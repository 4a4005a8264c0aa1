// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionCallbackTest: what programs do in callbacks, and when there are none.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/log_capture.h"
#include "support/session_test.h"

namespace eddy {
namespace {

using test::CloseFrame;
using test::Frame;
using test::kFin;
using test::kPing;
using test::kPong;
using test::RawWebSocket;
using test::TextFrame;
using ws::CloseCode;

class SessionCallbackTest : public test::SessionTest {
 protected:
  // An exception of the callback ends the session, and nothing else.
  void ExpectEnd(RawWebSocket client) {
    EXPECT_EQ(client.ReadClose(), 1011);
    EXPECT_TRUE(client.HasEndedWell());
    EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kInternalError);
    RawWebSocket other = Open();
    other.Write(TextFrame("x"));
    EXPECT_EQ(other.ReadText(), "x");
    EXPECT_EQ(server->stats().exception_count, 1U);
  }
  static void Throw(ws::Session&) { throw std::runtime_error("no"); }
};
EDDY_ON_USABLE_BACKENDS(SessionCallbackTest);

TEST_P(SessionCallbackTest, AnExceptionOfOnPingEndsItsSession) {
  const test::LogCapture log;
  handler.on_ping = Throw;
  Start();
  RawWebSocket client = Open();
  client.Write(Frame(kFin | kPing, "x"));
  const auto pong = client.ReadFrame();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode(), kPong);
  ExpectEnd(std::move(client));
}

TEST_P(SessionCallbackTest, AnExceptionOfOnPongEndsItsSession) {
  const test::LogCapture log;
  handler.on_pong = Throw;
  Start();
  RawWebSocket client = Open();
  client.Write(Frame(kFin | kPong, "x"));
  ExpectEnd(std::move(client));
}

TEST_P(SessionCallbackTest, AnExceptionOfOnCloseEndsNothingElse) {
  const test::LogCapture log;
  handler.on_close = Throw;
  Start();
  RawWebSocket client = Open();
  client.Write(CloseFrame(1000));
  EXPECT_EQ(client.ReadClose(), 1000);
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kNormal);
  RawWebSocket other = Open();
  other.Write(TextFrame("x"));
  EXPECT_EQ(other.ReadText(), "x");
  EXPECT_EQ(server->stats().exception_count, 1U);
  server.reset();  // while the log is kept
}

// ---- Room -------------------------------------------------------------------

TEST_P(SessionCallbackTest, OnWritableTellsThatThereIsRoomAgain) {
  connection_options.high_watermark_bytes = 50'000;
  connection_options.low_watermark_bytes = 10'000;
  std::size_t sent = 0;
  handler.on_message = [&](ws::Session& session, ws::Message) {
    while (session.is_writable()) {
      sent += 20'000;
      session.Send(std::string(20'000, 'x'));
    }
  };
  handler.on_writable = [](ws::Session& session) {
    EXPECT_TRUE(session.is_writable());
    session.Send("room");
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("go"));
  std::size_t read = 0;
  std::string text;
  while ((text = client.ReadText()).size() == 20'000) read += text.size();
  EXPECT_EQ(text, "room");
  server.reset();
  EXPECT_EQ(read, sent);
}

TEST_P(SessionCallbackTest, AnExceptionOfOnWritableEndsItsSession) {
  const test::LogCapture log;
  connection_options.high_watermark_bytes = 50'000;
  connection_options.low_watermark_bytes = 10'000;
  handler.on_message = [](ws::Session& session, ws::Message message) {
    if (message.text() != "go") return static_cast<void>(session.Send(message));
    while (session.is_writable()) session.Send(std::string(20'000, 'x'));
  };
  handler.on_writable = Throw;
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("go"));
  std::optional<test::RawFrame> frame;
  while ((frame = client.ReadFrame()) && frame->opcode() == test::kText) {
  }
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->code(), 1011U);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kInternalError);
  EXPECT_EQ(server->stats().exception_count, 1U);
}

// ---- Ends -------------------------------------------------------------------

TEST_P(SessionCallbackTest, ASessionThatIsPausedCanBeClosed) {
  session_options.close_timeout = std::chrono::hours(1);
  session_options.ping_interval = {};
  handler.on_message = [](ws::Session& session, ws::Message) {
    session.PauseReading();
    EXPECT_TRUE(session.Close().ok());
    EXPECT_FALSE(session.is_reading_paused());
    session.PauseReading();  // the answer must be heard
    EXPECT_FALSE(session.is_reading_paused());
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("x"));
  EXPECT_EQ(client.ReadClose(), 1000);
  client.Write(CloseFrame(1000));
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kNormal);
}

TEST_P(SessionCallbackTest, PostIsForSessionsThatAreOpen) {
  bool was_called = false;
  auto kept = std::make_shared<int>();
  const std::weak_ptr<int> watched = kept;
  handler.on_message = [&](ws::Session& session, ws::Message) {
    session.Close();
    const Status posted =
        session.handle().Post([&was_called, held = std::move(kept)](
                                  ws::Session&) { was_called = true; });
    EXPECT_TRUE(posted.ok());
    EXPECT_EQ(session.handle().Find(), nullptr);
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("x"));
  EXPECT_EQ(client.ReadClose(), 1000);
  client.Write(CloseFrame(1000));
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kNormal);
  server.reset();
  EXPECT_FALSE(was_called);
  EXPECT_TRUE(watched.expired());
}

TEST_P(SessionCallbackTest, AStopEndsHandshakesThatAreUnderWay) {
  Start();
  RawWebSocket client = Dial();
  client.Write("GET / HTTP/1.1\r\nHost: ");
  ASSERT_TRUE(
      test::Eventually([&] { return server->stats().received_bytes != 0; }));
  server->Stop(test::kPatience);
  EXPECT_EQ(client.ReadRest(), "");
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_TRUE(server->Wait().ok());
  EXPECT_EQ(handler.opens(), 0U);
  EXPECT_EQ(handler.closes(), 0U);
}

TEST_P(SessionCallbackTest, UnlessToldItTakesTheFirstSubprotocol) {
  struct Plain : ws::Handler {
    void OnMessage(ws::Session&, ws::Message) override {}
  } plain;
  ws::Server plain_server(plain, Options());
  ASSERT_TRUE(plain_server.Start().ok());
  test::RawWebSocket client(test::ConnectTo(plain_server.address()));
  const std::string head =
      client.Upgrade("Sec-WebSocket-Protocol: first, second\r\n");
  EXPECT_NE(head.find("\r\nSec-WebSocket-Protocol: first\r\n"),
            std::string::npos)
      << head;
}

}  // namespace
}  // namespace eddy
