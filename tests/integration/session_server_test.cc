// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionServerTest: a WebSocket server, seen from the wire.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/log_capture.h"
#include "support/session_test.h"

namespace eddy {
namespace {

using test::CloseFrame;
using test::Frame;
using test::kFin;
using test::kPong;
using test::kText;
using test::RawWebSocket;
using test::TextFrame;
using ws::CloseCode;

class SessionServerTest : public test::SessionTest {};
EDDY_ON_USABLE_BACKENDS(SessionServerTest);

// ---- The handshake ----------------------------------------------------------

TEST_P(SessionServerTest, AcceptsAndEchoes) {
  Start();
  RawWebSocket client = Dial();
  const std::string head = client.Upgrade();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            std::string::npos)
      << head;
  client.Write(TextFrame("hello"));
  EXPECT_EQ(client.ReadText(), "hello");
  client.Write(Frame(kFin | 2, std::string("\0\xff", 2)));
  const auto binary = client.ReadFrame();
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->first, kFin | 2U);
  EXPECT_FALSE(binary->is_masked);
  EXPECT_EQ(binary->payload, std::string("\0\xff", 2));
}

TEST_P(SessionServerTest, TheRequestIsWhatTheClientWrote) {
  handler.on_upgrade = [](const ws::Request& request, ws::Response& response) {
    EXPECT_TRUE(request.is_upgrade());
    EXPECT_EQ(request.method(), "GET");
    EXPECT_EQ(request.target(), "/chat?room=1");
    EXPECT_EQ(request.path(), "/chat");
    EXPECT_EQ(request.query(), "room=1");
    EXPECT_EQ(request.host(), "here");
    EXPECT_EQ(request.origin(), "http://there");
    EXPECT_EQ(request.Header("x-Mine"), "a b");
    EXPECT_FALSE(request.Header("Missing"));
    ASSERT_EQ(request.subprotocols().size(), 2U);
    EXPECT_EQ(request.subprotocols()[0], "first");
    response.Accept(request.subprotocols()[1]);
    response.Emplace<std::string>(request.query());
    EXPECT_TRUE(response.AddHeader("Set-Cookie", "id=7").ok());
    EXPECT_FALSE(response.AddHeader("X", "a\r\nEvil: 1").ok());
  };
  std::string subprotocol;
  std::string query;
  handler.on_connect = [&](ws::Session& session) {
    subprotocol = session.subprotocol();
    query = *session.Get<std::string>();
  };
  Start();
  RawWebSocket client = Dial();
  const std::string head = client.Upgrade(
      "Origin: http://there\r\nX-Mine: a b \r\n"
      "Sec-WebSocket-Protocol: first, second\r\n");
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: second\r\n"), std::string::npos);
  EXPECT_NE(head.find("Set-Cookie: id=7\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Evil"), std::string::npos);
  ASSERT_TRUE(handler.AwaitOpens(1));
  EXPECT_EQ(subprotocol, "second");
  EXPECT_EQ(query, "room=1");
}

TEST_P(SessionServerTest, ARejectionHasStatusHeadersAndBody) {
  handler.on_upgrade = [](const ws::Request&, ws::Response& response) {
    EXPECT_TRUE(response.AddHeader("WWW-Authenticate", "Basic").ok());
    response.Answer(401, "who are you?");
  };
  Start();
  RawWebSocket client = Dial();
  const std::string head = client.Upgrade();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 401 ")) << head;
  EXPECT_NE(head.find("WWW-Authenticate: Basic\r\n"), std::string::npos);
  EXPECT_EQ(client.ReadRest(), "who are you?");
  EXPECT_EQ(handler.opens(), 0U);
}

