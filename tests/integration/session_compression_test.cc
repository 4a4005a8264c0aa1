// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionCompressionTest: permessage-deflate of servers and clients with peers
// that use zlib, after sections 12 and 13 of the published test suite.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/echo_session_test.h"
#include "support/pattern.h"
#include "support/raw_deflate.h"
#include "unit/ws/autobahn_cases.h"

namespace eddy {
namespace {

using test::kBinary;
using test::kFin;
using test::kRsv1;
using test::kText;
using test::Pattern;
using test::RawDeflate;
using test::RawInflate;
using test::RawWebSocket;
using test::Side;

// Letters that do not compress much, and repeat after `period`.
std::string Repeating(std::size_t size, std::size_t period) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    text[i] =
        i < period ? static_cast<char>('0' + (state >> 26)) : text[i - period];
  }
  return text;
}

// CompressedPeer: a session's peer, and how it compresses and expands.
struct CompressedPeer {
  // How what it sends is to be compressed, and what it gets.
  struct Way {
    int bits = 15;
    bool keeps_context = true;
  };

  CompressedPeer(RawWebSocket raw, Way out, Way in)
      : socket(std::move(raw)),
        deflate(out.bits, out.keeps_context),
        inflate(in.bits, in.keeps_context) {}

  RawWebSocket socket;
  RawDeflate deflate;
  RawInflate inflate;
};

using Way = CompressedPeer::Way;

class SessionCompressionTest : public test::EchoSessionTest {
 protected:
  // Whatever the peer asks for is agreed on, and every message compressed.
  void StartWilling(Side side) {
    session_options.deflate = ws::DeflateOptions{.server_keeps_context = true,
                                                 .client_keeps_context = true,
                                                 .min_bytes = 0};
    StartSide(side);
  }

  // Sends `payload`, and returns the size at which it came back: in one frame,
  // compressed.
  std::size_t Echo(CompressedPeer& peer, unsigned type,
                   std::string_view payload, std::size_t frame_bytes = 0) {
    peer.socket.Write(test::Fragmented(kRsv1 | type, peer.deflate(payload),
                                       frame_bytes, is_masked()));
    const auto frame = peer.socket.ReadFrame();
    if (!frame) {
      ADD_FAILURE() << "the stream is over";
      return 0;
    }
    if (frame->first == (kFin | type)) {
      // What would not become smaller.
      EXPECT_TRUE(frame->payload == payload) << payload.size();
      return frame->payload.size();
    }
    EXPECT_EQ(frame->first, kFin | kRsv1 | type);
    EXPECT_TRUE(peer.inflate(frame->payload) == payload) << payload.size();
    return frame->payload.size();
  }

  void EchoAllSizes(Side side);
  void ExpectWindowAndContext(CompressedPeer& peer, Way in);
};
EDDY_ON_USABLE_BACKENDS(SessionCompressionTest);

// ---- 12: sizes --------------------------------------------------------------

// The list has a thousand of each.
void SessionCompressionTest::EchoAllSizes(Side side) {
  StartWilling(side);
  CompressedPeer peer(OpenPeer("permessage-deflate"), {}, {});
  for (const test::CompressedSize& size : test::kCompressedSizes) {
    for (const unsigned type : {kText, kBinary}) {
      for (std::size_t seed = 0; seed < 4; ++seed) {
        const std::string payload = Pattern(size.bytes, seed);
        const std::size_t came = Echo(peer, type, payload, size.frame_bytes);
        if (size.bytes >= 1024) {
          EXPECT_LT(came, size.bytes / 2);
        }
      }
    }
  }
  ClosePeer(std::move(peer.socket));
}

TEST_P(SessionCompressionTest, Cases12OfAServer) {
  EchoAllSizes(Side::kServer);
}
TEST_P(SessionCompressionTest, Cases12OfAClient) {
  EchoAllSizes(Side::kClient);
}

// ---- 13: parameters ---------------------------------------------------------

