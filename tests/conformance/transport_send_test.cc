// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TransportSendTest: Flush, TrySend and OnSent on every backend.

#include <string>
#include <vector>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "os/socket.h"

namespace eddy::test {
namespace {

class TransportSendTest : public PollerTest {
 protected:
  void SetUp() override { ASSERT_TRUE(transport_.Open().ok()); }
  int peer() const { return peer_.get(); }

  // Reads at the peer until it has `count` bytes in all.
  bool RunUntilPeerHas(std::size_t count) {
    return RunUntil([&] {
      ReadSome(peer(), at_peer_);
      return at_peer_.size() >= count;
    });
  }
  // Sends until the kernel takes no more.
  void Block() {
    SetBufferBytes(transport_.fd(), 1 << 14);
    SetBufferBytes(peer(), 1 << 14);
    std::size_t before = 0;
    transport_.Send(Pattern(4'000'000));
    do {
      before = transport_.sent;
      Settle();
    } while (transport_.sent > before);
    ASSERT_LT(transport_.sent, 4'000'000U);
  }

  SocketPair pair_ = TcpPair();
  UniqueFd peer_ = std::move(pair_.peer);
  RecordingTransport transport_{poller(), std::move(pair_.ours)};
  std::string at_peer_;
};
EDDY_ON_EVERY_BACKEND(TransportSendTest);

TEST_P(TransportSendTest, BytesLeaveInOrder) {
  transport_.Send("hello, ");
  transport_.Send("wor");
  transport_.Send("ld");
  ASSERT_TRUE(RunUntilPeerHas(12));
  EXPECT_EQ(at_peer_, "hello, world");
}

TEST_P(TransportSendTest, OnSentAddsUpToWhatWasSent) {
  for (int i = 0; i < 50; ++i) transport_.Send(Pattern(997));
  ASSERT_TRUE(RunUntil([&] { return transport_.sent == 50 * 997; }));
  Settle();
  EXPECT_EQ(transport_.sent, 50U * 997);
  EXPECT_TRUE(RunUntilPeerHas(50 * 997));
}

TEST_P(TransportSendTest, MoreThanTheKernelHoldsLeavesAsThePeerReads) {
  const std::string text = Pattern(2'000'000);
  SetBufferBytes(transport_.fd(), 1 << 14);
  SetBufferBytes(peer(), 1 << 14);
  transport_.Send(text);
  ASSERT_TRUE(RunUntilPeerHas(text.size()));
  EXPECT_TRUE(at_peer_ == text);
  EXPECT_TRUE(RunUntil([&] { return transport_.output().empty(); }));
  EXPECT_EQ(transport_.sent, text.size());
}

TEST_P(TransportSendTest, ManySmallPiecesLeaveInOrder) {
  const std::string text = Pattern(200'000);
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    transport_.QueuePayload(std::string_view(text).substr(at, 500));
    transport_.Queue(std::string_view(text).substr(at + 500, 500));
  }
  transport_.Flush();
  ASSERT_TRUE(RunUntilPeerHas(text.size()));
  EXPECT_TRUE(at_peer_ == text);
}

TEST_P(TransportSendTest, BytesMayBeAddedWhileOthersAreOnTheirWay) {
  const std::string text = Pattern(1'000'000);
  SetBufferBytes(transport_.fd(), 1 << 14);
  std::string_view rest = text;
  ASSERT_TRUE(RunUntil([&] {
    for (int i = 0; i < 10 && !rest.empty(); ++i) {
      transport_.Send(rest.substr(0, 777));
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 777));
    }
    ReadSome(peer(), at_peer_);
    return at_peer_.size() == text.size();
  }));
  EXPECT_TRUE(at_peer_ == text);
}

TEST_P(TransportSendTest, BigStreamsMayRunBothWaysAtOnce) {
  const std::string out = Pattern(1'500'000, 1);
  const std::string in = Pattern(1'500'000, 2);
  SocketPair other = UnixPair();
  SetBufferBytes(other.ours.get(), 1 << 13);
  SetBufferBytes(other.peer.get(), 1 << 13);
  RecordingTransport transport(poller(), std::move(other.ours));
  ASSERT_TRUE(transport.Open().ok());
  std::size_t written = 0;
  transport.Send(out);
  ASSERT_TRUE(RunUntil([&] {
    written +=
        WriteSome(other.peer.get(), std::string_view(in).substr(written));
    ReadSome(other.peer.get(), at_peer_);
    return at_peer_.size() == out.size() &&
           transport.received.size() == in.size();
  }));
  EXPECT_TRUE(at_peer_ == out);
  EXPECT_TRUE(transport.received == in);
}

