// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Response tests: what a handler may answer.

#include "eddy/ws/response.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace eddy::ws {
namespace {

using std::string_literals::operator""s;

TEST(WsResponseTest, AcceptsUntilToldOtherwise) {
  Response response;
  EXPECT_TRUE(response.is_accepted());
  EXPECT_EQ(response.status(), 0);
  EXPECT_EQ(response.subprotocol(), "");
}

TEST(WsResponseTest, TheLastOfAcceptAndAnswerCounts) {
  Response response;
  response.Accept("chat");
  EXPECT_EQ(response.subprotocol(), "chat");
  response.Answer(403, "no", "text/html");
  EXPECT_FALSE(response.is_accepted());
  EXPECT_EQ(response.status(), 403);
  EXPECT_EQ(response.body(), "no");
  EXPECT_EQ(response.content_type(), "text/html");
  EXPECT_EQ(response.subprotocol(), "");
  response.Accept();
  EXPECT_TRUE(response.is_accepted());
  EXPECT_EQ(response.body(), "");
}

TEST(WsResponseTest, AddsHeadersInOrder) {
  Response response;
  EXPECT_TRUE(response.AddHeader("Set-Cookie", "a=b").ok());
  EXPECT_TRUE(response.AddHeader("Set-Cookie", "\tc=\x80 d").ok());
  EXPECT_TRUE(response.AddHeader("X", "").ok());
  ASSERT_EQ(response.headers().size(), 3U);
  EXPECT_EQ(response.headers()[0].name, "Set-Cookie");
  EXPECT_EQ(response.headers()[0].value, "a=b");
  EXPECT_EQ(response.headers()[1].value, "\tc=\x80 d");
}

TEST(WsResponseTest, RefusesNamesThatAreNoTokens) {
  Response response;
  for (const auto& name : {""s, "a b"s, "a:"s, "a\r\nb"s, "a\0"s, "\xC3"s}) {
    EXPECT_EQ(response.AddHeader(name, "x"), Error::kInvalidArgument) << name;
  }
  EXPECT_TRUE(response.headers().empty());
}

TEST(WsResponseTest, RefusesValuesThatWouldSplitTheResponse) {
  Response response;
  for (const auto& value :
       {"a\r\nb: c"s, "a\n"s, "\ra"s, "a\0"s, "\x1F"s, "\x7F"s}) {
    EXPECT_EQ(response.AddHeader("X", value), Error::kInvalidArgument) << value;
  }
  EXPECT_TRUE(response.headers().empty());
}

TEST(WsResponseTest, RefusesHeadersThatAreTheLibrarys) {
  Response response;
  for (const auto name :
       {"Connection", "upgrade", "Content-Length", "content-type",
        "TRANSFER-ENCODING", "Sec-WebSocket-Accept", "sec-websocket-",
        "Sec-WebSocket-Anything"}) {
    EXPECT_EQ(response.AddHeader(name, "x"), Error::kInvalidArgument) << name;
  }
  EXPECT_TRUE(response.AddHeader("Sec-WebSocket", "x").ok());
  EXPECT_TRUE(response.AddHeader("Connections", "x").ok());
}

TEST(WsResponseTest, SendsNoContentTypeThatWouldSplitTheResponse) {
  Response response;
  response.Answer(200, "x", "text/html\r\nSet-Cookie: a=b");
  EXPECT_EQ(response.content_type(), "");
  EXPECT_EQ(response.status(), 200);
}

TEST(WsResponseDeathTest, RefusesStatusesThatAreNotFinal) {
  Response response;
  EXPECT_DEATH(response.Answer(101), "200 to 599");
  EXPECT_DEATH(response.Answer(600), "200 to 599");
}

}  // namespace
}  // namespace eddy::ws
