// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientHandshake tests: requests, and which answers open a session.

#include "ws/client_handshake.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/ws/handshake_test.h"
#include "ws/handshake_key.h"
#include "ws/server_handshake.h"

namespace eddy::internal {
namespace {

using std::string_literals::operator""s;
using test::kRfcAccept;
using test::kRfcKey;

const std::vector<std::string> kOffered = {"chat", "soap"};
constexpr ws::DeflateOptions kOfferedDeflate = {.server_keeps_context = true};

ClientHandshake NewHandshake(std::size_t max_head_bytes = 8192) {
  return ClientHandshake(std::string(kRfcKey), kOffered, kOfferedDeflate,
                         max_head_bytes, "10.0.0.1:80");
}

// An answer that opens a session, with further lines.
std::string OpeningAnswer(std::string_view lines = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\n"
         "Upgrade: websocket\r\n"
         "Connection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         std::string(kRfcAccept) + "\r\n" + std::string(lines) + "\r\n";
}

// "more", "open" and what it is and what is left, or why it failed, of `bytes`
// in pieces of `piece`, the first of `first`.
std::string ReadInPieces(std::string_view bytes, std::size_t first,
                         std::size_t piece, std::size_t max_head_bytes = 8192) {
  using Progress = ClientHandshake::Progress;
  ClientHandshake handshake = NewHandshake(max_head_bytes);
  RingBuffer input;
  std::size_t fed = 0;
  do {
    const std::size_t next =
        std::min(fed == 0 ? first : piece, bytes.size() - fed);
    input.Append(bytes.substr(fed, next));
    fed += next;
    switch (handshake.Read(input)) {
      case Progress::kMore:
        // Interim responses are.
        if (bytes.substr(0, 10) != "HTTP/1.1 1" ||
            bytes.substr(9, 3) == "101") {
          EXPECT_EQ(input.size(), fed) << "input was consumed";
        }
        EXPECT_TRUE(handshake.failure().ok());
        break;
      case Progress::kFailed:
        EXPECT_EQ(handshake.failure(), Error::kProtocol);
        EXPECT_EQ(handshake.Read(input), Progress::kFailed);
        return handshake.failure().message();
      case Progress::kOpen:
        EXPECT_TRUE(handshake.failure().ok());
        return "open " + handshake.subprotocol() +
               (handshake.deflate() ? " deflate " : " ") + input.ToString() +
               std::string(bytes.substr(fed));
    }
  } while (fed < bytes.size());
  return "more";
}

std::string ReadAtOnce(std::string_view bytes,
                       std::size_t max_head_bytes = 8192) {
  return ReadInPieces(bytes, bytes.size(), 1, max_head_bytes);
}

// Expects `bytes` to fail with "10.0.0.1:80 WHY: protocol error".
void ExpectFailure(std::string_view bytes, const std::string& why) {
  EXPECT_EQ(ReadAtOnce(bytes), "10.0.0.1:80 " + why + ": protocol error")
      << bytes;
}

TEST(ClientHandshakeTest, InterimResponsesAreSkipped) {
  const std::string interim =
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
  const std::string bytes = interim + OpeningAnswer() + "rest";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(ReadInPieces(bytes, piece, piece), "open  rest") << piece;
  }
  ExpectFailure(interim + "HTTP/1.1 404 Not Found\r\n\r\n",
                "answered 404 Not Found");
  EXPECT_EQ(ReadAtOnce(interim), "more");
  // All of them together have the room of one.
  const std::string all = interim + OpeningAnswer();
  EXPECT_EQ(ReadAtOnce(all, all.size()), "open  ");
  EXPECT_EQ(ReadAtOnce(all, all.size() - 1),
            "10.0.0.1:80 answered with a head of more than " +
                std::to_string(all.size() - 1) + " bytes: protocol error");
  EXPECT_EQ(ReadAtOnce(all, interim.size()),
            "10.0.0.1:80 answered with a head of more than " +
                std::to_string(interim.size()) + " bytes: protocol error");
}

TEST(ClientHandshakeTest, InterimResponsesDoNotComeForEver) {
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(ReadAtOnce(bytes + OpeningAnswer()), "open  ");
  ExpectFailure(bytes + "HTTP/1.1 102\r\n\r\n" + OpeningAnswer(),
                "answered with more than 16 interim responses");
}

TEST(HandshakeKeyTest, AnswersAsInTheRfc) {
  EXPECT_EQ(AcceptKey(kRfcKey), kRfcAccept);
}

TEST(HandshakeKeyTest, IsAnotherEachTime) {
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    const std::string key = ClientHandshake::MakeKey();
    EXPECT_TRUE(IsHandshakeKey(key)) << key;
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 100U);
}