TEST_P(SessionServerTest, APageIsServedOnTheSamePort) {
  handler.on_upgrade = [](const ws::Request& request, ws::Response& response) {
    if (!request.is_upgrade()) response.Answer(200, "<p>hi", "text/html");
  };
  Start();
  RawWebSocket client = Dial();
  client.Write("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  const std::string head = client.ReadHead();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
  EXPECT_NE(head.find("Content-Type: text/html\r\n"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(client.ReadRest(), "<p>hi");
  EXPECT_TRUE(client.HasEndedWell());
  RawWebSocket other = Open();
  other.Write(TextFrame("x"));
  EXPECT_EQ(other.ReadText(), "x");
}

TEST_P(SessionServerTest, RequestsThatCannotBeServedAreAnsweredAndClosed) {
  session_options.max_head_bytes = 1024;
  Start();
  const std::string long_text(2000, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426"},
      {"POST / HTTP/1.1\r\nHost: h\r\n\r\n", "405"},
      {"GET / HTTP/1.1\r\nbad header\r\n\r\n", "400"},
      {"GET / HTTP/1.0\r\nHost: h\r\n\r\n", "505"},
      {"GET /" + long_text + " HTTP/1.1\r\n", "414"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + long_text + "\r\n", "431"},
      {"\x16\x03\x01", "400"},
  };
  for (const auto& [request, status] : cases) {
    RawWebSocket client = Dial();
    client.Write(request);
    const std::string head = client.ReadHead();
    EXPECT_EQ(head.substr(0, 13), "HTTP/1.1 " + status + " ") << request;
    EXPECT_TRUE(client.HasEndedWell()) << request;
  }
  EXPECT_EQ(handler.opens(), 0U);
}

TEST_P(SessionServerTest, RefusalsOfHeadHaveNoBody) {
  Start();
  const std::string upgrade(test::kUpgrade.substr(3));
  for (const std::string& request :
       {"HEAD" + upgrade + "\r\n", std::string("HEAD / HTTP/1.1\r\n\r\n"),
        std::string("HEAD / HTTP/1.0\r\nHost: h\r\n\r\n"),
        std::string("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")}) {
    RawWebSocket client = Dial();
    client.Write(request);
    const std::string head = client.ReadHead();
    EXPECT_TRUE(head.starts_with("HTTP/1.1 ")) << head;
    EXPECT_NE(head.find("\r\nContent-Length: "), std::string::npos) << head;
    EXPECT_EQ(client.ReadRest(), "") << request;
  }
}

TEST_P(SessionServerTest, AnExceptionOfOnUpgradeIsAnsweredWith500) {
  const test::LogCapture log;
  handler.on_upgrade = [](const ws::Request&, ws::Response&) {
    throw std::runtime_error("no");
  };
  Start();
  RawWebSocket client = Dial();
  EXPECT_TRUE(client.Upgrade().starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_EQ(server->stats().exception_count, 1U);
}

TEST_P(SessionServerTest, FramesMayComeWithTheRequest) {
  Start();
  RawWebSocket client = Dial();
  client.Write(std::string(test::kUpgrade) + "\r\n" + TextFrame("early") +
               TextFrame("bird"));
  client.ReadHead();
  EXPECT_EQ(client.ReadText(), "early");
  EXPECT_EQ(client.ReadText(), "bird");
}

TEST_P(SessionServerTest, WhoMakesNoHandshakeIsClosed) {
  session_options.handshake_timeout = std::chrono::milliseconds(50);
  Start();
  RawWebSocket client = Dial();
  client.Write("GET / HTT");
  EXPECT_EQ(client.ReadRest(), "");
  EXPECT_EQ(handler.opens(), 0U);
}

// ---- Messages ---------------------------------------------------------------

TEST_P(SessionServerTest, MessagesMayBeCutAnywhere) {
  Start();
  RawWebSocket client = Open();
  const std::string wire = Frame(1, "one ") + Frame(kFin | 9, "ping") +
                           Frame(kFin | 0, "message") + TextFrame("two");
  for (const char byte : wire) {
    client.Write(std::string_view(&byte, 1));
  }
  const auto pong = client.ReadFrame();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode(), 10U);
  EXPECT_EQ(pong->payload, "ping");
  EXPECT_EQ(client.ReadText(), "one message");
  EXPECT_EQ(client.ReadText(), "two");
  EXPECT_EQ(handler.pings(), std::vector<std::string>{"ping"});
}

TEST_P(SessionServerTest, EverySizeOfFrameComesBack) {
  session_options.max_message_bytes = 1 << 20;
  Start();
  RawWebSocket client = Open();
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 1023U, 1024U, 1025U,
                                 65535U, 65536U, 1U << 20}) {
    const std::string text = test::Pattern(size);
    client.Write(Frame(kFin | 2, text));
    const auto echo = client.ReadFrame();
    ASSERT_TRUE(echo) << size;
    EXPECT_EQ(echo->payload, text) << size;
  }
}

TEST_P(SessionServerTest, APongIsNotAnsweredButTold) {
  Start();
  RawWebSocket client = Open();
  client.Write(Frame(kFin | 10, "unasked") + TextFrame("after"));
  EXPECT_EQ(client.ReadText(), "after");
  EXPECT_EQ(handler.pongs(), std::vector<std::string>{"unasked"});
}

TEST_P(SessionServerTest, APauseHoldsMessagesBack) {
  handler.on_message = [](ws::Session& session, ws::Message message) {
    session.Send(message);
    session.PauseReading();
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("1") + TextFrame("2"));
  EXPECT_EQ(client.ReadText(), "1");
  EXPECT_EQ(handler.messages().size(), 1U);
  handler.last_handle().Post([](ws::Session& s) { s.ResumeReading(); });
  EXPECT_EQ(client.ReadText(), "2");
}

TEST_P(SessionServerTest, AFastSenderIsHeldBackAndLosesNothing) {
  connection_options.high_watermark_bytes = 64 << 10;
  connection_options.low_watermark_bytes = 16 << 10;
  Start();
  RawWebSocket client = Open();
  const std::string text = test::Pattern(10'000);
  constexpr int kCount = 2'000;
  std::thread sender([&] {
    for (int i = 0; i < kCount; ++i) client.Write(Frame(kFin | 2, text));
  });
  for (int i = 0; i < kCount; ++i) {
    const auto echo = client.ReadFrame();
    ASSERT_TRUE(echo);
    ASSERT_EQ(echo->payload, text);
  }
  sender.join();
}

// ---- Ends -------------------------------------------------------------------

TEST_P(SessionServerTest, ThePeersCloseIsAnsweredBeforeTheEnd) {
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("last") + CloseFrame(4001, "bye"));
  EXPECT_EQ(client.ReadText(), "last");
  EXPECT_EQ(client.ReadClose(), 4001);
  EXPECT_TRUE(client.HasEndedWell());
  const auto end = handler.AwaitEnd();
  EXPECT_EQ(end.code, CloseCode{4001});
  EXPECT_EQ(end.reason, "bye");
}

TEST_P(SessionServerTest, ACloseWithoutCodeIsAnsweredWithNone) {
  Start();
  RawWebSocket client = Open();
  client.Write(Frame(kFin | 8, ""));
  EXPECT_EQ(client.ReadClose(), 0);
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kNoStatus);
}

