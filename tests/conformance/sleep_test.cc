// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SleepRealTimeTest: a poller with nothing to do sleeps, whatever its peers do.

#include <chrono>
#include <string>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "conformance/request.h"
#include "os/socket.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class SleepRealTimeTest : public PollerTest {
 protected:
  void SetUp() override { ASSERT_TRUE(transport_.Open().ok()); }
  int peer() const { return peer_.get(); }

  // Sends until the kernel takes no more, and makes sure that it does not.
  void Block() {
    SetBufferBytes(transport_.fd(), 1 << 14);
    SetBufferBytes(peer(), 1 << 14);
    transport_.Send(std::string(4'000'000, 'b'));
    Settle();
    EXPECT_TRUE(RunUntil([this] {
      pollfd entry{transport_.fd(), POLLOUT, 0};
      return ::poll(&entry, 1, 0) == 0;
    })) << "there is always room";
    EXPECT_GT(transport_.output().size(), 0U);
  }
  // Everything that is unread, unsent or unsaid may have been noticed once;
  // from then on each Wait lasts. A poller that does not sleep returns
  // thousands of times.
  void ExpectSleep() {
    Settle();
    int returns = 0;
    const auto deadline = Clock::now() + milliseconds(200);
    while (Clock::now() < deadline) {
      EXPECT_TRUE(poller().Wait(milliseconds(20)).ok());
      ++returns;
    }
    EXPECT_LT(returns, 30);
  }

  SocketPair pair_ = TcpPair();
  UniqueFd peer_ = std::move(pair_.peer);
  RecordingTransport transport_{poller(), std::move(pair_.ours)};
};
INSTANTIATE_TEST_SUITE_P(Poller, SleepRealTimeTest,
                         ::testing::ValuesIn(RealBackends()), NameOf);

TEST_P(SleepRealTimeTest, WithAnIdleStream) {
  transport_.Send("x");
  WriteAll(peer(), "x");
  ExpectSleep();
}

TEST_P(SleepRealTimeTest, WithBytesUnread) {
  transport_.SetReceiving(false);
  FillUp(peer());
  ExpectSleep();
}

TEST_P(SleepRealTimeTest, WithOutputBlocked) {
  Block();
  ExpectSleep();
}

TEST_P(SleepRealTimeTest, WithOutputBlockedAndBytesUnreadAndFin) {
  Block();
  transport_.SetReceiving(false);
  WriteAll(peer(), "unread");
  os::ShutdownWrite(peer());
  ExpectSleep();
  EXPECT_EQ(transport_.fin_count, 0);
}

TEST_P(SleepRealTimeTest, WithOutputBlockedAfterFin) {
  Block();
  os::ShutdownWrite(peer());
  ExpectSleep();
  EXPECT_EQ(transport_.fin_count, 1);
}

TEST_P(SleepRealTimeTest, AfterFinOfBothSides) {
  os::ShutdownWrite(transport_.fd());
  os::ShutdownWrite(peer());
  ExpectSleep();
  EXPECT_EQ(transport_.fin_count, 1);
}

// The socket has hung up, which is reported whatever the interest.
TEST_P(SleepRealTimeTest, AfterFinOfBothSidesWithBytesUnread) {
  transport_.SetReceiving(false);
  WriteAll(peer(), "unread");
  os::ShutdownWrite(transport_.fd());
  os::ShutdownWrite(peer());
  ExpectSleep();
  EXPECT_EQ(transport_.fin_count, 0);
  transport_.SetReceiving(true);
  EXPECT_TRUE(RunUntil([&] { return transport_.fin_count == 1; }));
  EXPECT_EQ(transport_.received, "unread");
}

TEST_P(SleepRealTimeTest, AfterAReset) {
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  ExpectSleep();
}

TEST_P(SleepRealTimeTest, AfterAResetThatWasPaused) {
  transport_.SetReceiving(false);
  Settle();
  Reset(std::move(peer_));
  ExpectSleep();
}

TEST_P(SleepRealTimeTest, AfterAResetThatWasBlocked) {
  Block();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntil([&] { return transport_.is_broken(); }));
  transport_.SetReceiving(false);
  transport_.SetReceiving(true);
  ExpectSleep();
  EXPECT_EQ(transport_.error_count, 1);
}

TEST_P(SleepRealTimeTest, WithADescriptorThatIsOfNoInterest) {
  struct Nobody final : internal::ReadySink {
    void OnReady(Interest) override { ADD_FAILURE(); }
  } nobody;
  SocketPair other = TcpPair();
  const int fd = other.ours.get();
  ASSERT_TRUE(poller().Add(fd, Interest::kRead, nobody).ok());
  ASSERT_TRUE(poller().Modify(fd, Interest::kNone).ok());
  WriteAll(other.peer.get(), "unread");
  Reset(std::move(other.peer));
  ExpectSleep();
  poller().Remove(fd);
}

TEST_P(SleepRealTimeTest, WithoutRequestsOnAReadySocket) {
  SocketPair other = TcpPair();
  const int fd = other.ours.get();
  WriteAll(other.peer.get(), "abc");
  Request read(fd, Operation::Kind::kRead, "?");
  Request write(fd, Operation::Kind::kWrite, "x");
  Request next(fd, Operation::Kind::kRead, "?");
  poller().Submit(read);
  poller().Submit(write);
  ASSERT_TRUE(RunUntil([&] { return read.outcome && write.outcome; }));
  ExpectSleep();
  poller().Submit(next);
  ASSERT_TRUE(RunUntil([&] { return next.outcome.has_value(); }));
  Reset(std::move(other.peer));
  ExpectSleep();
  poller().Remove(fd);
}

TEST_P(SleepRealTimeTest, AfterAReadThatWaited) {
  SocketPair other = TcpPair();
  const int fd = other.ours.get();
  Request read(fd, Operation::Kind::kRead, "?");
  poller().Submit(read);
  Settle();
  WriteAll(other.peer.get(), "x");
  ASSERT_TRUE(RunUntil([&] { return read.outcome.has_value(); }));
  Reset(std::move(other.peer));
  ExpectSleep();
  poller().Remove(fd);
}

TEST_P(SleepRealTimeTest, AfterAWriteThatWasBlocked) {
  SocketPair other = TcpPair();
  const int fd = other.ours.get();
  SetBufferBytes(fd, 1 << 14);
  Request write(fd, Operation::Kind::kWrite, std::string(1'000'000, 'b'));
  poller().Submit(write);
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    ReadSome(other.peer.get(), at_peer);
    return write.outcome.has_value();
  }));
  ExpectSleep();
  poller().Remove(fd);
}

TEST_P(SleepRealTimeTest, WithRequestsThatCannotGoOn) {
  SocketPair other = TcpPair();
  const int fd = other.ours.get();
  SetBufferBytes(fd, 1 << 14);
  SetBufferBytes(other.peer.get(), 1 << 14);
  Request read(fd, Operation::Kind::kRead, "?");
  Request write(fd, Operation::Kind::kWrite, std::string(4'000'000, 'b'));
  poller().Submit(read);
  poller().Submit(write);
  ExpectSleep();
  poller().Cancel(read);
  WriteAll(other.peer.get(), "unread");
  os::ShutdownWrite(other.peer.get());
  ExpectSleep();
  poller().Cancel(write);
  ASSERT_TRUE(RunUntil([&] { return write.outcome.has_value(); }));
  poller().Remove(fd);
}

}  // namespace
}  // namespace eddy::test