TEST(ClientHandshakeTest, AsksForAnUpgrade) {
  const ClientHandshake handshake("dGhlIHNhbXBsZSBub25jZQ==", {}, std::nullopt,
                                  8192);
  const Url url = {
      .address = "1.2.3.4:81", .host = "1.2.3.4:81", .target = "/a?b"};
  EXPECT_EQ(handshake.MakeRequest(url, {}),
            "GET /a?b HTTP/1.1\r\n"
            "Host: 1.2.3.4:81\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n");
}

TEST(ClientHandshakeTest, OffersWhatItWasGiven) {
  const std::vector<ws::HeaderField> headers = {{"Origin", "http://a"},
                                                {"Cookie", "b=c"}};
  const std::string request = NewHandshake().MakeRequest({}, headers);
  EXPECT_TRUE(
      request.ends_with("Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Protocol: chat, soap\r\n"
                        "Sec-WebSocket-Extensions: permessage-deflate; "
                        "client_no_context_takeover; client_max_window_bits\r\n"
                        "Origin: http://a\r\n"
                        "Cookie: b=c\r\n\r\n"))
      << request;
}

TEST(ClientHandshakeTest, RefusesSubprotocolsThatCanNotBeSent) {
  using Names = std::vector<std::string>;
  EXPECT_TRUE(CheckRequestParts(kOffered, {}).ok());
  EXPECT_EQ(CheckRequestParts(Names{""}, {}), Error::kInvalidArgument);
  EXPECT_EQ(CheckRequestParts(Names{"a,b"}, {}), Error::kInvalidArgument);
  EXPECT_EQ(CheckRequestParts(Names{"a\r\nb"}, {}), Error::kInvalidArgument);
  EXPECT_EQ(CheckRequestParts(Names{"a", "b", "a"}, {}),
            Error::kInvalidArgument);
}

TEST(ClientHandshakeTest, RefusesHeadersThatCanNotBeSent) {
  const auto check = [](std::string name, std::string value) {
    const ws::HeaderField field = {std::move(name), std::move(value)};
    return CheckRequestParts({}, {&field, 1});
  };
  EXPECT_TRUE(check("Authorization", "Basic \xC3").ok());
  EXPECT_EQ(check("host", "a"), Error::kInvalidArgument);
  EXPECT_EQ(check("Upgrade", "a"), Error::kInvalidArgument);
  EXPECT_EQ(check("sec-websocket-key", "a"), Error::kInvalidArgument);
  EXPECT_EQ(check("Content-Length", "5"), Error::kInvalidArgument);
  EXPECT_EQ(check("X y", "a"), Error::kInvalidArgument);
  EXPECT_EQ(check("X", "a\r\nb: c"), Error::kInvalidArgument);
  EXPECT_EQ(check("X", "a\0"s), Error::kInvalidArgument);
}

TEST(ClientHandshakeTest, OpensAndLeavesWhatFollows) {
  EXPECT_EQ(ReadAtOnce(OpeningAnswer() + "\x81\x02hi\r\n\r\n"),
            "open  \x81\x02hi\r\n\r\n");
}

