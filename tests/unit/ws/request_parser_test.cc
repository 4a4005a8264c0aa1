// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RequestParser tests: what a request says, what is refused, and when.

#include "ws/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "unit/ws/handshake_test.h"

namespace eddy::internal {
namespace {

using std::string_literals::operator""s;
using test::ExpectSameInAnyPieces;
using test::ParsedAtOnce;
using test::ParsedInPieces;
using test::PlainGet;
using test::ReadRequest;
using test::UpgradeWith;

// Expects `head` to be refused with `status`, in whatever pieces it comes.
void ExpectRefusal(int status, std::string_view head) {
  EXPECT_EQ(ParsedAtOnce(head), "refused " + std::to_string(status)) << head;
  ExpectSameInAnyPieces(head);
}

// Expects `bytes` to be refused with 400 at the last of them, not before.
void ExpectRefusedAtLast(std::string_view bytes) {
  EXPECT_EQ(ParsedAtOnce(bytes), "refused 400") << bytes;
  EXPECT_EQ(ParsedAtOnce(bytes.substr(0, bytes.size() - 1)), "more") << bytes;
}

bool IsUpgrade(std::string_view head) {
  ws::Request request;
  ReadRequest(head, request);
  return request.is_upgrade();
}

// Path, query and target of a request for `target`.
std::string PartsOf(std::string_view target) {
  ws::Request request;
  ReadRequest(PlainGet(target), request);
  return std::string(request.path()) + " " + std::string(request.query()) +
         " " + std::string(request.target());
}

TEST(RequestParserTest, ReadsAnUpgrade) {
  ws::Request request;
  ReadRequest(UpgradeWith("Origin: http://a.b\r\nCookie:\t x=y ; z \t\r\n"
                          "cookie: second\r\n"),
              request);
  EXPECT_EQ(request.method(), "GET");
  EXPECT_EQ(request.target(), "/chat?room=1");
  EXPECT_EQ(request.path(), "/chat");
  EXPECT_EQ(request.query(), "room=1");
  EXPECT_EQ(request.host(), "example.com");
  EXPECT_EQ(request.origin(), "http://a.b");
  EXPECT_EQ(request.Header("COOKIE"), "x=y ; z");
  EXPECT_EQ(request.Header("Cooki"), std::nullopt);
  EXPECT_EQ(request.headers().size(), 8U);
  EXPECT_EQ(request.headers()[7].name, "cookie");
  EXPECT_EQ(request.headers()[7].value, "second");
  EXPECT_TRUE(request.is_upgrade());
  EXPECT_TRUE(request.subprotocols().empty());
}

TEST(RequestParserTest, ReadsAPlainRequest) {
  ws::Request request;
  ReadRequest("HEAD / HTTP/1.1\r\nHost: a\r\nEmpty:\r\n\r\n", request);
  EXPECT_EQ(request.method(), "HEAD");
  EXPECT_EQ(request.query(), "");
  EXPECT_EQ(request.origin(), "");
  EXPECT_EQ(request.Header("empty"), "");
  EXPECT_FALSE(request.is_upgrade());
}

TEST(RequestParserTest, AnEmptyHostIsOne) {
  ws::Request request;
  ReadRequest("GET / HTTP/1.1\r\nHost:\r\n\r\n", request);
  EXPECT_EQ(request.host(), "");
}

TEST(RequestParserTest, TakesTheHeadAndNothingOfWhatFollows) {
  const std::string head = UpgradeWith();
  RingBuffer input;
  input.Append(head + "\x81\x80\r\n\r\n");
  RequestParser parser(8192);
  ws::Request request;
  EXPECT_EQ(parser.Parse(input, request), RequestParser::Progress::kDone);
  EXPECT_EQ(input.ToString(), "\x81\x80\r\n\r\n");
  EXPECT_EQ(request.path(), "/chat");
}

TEST(RequestParserTest, ReadsTheSameInAnyPieces) {
  ExpectSameInAnyPieces(UpgradeWith("Sec-WebSocket-Protocol: a, b\r\n"
                                    "X: \x80\xFF\r\n") +
                        "\x81\x05hello");
  ExpectSameInAnyPieces("\r\n\r\n" + PlainGet("/a?b") + "GET / HTTP/1.1\r\n");
  ExpectSameInAnyPieces(PlainGet("http://example.com"));
  ExpectSameInAnyPieces(UpgradeWith("\x01"));
  ExpectSameInAnyPieces(UpgradeWith(), 100);
  ExpectSameInAnyPieces(UpgradeWith(), 12);
  ExpectSameInAnyPieces(UpgradeWith(), UpgradeWith().size());
  ExpectSameInAnyPieces(UpgradeWith().substr(0, 100));
}

TEST(RequestParserTest, ToleratesEmptyLinesBeforeTheRequest) {
  const std::string head = PlainGet();
  EXPECT_EQ(ParsedAtOnce("\r\n" + head), ParsedAtOnce(head));
  EXPECT_EQ(ParsedAtOnce("\r\n\r\n" + head), ParsedAtOnce(head));
  EXPECT_EQ(ParsedAtOnce("\r\n" + head, head.size() + 1), "refused 431");
  EXPECT_EQ(ParsedAtOnce("\r\n\r\n\r\n", 6), "refused 414");
  ExpectRefusedAtLast("\n");
  ExpectRefusedAtLast("\r\r");
}

TEST(RequestParserTest, RefusesGarbageAtTheFirstByteThatShowsIt) {
  ExpectRefusedAtLast("\x16");  // of TLS
  ExpectRefusedAtLast("\0"s);
  ExpectRefusedAtLast(" ");
  ExpectRefusedAtLast("GET\t");
  ExpectRefusedAtLast("GET\r");
  ExpectRefusedAtLast("G\x80");
  ExpectRefusedAtLast("GET  ");
  ExpectRefusedAtLast("GET \r");
  ExpectRefusedAtLast("GET /#");
  ExpectRefusedAtLast("GET /\x7F");
  ExpectRefusedAtLast("GET /\xC3");
  ExpectRefusedAtLast("GET /\t");
  ExpectRefusedAtLast("GET /\r");  // as HTTP/0.9 would
  ExpectRefusedAtLast("GET / h");
  ExpectRefusedAtLast("GET / HTTP/1.x");
  ExpectRefusedAtLast("GET / HTTP/11");
  ExpectRefusedAtLast("GET / HTTP/1.1 ");
  ExpectRefusedAtLast("GET / HTTP/1.11");
  ExpectRefusedAtLast("GET / HTTP/1.1\n");
  ExpectRefusedAtLast("GET / HTTP/1.1\r\r");
}

TEST(RequestParserTest, RefusesMalformedHeadersAtTheFirstByteThatShowsIt) {
  const std::string line = "GET / HTTP/1.1\r\n";
  ExpectRefusedAtLast(line + " ");
  ExpectRefusedAtLast(line + "\n");
  ExpectRefusedAtLast(line + ":");
  ExpectRefusedAtLast(line + "Host ");
  ExpectRefusedAtLast(line + "Ho\t");
  ExpectRefusedAtLast(line + "Ho\xC3");
  ExpectRefusedAtLast(line + "Host\r");
  ExpectRefusedAtLast(line + "Host: a\n");
  ExpectRefusedAtLast(line + "Host: a\r ");
  ExpectRefusedAtLast(line + "Host: a\0"s);
  ExpectRefusedAtLast(line + "Host: a\x1B");
  ExpectRefusedAtLast(line + "Host: a\x7F");
  ExpectRefusedAtLast(line + "Host: a\r\n ");   // goes on in another line
  ExpectRefusedAtLast(line + "Host: a\r\n\t");  // the same
  ExpectRefusedAtLast(line + "Host: a\r\n\rx");
}

TEST(RequestParserTest, RefusesOtherMethods) {
  ExpectRefusal(405, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  ExpectRefusal(405, "get / HTTP/1.1\r\nHost: a\r\n\r\n");
  ExpectRefusal(405, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  ExpectRefusal(405, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n");
}

TEST(RequestParserTest, RefusesToUpgradeOtherMethodsThanGet) {
  ExpectRefusal(405, "HEAD" + UpgradeWith().substr(3));
}

TEST(RequestParserTest, RefusesOtherVersions) {
  ExpectRefusal(505, "GET / HTTP/1.0\r\n\r\n");
  ExpectRefusal(505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n");
  ExpectRefusal(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

TEST(RequestParserTest, RefusesALineThatIsTooLong) {
  const std::string head = "GET /12345 HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(ParsedAtOnce(head, 20), "refused 414");
  EXPECT_EQ(ParsedAtOnce(head, 21), "refused 431");
  EXPECT_EQ(ParsedAtOnce(head.substr(0, 19), 20), "more");
  EXPECT_EQ(ParsedAtOnce(std::string(20, 'A'), 20), "refused 414");
}

TEST(RequestParserTest, RefusesAHeadThatIsTooLong) {
  const std::string head = UpgradeWith();
  EXPECT_EQ(ParsedAtOnce(head + "x", head.size() - 1), "refused 431");
  EXPECT_TRUE(
      ParsedAtOnce(head + "x", head.size()).starts_with("done GET|/chat"));
}

TEST(RequestParserTest, RefusesTooManyHeaders) {
  std::string lines;
  for (int i = 1; i < 100; ++i) lines += "X: y\r\n";
  ws::Request request;
  ReadRequest(PlainGet("/", lines), request);
  EXPECT_EQ(request.headers().size(), 100U);
  ExpectRefusal(431, PlainGet("/", lines + "X: y\r\n"));
}

TEST(RequestParserTest, RefusesWithoutOneRightHost) {
  ExpectRefusal(400, "GET / HTTP/1.1\r\n\r\n");
  ExpectRefusal(400, PlainGet("/", "host: example.com\r\n"));
  for (const std::string host :
       {"a b", "a/b", "a@b", "a,b\"", "a\x80", "a?b", "a\\"}) {
    EXPECT_EQ(ParsedAtOnce("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"),
              "refused 400")
        << host;
  }
}

TEST(RequestParserTest, RefusesBodies) {
  ExpectRefusal(400, PlainGet("/", "Content-Length: 1\r\n"));
  ExpectRefusal(400,
                PlainGet("/", "Content-Length: 0\r\ncontent-length: 4\r\n"));
  ExpectRefusal(400, PlainGet("/", "Content-Length: x\r\n"));
  ExpectRefusal(400, PlainGet("/", "Transfer-Encoding: chunked\r\n"));
  ExpectRefusal(400, UpgradeWith("Content-Length: 12\r\n"));
  EXPECT_TRUE(IsUpgrade(UpgradeWith("Content-Length: 0\r\n")));
}

TEST(RequestParserTest, TakesTargetsToPieces) {
  EXPECT_EQ(PartsOf("/"), "/  /");
  EXPECT_EQ(PartsOf("/a%20b//c"), "/a%20b//c  /a%20b//c");
  EXPECT_EQ(PartsOf("/a?"), "/a  /a?");
  EXPECT_EQ(PartsOf("/a?b?c=/d"), "/a b?c=/d /a?b?c=/d");
  EXPECT_EQ(PartsOf("//a"), "//a  //a");
}

TEST(RequestParserTest, TakesAbsoluteTargets) {
  EXPECT_EQ(PartsOf("http://example.com/a?b"), "/a b /a?b");
  EXPECT_EQ(PartsOf("HTTPS://EXAMPLE.com/a"), "/a  /a");
  EXPECT_EQ(PartsOf("http://example.com"), "/  /");
  EXPECT_EQ(PartsOf("http://example.com?b=/c"), "/ b=/c /?b=/c");
}

TEST(RequestParserTest, RefusesOtherTargets) {
  for (const auto target :
       {"*", "a", "example.com:80", "?a", "ftp://example.com/", "http:/a",
        "http://", "http:///a", "http://?a", "http://example.org/",
        "http://me@example.com/", "http://example.com:80/"}) {
    EXPECT_EQ(ParsedAtOnce(PlainGet(target)), "refused 400") << target;
  }
}

TEST(RequestParserTest, FindsTheUpgradeInLists) {
  const std::string rest = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                           std::string(test::kRfcKey) + "\r\n";
  const auto get = [&rest](std::string_view lines) {
    return PlainGet("/", std::string(lines) + rest);
  };
  EXPECT_TRUE(IsUpgrade(get("upgrade: WebSocket\r\nconnection: UPGRADE\r\n")));
  EXPECT_TRUE(
      IsUpgrade(get("Connection: keep-alive\r\nUpgrade: h2c, "
                    "websocket\r\nConnection: ,\tupgrade ,\r\n")));
  EXPECT_FALSE(IsUpgrade(get("")));
  EXPECT_FALSE(IsUpgrade(get("Upgrade: websocket\r\n")));
  EXPECT_FALSE(IsUpgrade(get("Connection: upgrade\r\n")));
  EXPECT_FALSE(IsUpgrade(get("Connection: upgrade\r\nUpgrade: h2c\r\n")));
  EXPECT_FALSE(
      IsUpgrade(get("Upgrade: websocket\r\nConnection: not-upgrade\r\n")));
  EXPECT_FALSE(
      IsUpgrade(get("Upgrade: websocket2\r\nConnection: upgrade\r\n")));
}

TEST(RequestParserTest, APlainRequestMayHaveAnyWebSocketHeaders) {
  EXPECT_FALSE(IsUpgrade(PlainGet("/",
                                  "Sec-WebSocket-Key: x\r\n"
                                  "Sec-WebSocket-Protocol: a, a\r\n")));
}

// An upgrade with these lines for the key and the version.
std::string UpgradeBy(std::string_view lines) {
  return PlainGet("/", "Upgrade: websocket\r\nConnection: upgrade\r\n" +
                           std::string(lines));
}

TEST(RequestParserTest, RefusesAKeyThatIsNone) {
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  ExpectRefusal(400, UpgradeBy(version));
  for (const auto key :
       {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25jZ-==",
        "dGhlIHNhbXBsZSBub25j ==", "dGhlIHNhbXBsZSBub25j==Q="}) {
    EXPECT_EQ(
        ParsedAtOnce(UpgradeBy(version + "Sec-WebSocket-Key: " + key + "\r\n")),
        "refused 400")
        << key;
  }
  ExpectRefusal(
      400,
      UpgradeWith("Sec-WebSocket-Key: " + std::string(test::kRfcKey) + "\r\n"));
}

TEST(RequestParserTest, TakesTheKeyOfTheRfcWithBitsToSpare) {
  EXPECT_TRUE(
      IsUpgrade(UpgradeBy("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n"
                          "Sec-WebSocket-Version: 13\r\n")));
}

TEST(RequestParserTest, RefusesOtherVersionsOfWebSocket) {
  const std::string key =
      "Sec-WebSocket-Key: " + std::string(test::kRfcKey) + "\r\n";
  ExpectRefusal(426, UpgradeBy(key));
  ExpectRefusal(426, UpgradeBy("Sec-WebSocket-Version: 8\r\n"));
  ExpectRefusal(426, UpgradeBy(key + "Sec-WebSocket-Version: 013\r\n"));
  ExpectRefusal(426, UpgradeBy(key + "Sec-WebSocket-Version: 13, 8\r\n"));
  ExpectRefusal(400, UpgradeWith("Sec-WebSocket-Version: 13\r\n"));
}

TEST(RequestParserTest, ListsSubprotocolsOfAllHeadersInOrder) {
  ws::Request request;
  ReadRequest(UpgradeWith("Sec-WebSocket-Protocol: b,, a\r\n"
                          "sec-websocket-protocol: \r\n"
                          "sec-websocket-protocol: B\r\n"),
              request);
  ASSERT_EQ(request.subprotocols().size(), 3U);
  EXPECT_EQ(request.subprotocols()[0], "b");
  EXPECT_EQ(request.subprotocols()[1], "a");
  EXPECT_EQ(request.subprotocols()[2], "B");
}

TEST(RequestParserTest, RefusesSubprotocolsThatCanNotBe) {
  for (const auto list : {"", ",", "a b", "a/b", "a, b, a", "\"a\"", "a;b"}) {
    EXPECT_EQ(
        ParsedAtOnce(UpgradeWith("Sec-WebSocket-Protocol: "s + list + "\r\n")),
        "refused 400")
        << list;
  }
  ExpectRefusal(400, UpgradeWith("Sec-WebSocket-Protocol: a\r\n"
                                 "Sec-WebSocket-Protocol: a\r\n"));
}

// With a scan from the front for each byte this would take minutes.
TEST(RequestParserTest, LooksAtEachByteOnce) {
  constexpr std::size_t kBytes = 400'000;
  const std::string head =
      PlainGet("/", "X: " + std::string(kBytes, 'x') + "\r\n");
  EXPECT_TRUE(
      ParsedInPieces(head, 1, 1, 2 * kBytes).starts_with("done GET|/|"));
}

TEST(RequestParserTest, SaysTheSameOfGarbageInAnyPieces) {
  std::mt19937 random(1);
  const std::string base = UpgradeWith("Sec-WebSocket-Protocol: a, b\r\n");
  const std::string bytes = "\r\n\r\n :;,\tA/?#=\"\\\0\x7F\x80\xFF"s;
  int done = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string head = base;
    const auto changes = random() % 3;
    for (unsigned i = 0; i <= changes; ++i) {
      const std::size_t at = random() % head.size();
      const char byte = bytes[random() % bytes.size()];
      if (random() % 2 == 0) {
        head[at] = byte;
      } else {
        head.insert(at, 1, byte);
      }
    }
    const std::size_t limit = base.size() / 2 + random() % base.size();
    const std::string whole = ParsedAtOnce(head, limit);
    if (whole.starts_with("done")) ++done;
    ASSERT_EQ(ParsedInPieces(head, 1, 1, limit), whole) << head;
    ASSERT_EQ(ParsedInPieces(head, 1 + random() % head.size(), 7, limit), whole)
        << head;
  }
  EXPECT_GT(done, 100);
}

}  // namespace
}  // namespace eddy::internal