TEST_P(SessionServerTest, OurCloseWaitsForThePeers) {
  handler.on_message = [](ws::Session& session, ws::Message) {
    EXPECT_TRUE(session.Close(CloseCode::kPolicyViolation, "enough").ok());
    EXPECT_FALSE(session.is_open());
    EXPECT_EQ(session.Send("late").code(), Error::kClosed);
    EXPECT_TRUE(session.Close().ok());
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("x"));
  const auto close = client.ReadFrame();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->code(), 1008U);
  EXPECT_EQ(close->payload.substr(2), "enough");
  client.Write(TextFrame("dropped") + Frame(kFin | 9, "no pong"));
  EXPECT_EQ(handler.closes(), 0U);
  client.Write(CloseFrame(1008));
  EXPECT_EQ(client.ReadRest(), "");
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kPolicyViolation);
  EXPECT_EQ(handler.messages().size(), 1U);
}

TEST_P(SessionServerTest, WhoDoesNotAnswerACloseIsLeft) {
  session_options.close_timeout = std::chrono::milliseconds(30);
  handler.on_connect = [](ws::Session& session) { session.Close(); };
  Start();
  RawWebSocket client = Open();
  EXPECT_EQ(client.ReadClose(), 1000);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
  EXPECT_EQ(client.ReadRest(), "");
}