TEST(ClientHandshakeTest, TakesWhatTheServerChooses) {
  EXPECT_EQ(ReadAtOnce(OpeningAnswer("Sec-WebSocket-Protocol: soap\r\n")),
            "open soap ");
  EXPECT_EQ(ReadAtOnce(OpeningAnswer(
                "Sec-WebSocket-Extensions: permessage-deflate\r\n")),
            "open  deflate ");
}

TEST(ClientHandshakeTest, TakesHeadersInAnyCase) {
  EXPECT_EQ(ReadAtOnce("HTTP/1.1 101\r\nUPGRADE: WebSocket\r\n"
                       "connection: keep-alive,upgrade\r\n"
                       "SEC-websocket-ACCEPT:" +
                       std::string(kRfcAccept) + "\r\n\r\n"),
            "open  ");
}

TEST(ClientHandshakeTest, SaysTheSameInAnyPieces) {
  const std::string refusal =
      "HTTP/1.0 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!";
  const std::vector<std::string> answers = {
      OpeningAnswer("Sec-WebSocket-Protocol: chat\r\n") + "\x81\x01x",
      OpeningAnswer("Sec-WebSocket-Protocol: none\r\n"),
      OpeningAnswer(" folded\r\n"),
      OpeningAnswer().substr(0, 90),
      refusal,
      "SSH-2.0-OpenSSH_9.2\r\n"};
  for (const std::string& answer : answers) {
    for (const std::size_t limit : {10UL, 40UL, answer.size(), 8192UL}) {
      const std::string whole = ReadAtOnce(answer, limit);
      EXPECT_EQ(ReadInPieces(answer, 1, 1, limit), whole);
      for (std::size_t first = 1; first < answer.size(); ++first) {
        ASSERT_EQ(ReadInPieces(answer, first, answer.size(), limit), whole)
            << answer << "\nafter " << first;
      }
    }
  }
}

TEST(ClientHandshakeTest, TellsHowTheServerRefuses) {
  ExpectFailure("HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n",
                "answered 403 Forbidden");
  ExpectFailure("HTTP/1.0 404 Not Found\r\n\r\n", "answered 404 Not Found");
  ExpectFailure("HTTP/1.1 200 \r\n\r\n", "answered 200");
  ExpectFailure("HTTP/1.1 301\r\n\r\n", "answered 301");
  ExpectFailure("HTTP/1.1 500 " + std::string(300, 'x') + "\r\n\r\n",
                "answered 500 " + std::string(99, 'x'));
  EXPECT_EQ(ReadAtOnce("HTTP/1.1 403 Forbidden\r\nX: y\r\n"), "more");
}

TEST(ClientHandshakeTest, RefusesWhatIsNotHttp) {
  const std::string why = "does not answer in HTTP";
  ExpectFailure("S", why);
  ExpectFailure("\r\n", why);
  ExpectFailure("HTTP/1.1 1x", why);
  ExpectFailure("HTTP/1.1 1010", why);
  ExpectFailure("HTTP/1.1 101 a\n", why);
  ExpectFailure("HTTP/1.1 101 a\r\n b", why);
  ExpectFailure("HTTP/1.1 101 a\r\nb :", why);
  ExpectFailure("HTTP/1.1 101 \x1B", why);
}

TEST(ClientHandshakeTest, RefusesHeadsThatAreTooLong) {
  const std::string answer = OpeningAnswer();
  EXPECT_EQ(ReadAtOnce(answer, answer.size()), "open  ");
  EXPECT_EQ(ReadAtOnce(answer, 50),
            "10.0.0.1:80 answered with a head of more than 50 bytes: "
            "protocol error");
  std::string lines;
  for (int i = 0; i < 98; ++i) lines += "X: y\r\n";
  ExpectFailure(OpeningAnswer(lines), "answered with more than 100 headers");
}