// An echo: what came goes back out of OnBytes.
TEST_P(TransportSendTest, OnBytesMaySend) {
  const std::string text = Pattern(500'000);
  transport_.when_bytes = [&] {
    transport_.Send(std::exchange(transport_.received, std::string()));
  };
  std::size_t written = 0;
  ASSERT_TRUE(RunUntil([&] {
    written += WriteSome(peer(), std::string_view(text).substr(written));
    ReadSome(peer(), at_peer_);
    return at_peer_.size() == text.size();
  }));
  EXPECT_TRUE(at_peer_ == text);
}

TEST_P(TransportSendTest, OnSentMaySendMore) {
  const std::string text = Pattern(100'000);
  std::string_view rest = text;
  const auto send_some = [&] {
    if (rest.empty() || !transport_.output().empty()) return;
    // Sending may lead back here.
    const std::string_view piece = rest.substr(0, 5000);
    rest.remove_prefix(piece.size());
    transport_.Send(piece);
  };
  transport_.when_sent = send_some;
  send_some();
  ASSERT_TRUE(RunUntilPeerHas(text.size()));
  EXPECT_TRUE(at_peer_ == text);
}

TEST_P(TransportSendTest, AUnixStreamSendsAsWell) {
  const std::string text = Pattern(1'000'000);
  SocketPair other = UnixPair();
  RecordingTransport transport(poller(), std::move(other.ours));
  ASSERT_TRUE(transport.Open().ok());
  transport.Send(text);
  ASSERT_TRUE(RunUntil([&] {
    ReadSome(other.peer.get(), at_peer_);
    return at_peer_.size() == text.size();
  }));
  EXPECT_TRUE(at_peer_ == text);
}

TEST_P(TransportSendTest, WhatTrySendLeavesFollowsInOrder) {
  const std::string text = Pattern(2'000'000);
  SetBufferBytes(transport_.fd(), 1 << 15);
  std::string_view rest = text;
  std::size_t size = 1;
  ASSERT_TRUE(RunUntil([&] {
    for (int i = 0; i < 20 && !rest.empty(); ++i) {
      const std::string_view piece = rest.substr(0, size);
      if (transport_.output().empty()) {
        transport_.TrySend(piece, (piece.size() + 1) / 2);
      } else {
        transport_.Send(piece);
      }
      rest.remove_prefix(piece.size());
      size = size * 7 % 60'013;
    }
    ReadSome(peer(), at_peer_);
    return at_peer_.size() == text.size();
  }));
  EXPECT_TRUE(at_peer_ == text);
  EXPECT_TRUE(RunUntil([&] { return transport_.output().empty(); }));
  EXPECT_EQ(transport_.sent + transport_.tried(), text.size());
}

// One that has something to send in every turn.
TEST_P(TransportSendTest, WhoSendsInEveryTurnKeepsNobodyWaiting) {
  SocketPair pair = TcpPair();
  RecordingTransport other(poller(), std::move(pair.ours));
  ASSERT_TRUE(other.Open().ok());
  Settle();
  WriteAll(pair.peer.get(), "hello");
  constexpr int kMostTurns = 1000;  // the fake takes its time
  int turns = 0;
  for (; turns < kMostTurns && other.received.empty(); ++turns) {
    transport_.Send("x");
    ASSERT_TRUE(poller().Wait(std::chrono::nanoseconds::zero()).ok());
    ReadSome(peer(), at_peer_);
  }
  EXPECT_LT(turns, kMostTurns);
}

TEST_P(TransportSendTest, TrySendMakesNoUpCall) {
  const std::string block = Pattern(1 << 20);
  SetBufferBytes(transport_.fd(), 1 << 14);
  for (int i = 0; i < 10; ++i) poller().TrySend(transport_, AsBytes(block), {});
  Reset(std::move(peer_));
  for (int i = 0; i < 10; ++i) poller().TrySend(transport_, AsBytes(block), {});
  EXPECT_EQ(transport_.up_calls, 0);
}

TEST_P(TransportSendTest, AnErrorOfTrySendIsToldAfterFlush) {
  transport_.SetReceiving(false);
  Settle();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] {
    if (!transport_.is_broken() && transport_.output().empty()) {
      transport_.TrySend("lost");
    }
    return transport_.is_broken();
  }));
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
  EXPECT_EQ(transport_.fin_count, 0);
}

TEST_P(TransportSendTest, ACallbackWithoutBytesIsSentAsNothing) {
  bool is_done = false;
  transport_.QueueDone([&](const Status& status) { is_done = status.ok(); });
  transport_.Flush();
  ASSERT_TRUE(RunUntil([&] { return is_done; }));
  EXPECT_EQ(transport_.empty_sends, 1);
  EXPECT_EQ(transport_.sent, 0U);
}

