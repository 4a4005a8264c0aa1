// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerHandshake tests: the bytes of answers.

#include "ws/server_handshake.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "unit/ws/handshake_test.h"

namespace eddy::internal {
namespace {

using test::PlainGet;
using test::ReadRequest;
using test::UpgradeWith;

HandshakeReply ReplyTo(
    std::string_view head, const ws::Response& response,
    const std::optional<ws::DeflateOptions>& deflate = std::nullopt) {
  ws::Request request;
  ReadRequest(head, request);
  return MakeReply(request, response, deflate);
}

bool HasLine(const std::string& bytes, const std::string& line) {
  return bytes.find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST(ServerHandshakeTest, AcceptsTheExampleOfTheRfc) {
  const auto reply = ReplyTo(UpgradeWith(), ws::Response());
  EXPECT_TRUE(reply.is_accepted);
  EXPECT_EQ(reply.bytes,
            "HTTP/1.1 101 Switching Protocols\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_FALSE(reply.deflate);
  EXPECT_EQ(reply.subprotocol, "");
}

TEST(ServerHandshakeTest, AcceptsOneSubprotocolOfThoseOffered) {
  ws::Response response;
  response.Accept("chat");
  ASSERT_TRUE(response.AddHeader("X-Id", "7").ok());
  const auto reply =
      ReplyTo(UpgradeWith("Sec-WebSocket-Protocol: soap, chat\r\n"), response);
  EXPECT_TRUE(reply.is_accepted);
  EXPECT_EQ(reply.subprotocol, "chat");
  EXPECT_TRUE(HasLine(reply.bytes, "Sec-WebSocket-Protocol: chat"));
  EXPECT_TRUE(HasLine(reply.bytes, "X-Id: 7"));
  EXPECT_TRUE(reply.bytes.ends_with("\r\n\r\n"));
}

TEST(ServerHandshakeTest, ASubprotocolThatWasNotOfferedIsAFault) {
  ws::Response response;
  response.Accept("Chat");
  const auto reply =
      ReplyTo(UpgradeWith("Sec-WebSocket-Protocol: chat\r\n"), response);
  EXPECT_FALSE(reply.is_accepted);
  EXPECT_EQ(reply.subprotocol, "");
  EXPECT_EQ(reply.bytes, MakeRefusal(500));
}

TEST(ServerHandshakeTest, AgreesOnDeflate) {
  const std::string head = UpgradeWith(
      "Sec-WebSocket-Extensions: permessage-deflate; "
      "client_max_window_bits\r\n");
  const auto reply = ReplyTo(head, ws::Response(), ws::DeflateOptions());
  EXPECT_TRUE(reply.is_accepted);
  EXPECT_TRUE(HasLine(reply.bytes,
                      "Sec-WebSocket-Extensions: permessage-deflate; "
                      "server_no_context_takeover; "
                      "client_no_context_takeover"));
  EXPECT_EQ(reply.deflate, DeflateAgreement());
  EXPECT_FALSE(ReplyTo(head, ws::Response()).deflate);
}

TEST(ServerHandshakeTest, DeclinesDeflateInSilence) {
  const auto reply = ReplyTo(
      UpgradeWith("Sec-WebSocket-Extensions: permessage-deflate; x\r\n"),
      ws::Response(), ws::DeflateOptions());
  EXPECT_TRUE(reply.is_accepted);
  EXPECT_FALSE(reply.deflate);
  EXPECT_EQ(reply.bytes.find("Extensions"), std::string::npos);
}

TEST(ServerHandshakeTest, RefusesMalformedExtensions) {
  const auto reply = ReplyTo(UpgradeWith("Sec-WebSocket-Extensions: a;\r\n"),
                             ws::Response(), ws::DeflateOptions());
  EXPECT_FALSE(reply.is_accepted);
  EXPECT_EQ(reply.bytes, MakeRefusal(400));
}

TEST(ServerHandshakeTest, APlainRequestIsToldToUpgrade) {
  const auto reply = ReplyTo(PlainGet(), ws::Response());
  EXPECT_FALSE(reply.is_accepted);
  EXPECT_EQ(reply.bytes, MakeRefusal(426));
}

TEST(ServerHandshakeTest, APlainRequestIsToldToUpgradeWithTheHandlersHeaders) {
  ws::Response response;
  ASSERT_TRUE(response.AddHeader("X", "y").ok());
  const auto reply = ReplyTo(PlainGet(), response);
  EXPECT_TRUE(reply.bytes.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  EXPECT_TRUE(HasLine(reply.bytes, "X: y"));
}

TEST(ServerHandshakeTest, AnswersWithAPage) {
  ws::Response response;
  response.Answer(200, "<p>hi", "text/html");
  ASSERT_TRUE(response.AddHeader("ETag", "\"1\"").ok());
  const auto reply = ReplyTo(PlainGet(), response);
  EXPECT_FALSE(reply.is_accepted);
  EXPECT_EQ(reply.bytes,
            "HTTP/1.1 200 OK\r\n"
            "Connection: close\r\n"
            "Content-Length: 5\r\n"
            "Content-Type: text/html\r\n"
            "ETag: \"1\"\r\n\r\n"
            "<p>hi");
}

TEST(ServerHandshakeTest, RejectsAnUpgrade) {
  ws::Response response;
  response.Accept("chat");
  response.Answer(403);
  const auto reply =
      ReplyTo(UpgradeWith("Sec-WebSocket-Protocol: chat\r\n"
                          "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
              response, ws::DeflateOptions());
  EXPECT_FALSE(reply.is_accepted);
  EXPECT_FALSE(reply.deflate);
  EXPECT_EQ(reply.bytes,
            "HTTP/1.1 403 Forbidden\r\n"
            "Connection: close\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(ServerHandshakeTest, HeadGetsNoBody) {
  ws::Response response;
  response.Answer(404, "gone");
  const std::string head = "HEAD" + PlainGet().substr(3);
  EXPECT_EQ(ReplyTo(head, response).bytes,
            "HTTP/1.1 404 Not Found\r\n"
            "Connection: close\r\n"
            "Content-Length: 4\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n");
  EXPECT_TRUE(ReplyTo(head, ws::Response()).bytes.ends_with("\r\n\r\n"));
}

TEST(ServerHandshakeTest, SomeStatusesHaveNoBody) {
  for (const int status : {204, 304}) {
    ws::Response response;
    response.Answer(status, "body");
    const std::string bytes = ReplyTo(PlainGet(), response).bytes;
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n")) << bytes;
    EXPECT_EQ(bytes.find("Content-"), std::string::npos) << bytes;
  }
}

TEST(ServerHandshakeTest, AnUnknownStatusHasNoReason) {
  ws::Response response;
  response.Answer(599, "x");
  EXPECT_TRUE(ReplyTo(PlainGet(), response)
                  .bytes.starts_with("HTTP/1.1 599 \r\nConnection: close\r\n"));
}

TEST(ServerHandshakeTest, TheHandlersMethodsCount) {
  ws::Response response;
  response.Answer(405);
  EXPECT_TRUE(HasLine(ReplyTo(PlainGet(), response).bytes, "Allow: GET, HEAD"));
  ASSERT_TRUE(response.AddHeader("allow", "GET").ok());
  const std::string bytes = ReplyTo(PlainGet(), response).bytes;
  EXPECT_TRUE(HasLine(bytes, "allow: GET"));
  EXPECT_FALSE(HasLine(bytes, "Allow: GET, HEAD"));
}

TEST(ServerHandshakeTest, ARefusalSaysWhatItIs) {
  EXPECT_EQ(MakeRefusal(400),
            "HTTP/1.1 400 Bad Request\r\n"
            "Connection: close\r\n"
            "Content-Length: 11\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n"
            "Bad Request");
  EXPECT_TRUE(HasLine(MakeRefusal(405), "Allow: GET, HEAD"));
  const std::string upgrade = MakeRefusal(426);
  EXPECT_TRUE(upgrade.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  EXPECT_TRUE(HasLine(upgrade, "Connection: close, Upgrade"));
  EXPECT_TRUE(HasLine(upgrade, "Upgrade: websocket"));
  EXPECT_TRUE(HasLine(upgrade, "Sec-WebSocket-Version: 13"));
  EXPECT_TRUE(MakeRefusal(503).ends_with("\r\n\r\nService Unavailable"));
}

TEST(ServerHandshakeTest, EveryRefusalOfAParserHasAReason) {
  for (const int status : {400, 405, 408, 414, 426, 431, 500, 503, 505}) {
    const std::string bytes = MakeRefusal(status);
    const std::string first = "HTTP/1.1 " + std::to_string(status) + " ";
    ASSERT_TRUE(bytes.starts_with(first)) << bytes;
    EXPECT_NE(bytes[first.size()], '\r') << bytes;
  }
}

}  // namespace
}  // namespace eddy::internal