TEST(ClientHandshakeTest, RefusesAnUpgradeToSomethingElse) {
  const std::string accept =
      "Sec-WebSocket-Accept: " + std::string(kRfcAccept) + "\r\n\r\n";
  const std::string line = "HTTP/1.1 101 Switching Protocols\r\n";
  ExpectFailure(line + "Connection: upgrade\r\n" + accept,
                "does not upgrade to WebSocket: Upgrade");
  ExpectFailure(line + "Upgrade: h2c\r\nConnection: upgrade\r\n" + accept,
                "does not upgrade to WebSocket: Upgrade");
  ExpectFailure(line + "Upgrade: websocket\r\nConnection: close\r\n" + accept,
                "does not upgrade to WebSocket: Connection");
  std::string older = OpeningAnswer();
  older[7] = '0';
  ExpectFailure(older, "upgrades in HTTP/1.0");
}

TEST(ClientHandshakeTest, RefusesAnAnswerToAnotherKey) {
  const std::string why = "does not answer the key: Sec-WebSocket-Accept";
  const std::string start =
      "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: upgrade\r\n";
  ExpectFailure(start + "\r\n", why);
  ExpectFailure(
      start + "Sec-WebSocket-Accept: " + std::string(kRfcKey) + "\r\n\r\n",
      why);
  ExpectFailure(start +
                    "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO="
                    "\r\n\r\n",
                why);
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Accept: " +
                              std::string(kRfcAccept) + "\r\n"),
                why);
}

TEST(ClientHandshakeTest, RefusesSubprotocolsThatWereNotOffered) {
  const std::string why = "chooses a subprotocol that was not offered";
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Protocol: Chat\r\n"), why);
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Protocol: chat, soap\r\n"), why);
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Protocol:\r\n"), why);
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Protocol: chat\r\n"
                              "Sec-WebSocket-Protocol: chat\r\n"),
                "chooses several subprotocols");
}

TEST(ClientHandshakeTest, RefusesExtensionsThatWereNotOffered) {
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Extensions: mux\r\n"),
                "uses an extension that was not offered");
  ExpectFailure(OpeningAnswer("Sec-WebSocket-Extensions: permessage-deflate; "
                              "unknown\r\n"),
                "answers with wrong parameters of an extension");
}

TEST(ClientHandshakeTest, UnderstandsTheServer) {
  ClientHandshake client(ClientHandshake::MakeKey(), kOffered, kOfferedDeflate,
                         8192);
  const auto url = ParseUrl("ws://[::1]:9000/room?x=y");
  ASSERT_TRUE(url);
  ws::Request request;
  test::ReadRequest(client.MakeRequest(*url, {}), request);
  EXPECT_TRUE(request.is_upgrade());
  EXPECT_EQ(request.target(), "/room?x=y");
  EXPECT_EQ(request.host(), "[::1]:9000");
  ASSERT_EQ(request.subprotocols().size(), 2U);

  ws::Response response;
  response.Accept("soap");
  const auto reply = MakeReply(request, response, kOfferedDeflate);
  ASSERT_TRUE(reply.is_accepted);
  RingBuffer input;
  input.Append(reply.bytes);
  EXPECT_EQ(client.Read(input), ClientHandshake::Progress::kOpen);
  EXPECT_EQ(client.subprotocol(), "soap");
  EXPECT_EQ(client.deflate(), reply.deflate);
  EXPECT_TRUE(client.deflate().has_value());
}

TEST(ClientHandshakeTest, SurvivesGarbage) {
  std::mt19937 random(2);
  const std::string base = OpeningAnswer(
      "Sec-WebSocket-Extensions: permessage-deflate; "
      "server_max_window_bits=\"9\"\r\n");
  int open = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string answer = base;
    answer[random() % answer.size()] = static_cast<char>(random());
    answer.insert(random() % answer.size(), 1, "\r\n;,\"="[random() % 6]);
    const std::string whole = ReadAtOnce(answer);
    if (whole.starts_with("open")) ++open;
    ASSERT_EQ(ReadInPieces(answer, 1, 1), whole) << answer;
  }
  EXPECT_GT(open, 0);
}

}  // namespace
}  // namespace eddy::internal
