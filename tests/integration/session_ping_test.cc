// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionPingTest: who is asked whether it is there, and who is left.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "support/session_test.h"

namespace eddy {
namespace {

using test::Frame;
using test::kFin;
using test::kPing;
using test::kPong;
using test::kText;
using test::RawWebSocket;
using test::TextFrame;
using ws::CloseCode;

class SessionPingTest : public test::SessionTest {};
EDDY_ON_USABLE_BACKENDS(SessionPingTest);

TEST_P(SessionPingTest, ASilentPeerIsAskedAndThenLeft) {
  session_options.ping_interval = std::chrono::milliseconds(20);
  session_options.pong_timeout = std::chrono::milliseconds(100);
  Start();
  RawWebSocket client = Open();
  const auto ping = client.ReadFrame();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode(), 9U);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionPingTest, WhoAnswersPingsStays) {
  session_options.ping_interval = std::chrono::milliseconds(5);
  session_options.pong_timeout = test::kPatience;
  Start();
  RawWebSocket client = Open();
  for (int i = 0; i < 5; ++i) {
    const auto ping = client.ReadFrame();
    ASSERT_TRUE(ping);
    EXPECT_EQ(ping->opcode(), 9U);
    client.Write(Frame(kFin | 10, ping->payload));
  }
  EXPECT_TRUE(handler.AwaitPongs(5));
  EXPECT_EQ(handler.closes(), 0U);
}

// The pong must not put the close's time limit off.
TEST_P(SessionPingTest, ACloseAfterAPingIsStillLimited) {
  session_options.ping_interval = std::chrono::milliseconds(5);
  session_options.pong_timeout = std::chrono::hours(1);
  session_options.close_timeout = std::chrono::milliseconds(100);
  Start();
  RawWebSocket client = Open();
  const auto ping = client.ReadFrame();
  ASSERT_TRUE(ping);
  ASSERT_TRUE(handler.AwaitOpens(1));
  handler.last_handle().Close();
  EXPECT_EQ(client.ReadClose(), 1000);
  client.Write(Frame(kFin | kPong, ping->payload));
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionPingTest, WhoIsNotReadFromNeedNotAnswer) {
  session_options.ping_interval = std::chrono::milliseconds(5);
  session_options.pong_timeout = std::chrono::milliseconds(5);
  handler.on_message = [](ws::Session& session, ws::Message message) {
    session.Send(message);
    session.PauseReading();
    session.loop().RunAfter(std::chrono::milliseconds(60),
                            [handle = session.handle()] {
                              if (auto* found = handle.Find())
                                found->ResumeReading();
                            });
  };
  Start();
  RawWebSocket client = Open();
  std::thread answers([&] {
    for (;;) {
      const auto frame = client.ReadFrame();
      if (!frame || frame->opcode() == kText) break;
      client.Write(Frame(kFin | kPong, frame->payload));
    }
  });
  client.Write(TextFrame("1"));
  answers.join();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(handler.closes(), 0U);
}

TEST_P(SessionPingTest, WhoTakesNothingIsLeft) {
  session_options.ping_interval = std::chrono::milliseconds(20);
  session_options.pong_timeout = std::chrono::milliseconds(100);
  handler.on_message = [](ws::Session& session, ws::Message) {
    const std::string text(100'000, 'x');
    while (session.output_size() < text.size()) session.Send(text);
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("go"));
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionPingTest, AnEndedConnectionIsNoOpenSession) {
  connection_options.max_output_bytes = 100'000;
  connection_options.high_watermark_bytes = 10'000;
  connection_options.low_watermark_bytes = 1'000;
  const std::string text(90'000, 'x');
  int sent = 0;
  handler.on_message = [&](ws::Session& session, ws::Message) {
    while (session.is_open() && sent < 10'000) {
      session.Send(text);
      ++sent;
    }
    EXPECT_FALSE(session.is_open());
    EXPECT_EQ(session.Send("x").code(), Error::kClosed);
    EXPECT_EQ(session.handle().Find(), nullptr);
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("go"));
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
  server.reset();
  EXPECT_LT(sent, 1'000);
}

TEST_P(SessionPingTest, PingsOfTheProgramAreAnswered) {
  handler.on_connect = [](ws::Session& session) {
    EXPECT_TRUE(session.Ping(AsBytes(std::string("are you there?"))).ok());
    EXPECT_EQ(session.Ping(AsBytes(std::string(126, 'x'))).code(),
              Error::kInvalidArgument);
  };
  Start();
  RawWebSocket client = Open();
  const auto ping = client.ReadFrame();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode(), kPing);
  EXPECT_EQ(ping->payload, "are you there?");
  EXPECT_TRUE(handler.pongs().empty());
  client.Write(Frame(kFin | kPong, ping->payload));
  ASSERT_TRUE(handler.AwaitPongs(1));
  EXPECT_EQ(handler.pongs()[0], "are you there?");
}

}  // namespace
}  // namespace eddy