// What comes must be readable with the window and context that were agreed on,
// and make use of them.
void SessionCompressionTest::ExpectWindowAndContext(CompressedPeer& peer,
                                                    Way in) {
  // Only windows of 2^13 and more reach a period back.
  const std::string far = Repeating(32'768, 6000);
  const std::size_t first = Echo(peer, kText, far);
  if (in.bits >= 13) {
    EXPECT_LT(first, 8000U);
  } else {
    EXPECT_GT(first, 20'000U);
  }
  // zlib looks back no further than 250 bytes with the smallest window.
  const std::string near = Repeating(200, 200);
  const std::size_t before = Echo(peer, kBinary, near);
  const std::size_t again = Echo(peer, kBinary, near);
  if (in.keeps_context) {
    EXPECT_LT(again, 50U);
  } else {
    EXPECT_EQ(again, before);
  }
  for (const std::size_t size : {0U, 1U, 64U, 100'000U}) {
    Echo(peer, kText, Pattern(size), 256);
  }
}

struct OfferCase {
  std::string offer;
  std::string answer;
  Way server;  // what the server may do then
  Way client;
};

TEST_P(SessionCompressionTest, Cases13OfAServer) {
  StartWilling(Side::kServer);
  const std::string deflate = "permessage-deflate";
  const std::string forgets = "; server_no_context_takeover";
  const std::string bits9 = "; server_max_window_bits=9";
  const std::string bits15 = "; server_max_window_bits=15";
  const std::string own = "; client_max_window_bits";
  const OfferCase cases[] = {
      {deflate, deflate, {15, true}, {15, true}},
      {deflate + forgets, deflate + forgets, {15, false}, {15, true}},
      {deflate + bits9, deflate + bits9, {9, true}, {15, true}},
      {deflate + bits15, deflate + bits15, {15, true}, {15, true}},
      {deflate + forgets + bits9,
       deflate + forgets + bits9,
       {9, false},
       {15, true}},
      {deflate + forgets + bits15,
       deflate + forgets + bits15,
       {15, false},
       {15, true}},
      // The first offer that can be kept to.
      {deflate + forgets + bits9 + ", " + deflate + forgets + ", " + deflate,
       deflate + forgets + bits9,
       {9, false},
       {15, true}},
      {deflate + "; unknown, x-other, " + deflate + bits9,
       deflate + bits9,
       {9, true},
       {15, true}},
      // Of what the client sends.
      {deflate + "; client_no_context_takeover",
       deflate + "; client_no_context_takeover",
       {15, true},
       {15, false}},
      {deflate + own, deflate, {15, true}, {15, true}},
      {deflate + own + "=9", deflate + own + "=9", {15, true}, {9, true}},
      {deflate + own + "=10; client_no_context_takeover" + forgets + bits9,
       deflate + forgets + "; client_no_context_takeover" + bits9 + own + "=10",
       {9, false},
       {10, false}},
  };
  for (const OfferCase& test : cases) {
    SCOPED_TRACE(test.offer);
    CompressedPeer peer(OpenPeer(test.offer), test.client, test.server);
    EXPECT_EQ(HeaderOfHead("Sec-WebSocket-Extensions"), test.answer);
    ExpectWindowAndContext(peer, test.server);
    ClosePeer(std::move(peer.socket));
  }
}

TEST_P(SessionCompressionTest, AServersOwnLimitsHoldWhateverIsOffered) {
  session_options.deflate = ws::DeflateOptions{
      .server_window_bits = 10, .client_window_bits = 11, .min_bytes = 0};
  StartSide(Side::kServer);
  CompressedPeer peer(OpenPeer("permessage-deflate; client_max_window_bits; "
                               "server_max_window_bits=12"),
                      {11, false}, {10, false});
  EXPECT_EQ(HeaderOfHead("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_no_context_takeover; "
            "client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=11");
  ExpectWindowAndContext(peer, {10, false});
  ClosePeer(std::move(peer.socket));
}

TEST_P(SessionCompressionTest, Cases13OfAClient) {
  StartWilling(Side::kClient);
  const std::string deflate = "permessage-deflate";
  const OfferCase cases[] = {
      {{}, deflate, {15, true}, {15, true}},
      {{}, deflate + "; client_no_context_takeover", {15, true}, {15, false}},
      {{}, deflate + "; client_max_window_bits=9", {15, true}, {9, true}},
      {{}, deflate + "; client_max_window_bits=15", {15, true}, {15, true}},
      {{},
       deflate + "; client_no_context_takeover; client_max_window_bits=9",
       {15, true},
       {9, false}},
      // More than the client asks for is the server's to give.
      {{}, deflate + "; server_no_context_takeover", {15, false}, {15, true}},
      {{}, deflate + "; server_max_window_bits=9", {9, true}, {15, true}},
      {{},
       deflate + "; server_max_window_bits=12; client_no_context_takeover"
                 "; client_max_window_bits=13; server_no_context_takeover",
       {12, false},
       {13, false}},
  };
  for (const OfferCase& test : cases) {
    SCOPED_TRACE(test.answer);
    CompressedPeer peer(OpenPeer(test.answer), test.server, test.client);
    EXPECT_EQ(HeaderOfHead("Sec-WebSocket-Extensions"),
              "permessage-deflate; client_max_window_bits");
    ExpectWindowAndContext(peer, test.client);
    ClosePeer(std::move(peer.socket));
  }
}

// Without an agreement a compressed frame is a wrong one, and nothing that is
// sent is compressed.
TEST_P(SessionCompressionTest, NothingIsCompressedThatWasNotAgreedOn) {
  for (const Side side : {Side::kServer, Side::kClient}) {
    StartWilling(side);
    RawWebSocket peer = OpenPeer();
    const std::string payload(10'000, 'x');
    peer.Write(test::Fragmented(kText, payload, 0, is_masked()));
    EXPECT_EQ(peer.ReadText(), payload);
    RawDeflate deflate(15, false);
    peer.Write(
        test::Fragmented(kRsv1 | kText, deflate(payload), 0, is_masked()));
    EXPECT_EQ(peer.ReadClose(), 1002);
    ExpectEnd(std::move(peer), false, ws::CloseCode::kProtocolError);
  }
}

}  // namespace
}  // namespace eddy