TEST_P(TransportSendTest, ACallbackBehindBytesWaitsForThem) {
  Block();
  std::size_t sent_before = 0;
  transport_.QueueDone([&](const Status&) { sent_before = transport_.sent; });
  transport_.Queue("last");
  transport_.Flush();
  Settle();
  EXPECT_EQ(sent_before, 0U);
  ASSERT_TRUE(RunUntilPeerHas(4'000'004));
  ASSERT_TRUE(RunUntil([&] { return transport_.output().empty(); }));
  EXPECT_GE(sent_before, 4'000'000U);
}

TEST_P(TransportSendTest, BlockedOutputLeavesReceivingAlone) {
  Block();
  WriteAll(peer(), "hello");
  EXPECT_TRUE(RunUntil([&] { return transport_.received == "hello"; }));
}

TEST_P(TransportSendTest, PausedReceivingLeavesSendingAlone) {
  transport_.SetReceiving(false);
  WriteAll(peer(), "unread");
  const std::string text = Pattern(1'000'000);
  SetBufferBytes(transport_.fd(), 1 << 14);
  transport_.Send(text);
  ASSERT_TRUE(RunUntilPeerHas(text.size()));
  EXPECT_TRUE(at_peer_ == text);
}

TEST_P(TransportSendTest, AResetOfAPeerThatReadsNothingIsToldOnce) {
  Block();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
  transport_.SetReceiving(false);
  transport_.SetReceiving(true);
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
}

TEST_P(TransportSendTest, AResetIsToldThoughBlockedAndPaused) {
  Block();
  transport_.SetReceiving(false);
  Settle();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
}

TEST_P(TransportSendTest, SendingToAPeerThatIsGoneIsAnError) {
  peer_.Reset();
  ASSERT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
  ASSERT_TRUE(RunUntil([&] {
    if (!transport_.is_broken()) transport_.Send("x");
    return transport_.is_broken();
  }));
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
}

TEST_P(TransportSendTest, AfterAnErrorFlushDoesNothing) {
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  EXPECT_EQ(poller().TrySend(transport_, AsBytes(Pattern(10)), {}), 0U);
  transport_.Send("nowhere");
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
  EXPECT_EQ(transport_.sent, 0U);
}

// Two are reset; the first to be told sends on the other, which fails there.
TEST_P(TransportSendTest, BrokenByAnothersUpCallItIsToldOnce) {
  SocketPair pair = TcpPair();
  RecordingTransport other(poller(), std::move(pair.ours));
  ASSERT_TRUE(other.Open().ok());
  const auto send_on = [](RecordingTransport& transport) {
    return [&transport] {
      if (!transport.is_broken()) transport.Send("too late");
    };
  };
  transport_.when_end = send_on(other);
  other.when_end = send_on(transport_);
  Reset(std::move(peer_));
  Reset(std::move(pair.peer));
  ASSERT_TRUE(
      RunUntil([&] { return transport_.is_broken() && other.is_broken(); }));
  Settle();
}

TEST_P(TransportSendTest, FinMayBeSentWhileReceivingGoesOn) {
  transport_.Send("last");
  ASSERT_TRUE(RunUntil([&] { return transport_.sent == 4; }));
  os::ShutdownWrite(transport_.fd());
  EXPECT_EQ(ReadAll(peer(), 5), "last");
  WriteAll(peer(), "answer");
  ASSERT_TRUE(RunUntil([&] { return transport_.received == "answer"; }));
  peer_.Reset();
  EXPECT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
  EXPECT_EQ(transport_.error_count, 0);
}

// ---- Budgets ----------------------------------------------------------------

TEST_P(TransportSendTest, OneStreamReceivesABudgetInATurn) {
  SetBufferBytes(peer(), 1 << 23);
  SetBufferBytes(transport_.fd(), 1 << 23);
  SocketPair other = UnixPair();
  RecordingTransport quiet(poller(), std::move(other.ours));
  ASSERT_TRUE(quiet.Open().ok());
  FillUp(peer());
  WriteAll(other.peer.get(), "x");
  std::size_t most = 0;
  std::size_t before = 0;
  ASSERT_TRUE(RunUntil([&] {
    most = std::max(most, transport_.received.size() - before);
    before = transport_.received.size();
    FillUp(peer());
    return quiet.received == "x" && before > 4 * poller().receive_budget();
  }));
  EXPECT_LE(most, poller().receive_budget());
}

TEST_P(TransportSendTest, OneStreamSendsABudgetInATurn) {
  SetBufferBytes(peer(), 1 << 23);
  SetBufferBytes(transport_.fd(), 1 << 23);
  transport_.Send(Pattern(8 * Poller::kTurnBudgetBytes));
  std::size_t most = 0;
  std::size_t before = transport_.sent;
  ASSERT_TRUE(RunUntil([&] {
    most = std::max(most, transport_.sent - before);
    before = transport_.sent;
    ReadSome(peer(), at_peer_);
    return transport_.output().empty();
  }));
  EXPECT_LE(most, Poller::kTurnBudgetBytes);
}

}  // namespace
}  // namespace eddy::test
