// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TransportCloseTest: CloseTransport and OnClosed on every backend.

#include <memory>
#include <string>
#include <vector>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "os/socket.h"

namespace eddy::test {
namespace {

// The transport checks by itself that nothing but one OnClosed is told after
// CloseTransport.
class TransportCloseTest : public PollerTest {
 protected:
  void SetUp() override { ASSERT_TRUE(transport_.Open().ok()); }
  int peer() const { return peer_.get(); }
  bool RunUntilClosed() {
    const bool is_closed = RunUntil([&] { return transport_.is_closed(); });
    Settle();
    return is_closed;
  }

  SocketPair pair_ = TcpPair();
  UniqueFd peer_ = std::move(pair_.peer);
  RecordingTransport transport_{poller(), std::move(pair_.ours)};
};
EDDY_ON_EVERY_BACKEND(TransportCloseTest);

TEST_P(TransportCloseTest, OnClosedComesFromWait) {
  transport_.Close();
  EXPECT_FALSE(transport_.is_closed());
  EXPECT_TRUE(RunUntilClosed());
}

TEST_P(TransportCloseTest, OnClosedDoesNotTakeATimeout) {
  transport_.Close();
  while (!transport_.is_closed()) {
    ASSERT_TRUE(poller().Wait(Poller::kForever).ok());
  }
}

TEST_P(TransportCloseTest, MayBeClosedInsideOnBytes) {
  transport_.when_bytes = [&] { transport_.Close(); };
  WriteAll(peer(), Pattern(100'000));
  EXPECT_TRUE(RunUntilClosed());
  EXPECT_EQ(transport_.bytes_count, 1);
}

TEST_P(TransportCloseTest, MayBeClosedInsideOnBytesWithFinBehindThem) {
  transport_.when_bytes = [&] { transport_.Close(); };
  WriteAll(peer(), "x");
  peer_.Reset();
  AwaitReady(transport_.fd(), POLLIN);
  EXPECT_TRUE(RunUntilClosed());
}

TEST_P(TransportCloseTest, MayBeClosedInsideOnSent) {
  transport_.when_sent = [&] { transport_.Close(); };
  WriteAll(peer(), "x");
  transport_.Send(Pattern(4'000'000));
  EXPECT_TRUE(RunUntilClosed());
}

TEST_P(TransportCloseTest, MayBeClosedInsideOnEnd) {
  transport_.when_end = [&] { transport_.Close(); };
  peer_.Reset();
  EXPECT_TRUE(RunUntilClosed());
  EXPECT_EQ(transport_.fin_count, 1);
}

TEST_P(TransportCloseTest, MayBeClosedInsideOnEndOfAReset) {
  transport_.when_end = [&] { transport_.Close(); };
  Reset(std::move(peer_));
  EXPECT_TRUE(RunUntilClosed());
  EXPECT_EQ(transport_.error_count, 1);
}

TEST_P(TransportCloseTest, MayBeClosedWithBytesUnread) {
  transport_.SetReceiving(false);
  WriteAll(peer(), Pattern(100'000));
  AwaitReady(transport_.fd(), POLLIN);
  Turn();
  transport_.Close();
  EXPECT_TRUE(RunUntilClosed());
}

TEST_P(TransportCloseTest, MayBeClosedWithBytesUnsent) {
  SetBufferBytes(transport_.fd(), 1 << 14);
  transport_.Send(Pattern(4'000'000));
  bool is_called = false;
  transport_.QueueDone([&](const Status& status) {
    EXPECT_FALSE(status.ok());
    is_called = true;
  });
  Turn();
  transport_.Close();
  EXPECT_TRUE(RunUntilClosed());
  EXPECT_TRUE(is_called);
}

TEST_P(TransportCloseTest, ThePeerSeesTheEndAsSoonAsTheDescriptorIsClosed) {
  transport_.Close();
  ASSERT_TRUE(RunUntilClosed());
  EXPECT_TRUE(AwaitReady(peer(), POLLIN));
  EXPECT_TRUE(HasEnded(peer()));
}

TEST_P(TransportCloseTest, NothingIsDoneForAClosingTransport) {
  transport_.Close();
  transport_.SetReceiving(false);
  transport_.SetReceiving(true);
  EXPECT_EQ(poller().TrySend(transport_, AsBytes(Pattern(10)), {}), 0U);
  transport_.Send("never");
  WriteAll(peer(), "x");
  EXPECT_TRUE(RunUntilClosed());
  std::string text;
  EXPECT_NE(ReadSome(peer(), text), Stream::kOpen);
  EXPECT_EQ(text, "");
}

TEST_P(TransportCloseTest, ClosingOneStopsItsEventOfTheSameTurn) {
  SocketPair pair = TcpPair();
  RecordingTransport other(poller(), std::move(pair.ours));
  ASSERT_TRUE(other.Open().ok());
  transport_.when_bytes = [&] { other.Close(); };
  other.when_bytes = [&] { transport_.Close(); };
  WriteAll(peer(), "x");
  WriteAll(pair.peer.get(), "x");
  AwaitReady(transport_.fd(), POLLIN);
  AwaitReady(other.fd(), POLLIN);
  EXPECT_TRUE(
      RunUntil([&] { return transport_.is_closed() || other.is_closed(); }));
  Settle();
  EXPECT_NE(transport_.is_closed(), other.is_closed());
}

TEST_P(TransportCloseTest, OnClosedMayCloseAnother) {
  SocketPair pair = TcpPair();
  RecordingTransport other(poller(), std::move(pair.ours));
  ASSERT_TRUE(other.Open().ok());
  transport_.when_closed = [&] { other.Close(); };
  transport_.Close();
  EXPECT_TRUE(RunUntilClosed());
  EXPECT_TRUE(RunUntil([&] { return other.is_closed(); }));
}

TEST_P(TransportCloseTest, OnClosedMayDestroyTheTransport) {
  SocketPair pair = TcpPair();
  auto other =
      std::make_unique<RecordingTransport>(poller(), std::move(pair.ours));
  ASSERT_TRUE(other->Open().ok());
  // Of two that wait for it, the first to be told must not lead to the second.
  other->when_closed = [&] { const auto dying = std::move(other); };
  transport_.Close();
  other->Close();
  EXPECT_TRUE(RunUntil([&] { return other == nullptr; }));
  EXPECT_TRUE(RunUntilClosed());
}

// The number comes back at once, for a stream of which nothing is known yet.
TEST_P(TransportCloseTest, ANumberMayBeReusedInsideOnClosed) {
  std::unique_ptr<RecordingTransport> successor;
  SocketPair fresh = TcpPair();
  const int number = transport_.fd();
  transport_.when_closed = [&] {
    UniqueFd same(::dup2(fresh.ours.get(), number));
    successor = std::make_unique<RecordingTransport>(poller(), std::move(same));
    EXPECT_TRUE(successor->Open().ok());
  };
  WriteAll(peer(), "of the past");
  peer_.Reset();
  AwaitReady(number, POLLIN);
  transport_.Close();
  ASSERT_TRUE(RunUntilClosed());
  EXPECT_EQ(successor->up_calls, 0);
  WriteAll(fresh.peer.get(), "fresh");
  EXPECT_TRUE(RunUntil([&] { return successor->received == "fresh"; }));
}

TEST_P(TransportCloseTest, ManyMayCloseAtOnce) {
  std::vector<std::unique_ptr<RecordingTransport>> many;
  std::vector<UniqueFd> peers;
  const std::string text = Pattern(1'000'000);
  for (int i = 0; i < 50; ++i) {
    SocketPair pair = UnixPair();
    many.push_back(
        std::make_unique<RecordingTransport>(poller(), std::move(pair.ours)));
    peers.push_back(std::move(pair.peer));
    ASSERT_TRUE(many.back()->Open().ok());
    many.back()->Send(text);
    WriteAll(peers.back().get(), "x");
  }
  Turn();
  for (auto& transport : many) transport->Close();
  for (auto& transport : many) {
    EXPECT_TRUE(RunUntil([&] { return transport->is_closed(); }));
  }
}

}  // namespace
}  // namespace eddy::test
