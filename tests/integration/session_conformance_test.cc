// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionConformanceTest: what servers and clients answer on the wire to what
// the published test suite sends, sections 1 to 7, 9 and 10.

#include <gtest/gtest.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/echo_session_test.h"
#include "support/pattern.h"
#include "unit/ws/autobahn_cases.h"

namespace eddy {
namespace {

using test::AutobahnCase;
using test::Frame;
using test::kBinary;
using test::kClose;
using test::kFin;
using test::kPong;
using test::kText;
using test::Pattern;
using test::RawWebSocket;
using test::Side;
using ws::CloseCode;

using Sizes = std::vector<std::size_t>;

// Up to here a case is also sent byte by byte.
constexpr std::size_t kMostSingleBytes = 200;

class SessionConformanceTest : public test::EchoSessionTest {
 protected:
  // Writes `stream` in pieces of `chop`. A session that has failed may end
  // before it has all.
  static void WriteChopped(RawWebSocket& peer, std::string_view stream,
                           std::size_t chop) {
    for (std::size_t at = 0; at < stream.size(); at += chop) {
      if (!peer.Write(stream.substr(at, chop))) return;
    }
  }

  void ExpectFrame(RawWebSocket& peer, unsigned first,
                   std::string_view payload) const {
    const auto frame = peer.ReadFrame();
    ASSERT_TRUE(frame) << "the stream is over";
    EXPECT_EQ(frame->first, first);
    EXPECT_EQ(frame->is_masked, !is_masked());
    EXPECT_TRUE(frame->payload == payload)
        << "got " << frame->payload.size() << " bytes, not the "
        << payload.size()
        << " that were expected: " << frame->payload.substr(0, 200);
  }

  // What the list calls "close" and "failed" must be told the peer, and then
  // the handler.
  void ExpectClose(RawWebSocket peer, std::string_view what, bool has_closed) {
    unsigned code = 0;
    std::from_chars(what.data(), what.data() + what.size(), code);
    const auto frame = peer.ReadFrame();
    ASSERT_TRUE(frame) << "the stream is over";
    EXPECT_EQ(frame->first, kFin | kClose);
    EXPECT_EQ(frame->is_masked, !is_masked());
    EXPECT_EQ(frame->code(), code == 1005 ? 0 : code);
    ExpectEnd(std::move(peer), has_closed, static_cast<CloseCode>(code));
  }

  void Try(const AutobahnCase& test, std::size_t chop) {
    SCOPED_TRACE(test.name + " in chops of " + std::to_string(chop));
    RawWebSocket peer = OpenPeer();
    WriteChopped(peer, test.stream, chop);
    for (const std::string& event : test.events) {
      const std::size_t space = event.find(' ');
      const std::string_view kind = std::string_view(event).substr(0, space);
      const std::string_view rest = std::string_view(event).substr(space + 1);
      if (kind == "text") ExpectFrame(peer, kFin | kText, rest);
      if (kind == "binary") ExpectFrame(peer, kFin | kBinary, rest);
      if (kind == "ping") ExpectFrame(peer, kFin | kPong, rest);
      if (kind == "close" || kind == "failed") {
        return ExpectClose(std::move(peer), rest, kind == "close");
      }
    }
    ClosePeer(std::move(peer));
  }

  void TryAll(Side side) {
    StartSide(side);
    for (const AutobahnCase& test : test::AutobahnCases(is_masked())) {
      Try(test, test.stream.size());
      if (test.stream.size() <= kMostSingleBytes) Try(test, 1);
    }
  }

  // What is sent as `stream` comes back as one frame.
  void ExpectEcho(RawWebSocket& peer, unsigned type, std::string_view stream,
                  std::size_t chop, std::string_view payload) {
    WriteChopped(peer, stream, chop);
    ExpectFrame(peer, kFin | type, payload);
  }