TEST_P(SessionServerTest, WhoAnswersACloseAndReadsNothingIsLeft) {
  session_options.close_timeout = std::chrono::milliseconds(30);
  connection_options.close_timeout = {};
  handler.on_message = [](ws::Session& session, ws::Message) {
    const std::string text(100'000, 'x');
    while (session.output_size() < text.size()) session.Send(text);
    session.Close();
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("x") + CloseFrame(1000));
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kNormal);
}

TEST_P(SessionServerTest, WhatBreaksTheProtocolIsToldWhileClosing) {
  handler.on_connect = [](ws::Session& session) {
    session.Close(CloseCode{4001});
  };
  session_options.max_message_bytes = 1000;
  Start();
  const std::pair<std::string, CloseCode> cases[] = {
      {Frame(kFin | 3, "x"), CloseCode::kProtocolError},
      {TextFrame("\xc3\x28"), CloseCode::kInvalidPayload},
      {TextFrame(std::string(1001, 'x')), CloseCode::kTooBig},
  };
  std::size_t n = 0;
  for (const auto& [wire, code] : cases) {
    RawWebSocket client = Open();
    client.Write(wire);
    EXPECT_EQ(client.ReadClose(), 4001) << "case " << n;
    EXPECT_EQ(client.ReadRest(), "") << "case " << n;
    EXPECT_EQ(handler.AwaitEnd(++n).code, code);
    EXPECT_NE(handler.AwaitEnd(n).reason, "");
  }
}

TEST_P(SessionServerTest, BadCodesAndReasonsAreNotSent) {
  std::vector<Status> found;
  handler.on_message = [&](ws::Session& session, ws::Message message) {
    const ws::SessionHandle handle = session.handle();
    found = {session.Close(CloseCode::kAbnormal),
             session.Close(CloseCode::kNormal, "\xc3\x28"),
             handle.Close(CloseCode::kAbnormal),
             handle.Close(CloseCode::kNormal, "\xc3\x28")};
    EXPECT_TRUE(session.is_open());
    session.Send(message);
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("still here"));
  EXPECT_EQ(client.ReadText(), "still here");
  server.reset();
  for (const Status& status : found) {
    EXPECT_EQ(status.code(), Error::kInvalidArgument);
  }
  EXPECT_EQ(found.size(), 4U);
}

TEST_P(SessionServerTest, LongReasonsAreCutAtACharacter) {
  handler.on_connect = [](ws::Session& session) {
    std::string reason = "x";
    for (int i = 0; i < 100; ++i) reason += "\xc3\xa4";
    session.Close(CloseCode::kNormal, reason);
  };
  Start();
  RawWebSocket client = Open();
  const auto close = client.ReadFrame();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->payload.size(), 125U);
  EXPECT_EQ(close->payload.substr(123), "\xc3\xa4");
}

