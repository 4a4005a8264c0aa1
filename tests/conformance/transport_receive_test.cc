// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TransportReceiveTest: OnBytes, OnEnd and SetReceiving on every backend.

#include <string>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "os/socket.h"

namespace eddy::test {
namespace {

class TransportReceiveTest : public PollerTest {
 protected:
  void SetUp() override { ASSERT_TRUE(transport_.Open().ok()); }
  int peer() const { return peer_.get(); }
  bool RunUntilReceived(std::size_t count) {
    return RunUntil([&] { return transport_.received.size() >= count; });
  }

  SocketPair pair_ = TcpPair();
  UniqueFd peer_ = std::move(pair_.peer);
  RecordingTransport transport_{poller(), std::move(pair_.ours)};
};
EDDY_ON_EVERY_BACKEND(TransportReceiveTest);

TEST_P(TransportReceiveTest, BytesComeInOrder) {
  WriteAll(peer(), "hello, ");
  ASSERT_TRUE(RunUntilReceived(7));
  WriteAll(peer(), "world");
  ASSERT_TRUE(RunUntilReceived(12));
  EXPECT_EQ(transport_.received, "hello, world");
}

TEST_P(TransportReceiveTest, BytesThatCameBeforeItWasOpenedAreReceived) {
  SocketPair other = UnixPair();
  WriteAll(other.peer.get(), "early");
  RecordingTransport transport(poller(), std::move(other.ours));
  ASSERT_TRUE(transport.Open().ok());
  ASSERT_TRUE(RunUntil([&] { return transport.received.size() == 5; }));
  EXPECT_EQ(transport.received, "early");
}

TEST_P(TransportReceiveTest, NothingComesOnceReceivingIsOffAndSettled) {
  transport_.SetReceiving(false);
  Settle();
  WriteAll(peer(), "x");
  AwaitReady(transport_.fd(), POLLIN);
  Settle();
  EXPECT_EQ(transport_.received, "");
  transport_.SetReceiving(true);
  EXPECT_TRUE(RunUntilReceived(1));
}

TEST_P(TransportReceiveTest, ReceivingMayBeToggledInsideOnBytes) {
  const std::string text = Pattern(300'000);
  std::size_t written = 0;
  transport_.when_bytes = [&] {
    transport_.SetReceiving(false);
    if (transport_.bytes_count % 2 == 0) transport_.SetReceiving(true);
  };
  ASSERT_TRUE(RunUntil([&] {
    written += WriteSome(peer(), std::string_view(text).substr(written));
    transport_.SetReceiving(true);
    return transport_.received.size() == text.size();
  }));
  EXPECT_EQ(transport_.received, text);
}

// An owner that is slow gets little at a time, whatever the peer does.
TEST_P(TransportReceiveTest, TurnedOffInsideOnBytesItSoonStops) {
  SetBufferBytes(peer(), 1 << 22);
  SetBufferBytes(transport_.fd(), 1 << 22);
  transport_.when_bytes = [&] { transport_.SetReceiving(false); };
  FillUp(peer());
  ASSERT_TRUE(RunUntilReceived(1));
  Settle();
  EXPECT_LE(transport_.received.size(), poller().receive_budget());
}

TEST_P(TransportReceiveTest, ReceivingMayBeToggledWithoutEnd) {
  for (int i = 0; i < 100; ++i) {
    transport_.SetReceiving(false);
    if (i % 3 == 0) Turn();
    transport_.SetReceiving(true);
  }
  WriteAll(peer(), "x");
  EXPECT_TRUE(RunUntilReceived(1));
}

TEST_P(TransportReceiveTest, FinIsToldOnce) {
  peer_.Reset();
  ASSERT_TRUE(RunUntil([&] { return transport_.fin_count > 0; }));
  Settle();
  EXPECT_EQ(transport_.fin_count, 1);
  EXPECT_EQ(transport_.error_count, 0);
}

TEST_P(TransportReceiveTest, FinIsToldAfterEveryByte) {
  const std::string text = Pattern(1'000'000);
  std::size_t written = 0;
  std::size_t size_at_end = 0;
  transport_.when_end = [&] { size_at_end = transport_.received.size(); };
  ASSERT_TRUE(RunUntil([&] {
    written += WriteSome(peer(), std::string_view(text).substr(written));
    if (peer_ && written == text.size()) peer_.Reset();
    return transport_.fin_count > 0;
  }));
  EXPECT_EQ(size_at_end, text.size());
  EXPECT_TRUE(transport_.received == text);
}

TEST_P(TransportReceiveTest, FinWaitsUntilReceivingIsOn) {
  transport_.SetReceiving(false);
  Settle();
  WriteAll(peer(), "last");
  os::ShutdownWrite(peer());
  AwaitReady(transport_.fd(), POLLIN);
  Settle();
  EXPECT_EQ(transport_.fin_count, 0);
  transport_.SetReceiving(true);
  ASSERT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
  EXPECT_EQ(transport_.received, "last");
}

TEST_P(TransportReceiveTest, FinIsHeldBackWhenOnBytesTurnsReceivingOff) {
  WriteAll(peer(), "last");
  os::ShutdownWrite(peer());
  AwaitReady(transport_.fd(), POLLIN);
  transport_.when_bytes = [&] { transport_.SetReceiving(false); };
  ASSERT_TRUE(RunUntil([&] {
    if (transport_.received.size() < 4) transport_.SetReceiving(true);
    return transport_.received.size() == 4;
  }));
  Settle();
  EXPECT_EQ(transport_.fin_count, 0);
  transport_.SetReceiving(true);
  EXPECT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
}

TEST_P(TransportReceiveTest, SendingGoesOnAfterFin) {
  os::ShutdownWrite(peer());
  ASSERT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
  transport_.SetReceiving(false);
  transport_.SetReceiving(true);
  transport_.Send("still here");
  ASSERT_TRUE(RunUntil([&] { return transport_.sent == 10; }));
  EXPECT_EQ(ReadAll(peer(), 10), "still here");
  EXPECT_EQ(transport_.error_count, 0);
}

TEST_P(TransportReceiveTest, AResetIsToldOnce) {
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
  transport_.SetReceiving(false);
  transport_.SetReceiving(true);
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
  EXPECT_EQ(transport_.fin_count, 0);
}

TEST_P(TransportReceiveTest, BytesBeforeAResetAreNoEnd) {
  WriteAll(peer(), "x");
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
  EXPECT_EQ(transport_.fin_count, 0);
}

TEST_P(TransportReceiveTest, AResetWhilePausedIsTold) {
  transport_.SetReceiving(false);
  Settle();
  WriteAll(peer(), "x");
  AwaitReady(transport_.fd(), POLLIN);
  Settle();
  Reset(std::move(peer_));
  // A kernel queue tells of nothing that it was not asked for.
  const bool is_linux =
      !GetParam().is_fake() && poller().backend() != Backend::kKqueue;
  if (!is_linux) transport_.SetReceiving(true);
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
  EXPECT_EQ(transport_.fin_count, 0);
}

TEST_P(TransportReceiveTest, AResetAfterFinIsAnErrorForTheSender) {
  os::ShutdownWrite(peer());
  ASSERT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] {
    if (!transport_.is_broken()) transport_.Send("x");
    return transport_.is_broken();
  }));
  Settle();
  EXPECT_EQ(transport_.error_count, 1);
  EXPECT_EQ(transport_.fin_count, 1);
}

