// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HandshakeTest: heads for tests, and reading them in pieces.

#ifndef EDDY_UNIT_WS_HANDSHAKE_TEST_H_
#define EDDY_UNIT_WS_HANDSHAKE_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "eddy/ring_buffer.h"
#include "eddy/ws/request.h"
#include "ws/request_parser.h"

namespace eddy::test {

// The example of RFC 6455, 1.3.
inline constexpr std::string_view kRfcKey = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view kRfcAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// Where bytes go round the end of a ring's first block after `before` bytes.
inline RingBuffer RingThatWraps(std::size_t before) {
  RingBuffer ring(512);
  const std::size_t skipped = ring.capacity() - before % ring.capacity();
  ring.Append(std::string(skipped, 'x'));
  ring.Append("y");
  ring.Consume(skipped);
  ring.Append("z");
  ring.Consume(2);
  return ring;
}

// An upgrade with further lines, each of which ends with CR LF.
inline std::string UpgradeWith(std::string_view lines = {}) {
  return "GET /chat?room=1 HTTP/1.1\r\n"
         "Host: example.com\r\n"
         "Upgrade: websocket\r\n"
         "Connection: keep-alive, Upgrade\r\n"
         "Sec-WebSocket-Key: " +
         std::string(kRfcKey) +
         "\r\n"
         "Sec-WebSocket-Version: 13\r\n" +
         std::string(lines) + "\r\n";
}

// A plain request whose first line ends so.
inline std::string PlainGet(std::string_view target = "/",
                            std::string_view lines = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: example.com\r\n" +
         std::string(lines) + "\r\n";
}

// All that `request` says, to be compared.
inline std::string Described(const ws::Request& request) {
  std::string text(request.method());
  for (const auto part :
       {request.target(), request.path(), request.query(), request.host()}) {
    text += '|';
    text += part;
  }
  text += request.is_upgrade() ? "|upgrade" : "|plain";
  for (const auto& [name, value] : request.headers()) {
    text += '|';
    text += name;
    text += '=';
    text += value;
  }
  for (const auto name : request.subprotocols()) {
    text += '|';
    text += name;
  }
  return text;
}

// What a parser says about `bytes` that come in pieces of `piece` bytes, but
// for the first, of `first`: "more", "refused 400" or "done" and the request
// and what is left. REQUIRES: first > 0, piece > 0.
inline std::string ParsedInPieces(std::string_view bytes, std::size_t first,
                                  std::size_t piece,
                                  std::size_t max_head_bytes = 8192,
                                  RingBuffer input = {}) {
  using Progress = internal::RequestParser::Progress;
  internal::RequestParser parser(max_head_bytes);
  ws::Request request;
  std::size_t fed = 0;
  do {
    const std::size_t next =
        std::min(fed == 0 ? first : piece, bytes.size() - fed);
    input.Append(bytes.substr(fed, next));
    fed += next;
    const Progress progress = parser.Parse(input, request);
    if (progress == Progress::kRefused) {
      EXPECT_EQ(parser.Parse(input, request), Progress::kRefused);
      return "refused " + std::to_string(parser.status());
    }
    if (progress == Progress::kDone) {
      // What has not come is left as well.
      return "done " + Described(request) + "|" + input.ToString() +
             std::string(bytes.substr(fed));
    }
    EXPECT_EQ(input.size(), fed) << "input was consumed";
  } while (fed < bytes.size());
  return "more";
}

inline std::string ParsedAtOnce(std::string_view bytes,
                                std::size_t max_head_bytes = 8192) {
  return ParsedInPieces(bytes, bytes.size(), 1, max_head_bytes);
}

// Expects the same of `bytes` however they come.
inline void ExpectSameInAnyPieces(std::string_view bytes,
                                  std::size_t max_head_bytes = 8192) {
  const std::string whole = ParsedAtOnce(bytes, max_head_bytes);
  EXPECT_EQ(ParsedInPieces(bytes, 1, 1, max_head_bytes), whole) << bytes;
  for (std::size_t first = 1; first < bytes.size(); ++first) {
    ASSERT_EQ(ParsedInPieces(bytes, first, bytes.size(), max_head_bytes), whole)
        << bytes << "\nafter " << first;
    ASSERT_EQ(ParsedInPieces(bytes, bytes.size(), 1, max_head_bytes,
                             RingThatWraps(first)),
              whole)
        << bytes << "\nround the end after " << first;
  }
}

// Reads the request that `head` is.
inline void ReadRequest(std::string_view head, ws::Request& request) {
  RingBuffer input;
  input.Append(head);
  internal::RequestParser parser(8192);
  ASSERT_EQ(parser.Parse(input, request),
            internal::RequestParser::Progress::kDone)
      << head;
}

}  // namespace eddy::test

#endif  // EDDY_UNIT_WS_HANDSHAKE_TEST_H_