  void EchoLarge(Side side);
  void EchoLargeInFragments(Side side);
  void EchoLargeInChops(Side side);
  void EchoMany(Side side);
};
EDDY_ON_USABLE_BACKENDS(SessionConformanceTest);

TEST_P(SessionConformanceTest, Cases1To7OfAServer) { TryAll(Side::kServer); }
TEST_P(SessionConformanceTest, Cases1To7OfAClient) { TryAll(Side::kClient); }

// ---- 9: much ----------------------------------------------------------------

// The list has up to 16 MiB.
void SessionConformanceTest::EchoLarge(Side side) {
  StartSide(side);
  RawWebSocket peer = OpenPeer();
  for (const std::size_t size : Sizes{64 << 10, 256 << 10, 1 << 20}) {
    const std::string payload = Pattern(size);
    for (const unsigned type : {kText, kBinary}) {
      const std::string stream = Frame(kFin | type, payload, is_masked());
      ExpectEcho(peer, type, stream, stream.size(), payload);
    }
  }
  ClosePeer(std::move(peer));
}

TEST_P(SessionConformanceTest, Cases9_1And9_2OfAServer) {
  EchoLarge(Side::kServer);
}
TEST_P(SessionConformanceTest, Cases9_1And9_2OfAClient) {
  EchoLarge(Side::kClient);
}

void SessionConformanceTest::EchoLargeInFragments(Side side) {
  StartSide(side);
  RawWebSocket peer = OpenPeer();
  const std::string payload = Pattern(1 << 20);
  unsigned type = kText;
  for (const std::size_t size : Sizes{64, 1024, 65'536, 1 << 19}) {
    const std::string stream =
        test::Fragmented(type, payload, size, is_masked());
    ExpectEcho(peer, type, stream, stream.size(), payload);
    type = kText + kBinary - type;
  }
  ClosePeer(std::move(peer));
}

TEST_P(SessionConformanceTest, Cases9_3And9_4OfAServer) {
  EchoLargeInFragments(Side::kServer);
}
TEST_P(SessionConformanceTest, Cases9_3And9_4OfAClient) {
  EchoLargeInFragments(Side::kClient);
}

void SessionConformanceTest::EchoLargeInChops(Side side) {
  StartSide(side);
  RawWebSocket peer = OpenPeer();
  const std::string payload = Pattern(256 << 10);
  for (const std::size_t chop : Sizes{128, 512, 2048}) {
    for (const unsigned type : {kText, kBinary}) {
      const std::string stream = Frame(kFin | type, payload, is_masked());
      ExpectEcho(peer, type, stream, chop, payload);
    }
  }
  ClosePeer(std::move(peer));
}

TEST_P(SessionConformanceTest, Cases9_5And9_6OfAServer) {
  EchoLargeInChops(Side::kServer);
}
TEST_P(SessionConformanceTest, Cases9_5And9_6OfAClient) {
  EchoLargeInChops(Side::kClient);
}

// The list has a thousand of each.
void SessionConformanceTest::EchoMany(Side side) {
  StartSide(side);
  RawWebSocket peer = OpenPeer();
  for (const std::size_t size : Sizes{0, 16, 125, 126, 1024, 16'384}) {
    const std::string payload = Pattern(size);
    for (const unsigned type : {kText, kBinary}) {
      const std::string stream = Frame(kFin | type, payload, is_masked());
      for (int i = 0; i < 100; ++i) {
        ExpectEcho(peer, type, stream, stream.size(), payload);
      }
    }
  }
  ClosePeer(std::move(peer));
}

TEST_P(SessionConformanceTest, Cases9_7And9_8OfAServer) {
  EchoMany(Side::kServer);
}
TEST_P(SessionConformanceTest, Cases9_7And9_8OfAClient) {
  EchoMany(Side::kClient);
}

// ---- 10: a message that its sender cuts itself ------------------------------

TEST_P(SessionConformanceTest, Case10_1_1OfBoth) {
  for (const Side side : {Side::kServer, Side::kClient}) {
    StartSide(side);
    RawWebSocket peer = OpenPeer();
    const std::string payload(65'536, '*');
    const std::string stream =
        test::Fragmented(kText, payload, 1300, is_masked());
    ExpectEcho(peer, kText, stream, stream.size(), payload);
    ClosePeer(std::move(peer));
  }
}

}  // namespace
}  // namespace eddy