TEST_P(TransportReceiveTest, AUnixPeerThatLeavesBytesUnreadResets) {
  SocketPair other = UnixPair();
  RecordingTransport transport(poller(), std::move(other.ours));
  ASSERT_TRUE(transport.Open().ok());
  transport.Send("never read");
  ASSERT_TRUE(RunUntil([&] { return transport.sent == 10; }));
  other.peer.Reset();
  ASSERT_TRUE(RunUntil([&] { return transport.is_broken(); }));
  EXPECT_EQ(transport.error->code(), std::errc::connection_reset);
}

TEST_P(TransportReceiveTest, ADescriptorThatIsInUseCannotBeOpened) {
  struct Nobody final : internal::ReadySink {
    void OnReady(Interest) override { ADD_FAILURE(); }
  } nobody;
  RecordingTransport transport(poller(), UnixPair().ours);
  const int fd = transport.fd();
  ASSERT_TRUE(poller().Add(fd, Interest::kNone, nobody).ok());
  EXPECT_EQ(transport.Open().code(), Error::kInvalidArgument);
  poller().Remove(fd);
  EXPECT_TRUE(transport.Open().ok());
}

TEST_P(TransportReceiveTest, WhatIsNoDescriptorCannotBeOpened) {
  RecordingTransport transport(poller(), UniqueFd());
  EXPECT_EQ(transport.Open().code(), std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace eddy::test