TEST_P(SessionServerTest, WhatBreaksTheProtocolIsClosedWithItsCode) {
  session_options.max_message_bytes = 1000;
  session_options.max_fragments = 3;
  Start();
  const std::string fragment = Frame(0, "x");
  const std::pair<std::string, int> cases[] = {
      {Frame(kFin | 1, "x", false), 1002},
      {Frame(kFin | 3, "x"), 1002},
      {Frame(kFin | 0x41, "x"), 1002},
      {Frame(kFin | 0, "x"), 1002},
      {Frame(1, "x") + TextFrame("y"), 1002},
      {Frame(9, "x"), 1002},
      {Frame(kFin | 9, std::string(126, 'x')), 1002},
      {CloseFrame(1005), 1002},
      {Frame(kFin | 8, "x"), 1002},
      {TextFrame("\xc3\x28"), 1007},
      {CloseFrame(1000, "\xff"), 1007},
      {TextFrame(std::string(1001, 'x')), 1009},
      {Frame(1, "x") + fragment + fragment + fragment, 1009},
  };
  std::size_t n = 0;
  for (const auto& [wire, code] : cases) {
    RawWebSocket client = Open();
    client.Write(wire + TextFrame("never"));
    EXPECT_EQ(client.ReadClose(), code) << "case " << n;
    EXPECT_TRUE(client.HasEndedWell()) << "case " << n;
    EXPECT_EQ(handler.AwaitEnd(++n).code,
              CloseCode{static_cast<std::uint16_t>(code)});
  }
  EXPECT_EQ(handler.messages().size(), 0U);
}

TEST_P(SessionServerTest, TheEndOfTheStreamAloneIsAbnormal) {
  Start();
  RawWebSocket client = Open();
  client.Take().Reset();
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
  test::Reset(Open().Take());
  EXPECT_EQ(handler.AwaitEnd(2).code, CloseCode::kAbnormal);
}

TEST_P(SessionServerTest, AnExceptionEndsItsSessionAlone) {
  const test::LogCapture log;
  handler.on_message = [](ws::Session& session, ws::Message message) {
    if (message.text() == "bad") throw std::runtime_error("no");
    session.Send(message);
  };
  Start();
  RawWebSocket good = Open();
  RawWebSocket bad = Open();
  bad.Write(TextFrame("bad"));
  EXPECT_EQ(bad.ReadClose(), 1011);
  EXPECT_TRUE(bad.HasEndedWell());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kInternalError);
  good.Write(TextFrame("good"));
  EXPECT_EQ(good.ReadText(), "good");
  EXPECT_EQ(server->stats().exception_count, 1U);
}

TEST_P(SessionServerTest, AbortEndsWithoutAClose) {
  handler.on_message = [](ws::Session& session, ws::Message) {
    session.Abort();
    EXPECT_FALSE(session.is_open());
  };
  Start();
  RawWebSocket client = Open();
  client.Write(TextFrame("x"));
  EXPECT_EQ(client.ReadRest(), "");
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionServerTest, AStopWithADrainSaysGoingAway) {
  Start(2);
  RawWebSocket clients[] = {Open(), Open(), Open()};
  server->Stop(test::kPatience);
  for (RawWebSocket& client : clients) {
    EXPECT_EQ(client.ReadClose(), 1001);
    client.Write(CloseFrame(1001));
    EXPECT_TRUE(client.HasEndedWell());
    client.Take().Reset();
  }
  EXPECT_TRUE(server->Wait().ok());
  EXPECT_EQ(handler.closes(), 3U);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kGoingAway);
}

TEST_P(SessionServerTest, AStopIsToldToSessionsThatCloseAlready) {
  handler.on_connect = [](ws::Session& session) {
    session.Close(CloseCode{4001});
  };
  Start();
  RawWebSocket client = Open();
  EXPECT_EQ(client.ReadClose(), 4001);
  server->Stop(test::kPatience);
  EXPECT_TRUE(client.HasEndedWell());
  EXPECT_TRUE(server->Wait().ok());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kGoingAway);
}

TEST_P(SessionServerTest, AStopWithoutADrainIsToldAsGoingAway) {
  Start();
  RawWebSocket client = Open();
  ASSERT_TRUE(handler.AwaitOpens(1));
  server->Stop();
  EXPECT_TRUE(server->Wait().ok());
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kGoingAway);
}

}  // namespace
}  // namespace eddy
