// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherRequestTest: reads and writes, on every backend.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "os/socket.h"
#include "support/allocation_count.h"
#include "support/pattern.h"
#include "support/watcher_test.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;
using std::string_view_literals::operator""sv;

class WatcherRequestTest : public WatcherTest {
 protected:
  // Before its buffers.
  ~WatcherRequestTest() override { Destroy(); }

  std::span<std::byte> Buffer(std::size_t size) {
    buffers_.emplace_back(size, ' ');
    return std::as_writable_bytes(std::span(buffers_.back()));
  }

  SocketPair pair_ = TcpPair();
  const WatchedId id_ = Adopt(std::move(pair_.ours));
  UniqueFd peer_ = std::move(pair_.peer);

 private:
  std::deque<std::string> buffers_;
};
EDDY_ON_USABLE_BACKENDS(WatcherRequestTest);

TEST_P(WatcherRequestTest, AReadCompletesWithTheFirstBytes) {
  int context = 0;
  const auto buffer = Buffer(100);
  ASSERT_TRUE(watcher().Read(id_, &context, buffer).ok());
  ExpectNoResult();
  WriteAll(peer_.get(), "hello");
  const Outcome outcome = CollectOne();
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.operation, Operation::kRead);
  EXPECT_EQ(outcome.id, id_);
  EXPECT_EQ(outcome.context, &context);
  EXPECT_EQ(outcome.data, buffer.data());
  EXPECT_EQ(outcome.text, "hello");
  EXPECT_FALSE(outcome.is_swap_buffer);
}

TEST_P(WatcherRequestTest, AWriteCompletesWhenAllIsWritten) {
  int context = 0;
  const std::string text = Pattern(3'000'000);
  SetBufferBytes(peer_.get(), 1 << 14);
  ASSERT_TRUE(watcher().Write(id_, &context, AsBytes(text)).ok());
  std::string at_peer;
  std::thread reader([&] { at_peer = ReadAll(peer_.get(), text.size()); });
  const Outcome outcome = CollectOne();
  reader.join();
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.operation, Operation::kWrite);
  EXPECT_EQ(outcome.context, &context);
  EXPECT_EQ(outcome.size, text.size());
  EXPECT_TRUE(at_peer == text);
}

// gaio's TestReadFull and TestEchoHuge.
TEST_P(WatcherRequestTest, AHundredMebibytesArriveInOneRequestEachWay) {
  const std::string text = Pattern(std::size_t{100} << 20);
  const auto buffer = Buffer(text.size());
  const WatchedId other = Adopt(std::move(peer_));
  ASSERT_TRUE(watcher().ReadFull(other, nullptr, buffer).ok());
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes(text)).ok());
  for (const Outcome& outcome : Collect(2)) {
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.message();
    EXPECT_EQ(outcome.size, text.size());
  }
  EXPECT_TRUE(AsText(buffer) == text);
}

// gaio's TestBidirectionWatcher.
TEST_P(WatcherRequestTest, AReadAndAWriteMayBeOutstandingTogether) {
  ASSERT_TRUE(watcher().Read(id_, nullptr).ok());
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("ping"sv)).ok());
  EXPECT_EQ(CollectOne().operation, Operation::kWrite);
  EXPECT_EQ(ReadAll(peer_.get(), 4), "ping");
  WriteAll(peer_.get(), "pong");
  EXPECT_EQ(CollectOne().text, "pong");
}

TEST_P(WatcherRequestTest, ReadsCompleteInOrder) {
  std::array<int, 5> contexts{};
  for (int& context : contexts) {
    ASSERT_TRUE(watcher().ReadFull(id_, &context, Buffer(2)).ok());
  }
  WriteAll(peer_.get(), "0011223344");
  const auto outcomes = Collect(5);
  ASSERT_EQ(outcomes.size(), 5U);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].context, &contexts[i]);
    EXPECT_EQ(outcomes[i].text, std::string(2, static_cast<char>('0' + i)));
  }
}

TEST_P(WatcherRequestTest, WritesCompleteInOrder) {
  const std::string text = Pattern(1'000'000);
  std::array<int, 10> contexts{};
  const std::size_t part = text.size() / contexts.size();
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    ASSERT_TRUE(
        watcher()
            .Write(id_, &contexts[i],
                   AsBytes(std::string_view(text).substr(i * part, part)))
            .ok());
  }
  std::string at_peer;
  std::thread reader([&] { at_peer = ReadAll(peer_.get(), text.size()); });
  const auto outcomes = Collect(contexts.size());
  reader.join();
  ASSERT_EQ(outcomes.size(), contexts.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].context, &contexts[i]);
  }
  EXPECT_TRUE(at_peer == text);
}

// gaio's TestEchoTiny: the smallest buffer there is.
TEST_P(WatcherRequestTest, AByteAtATimeLosesNothing) {
  WriteAll(peer_.get(), "hello world");
  std::string text;
  const auto buffer = Buffer(1);
  while (text.size() < 11) {
    ASSERT_TRUE(watcher().Read(id_, nullptr, buffer).ok());
    text += CollectOne().text;
  }
  EXPECT_EQ(text, "hello world");
}

TEST_P(WatcherRequestTest, TheEndOfTheStreamIsToldToEachRead) {
  WriteAll(peer_.get(), "last");
  os::ShutdownWrite(peer_.get());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(100)).ok());
  }
  const auto outcomes = Collect(3);
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[0].text, "last");
  EXPECT_TRUE(outcomes[0].status.ok());
  for (std::size_t i : {1U, 2U}) {
    EXPECT_EQ(outcomes[i].status.code(), Error::kEndOfStream);
    EXPECT_EQ(outcomes[i].size, 0U);
  }
}

TEST_P(WatcherRequestTest, AFullReadThatTheEndCutsShortSaysSo) {
  ASSERT_TRUE(watcher().ReadFull(id_, nullptr, Buffer(100)).ok());
  WriteAll(peer_.get(), "some");
  os::ShutdownWrite(peer_.get());
  const Outcome outcome = CollectOne();
  EXPECT_EQ(outcome.status.code(), Error::kEndOfStream);
  EXPECT_EQ(outcome.text, "some");
}

TEST_P(WatcherRequestTest, AResetIsTold) {
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(100)).ok());
  ExpectNoResult();
  Reset(std::move(peer_));
  EXPECT_EQ(CollectOne().status.code(), std::errc::connection_reset);
}

// gaio's TestWriteOnClosedConn.
TEST_P(WatcherRequestTest, AWriteToAPeerThatIsGoneFails) {
  Reset(std::move(peer_));
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("hello"sv)).ok());
  const Status status = CollectOne().status;
  EXPECT_TRUE(status.code() == std::errc::connection_reset ||
              status.code() == std::errc::broken_pipe)
      << status.message();
}

// gaio's TestEmptyBuffer, and its defect of a read that ends a healthy stream.
TEST_P(WatcherRequestTest, AnEmptyBufferIsRefusedAtOnce) {
  EXPECT_EQ(watcher().Read(id_, nullptr, std::span<std::byte>()).code(),
            Error::kEmptyBuffer);
  EXPECT_EQ(watcher().ReadFull(id_, nullptr, {}).code(), Error::kEmptyBuffer);
  EXPECT_EQ(watcher().Write(id_, nullptr, {}).code(), Error::kEmptyBuffer);
  ExpectNoResult();
}

// gaio's TestUnsupportedConn.
TEST_P(WatcherRequestTest, WhatIsNoStreamSocketIsRefused) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd writer(ends[1]);
  UniqueFd datagram(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(watcher().Adopt(UniqueFd(ends[0])).status().code(),
            Error::kUnsupported);
  EXPECT_EQ(watcher().Adopt(std::move(datagram)).status().code(),
            Error::kUnsupported);
  EXPECT_EQ(watcher().Adopt(ListenOnLoopback()).status().code(),
            Error::kUnsupported);
  EXPECT_EQ(watcher().Adopt(UniqueFd()).status().code(),
            std::errc::bad_file_descriptor);
  EXPECT_LT(::fcntl(ends[0], F_GETFD), 0) << "what is refused is closed";
}

TEST_P(WatcherRequestTest, ABlockingSocketDoesNotBlockTheWatcher) {
  SocketPair pair = TcpPair();
  os::SetBlocking(pair.ours.get(), true);
  const WatchedId id = Adopt(std::move(pair.ours));
  ASSERT_TRUE(watcher().Read(id, nullptr, Buffer(10)).ok());
  ExpectNoResult();
}

TEST_P(WatcherRequestTest, ADeadlineEndsAWriteThatThePeerDoesNotTake) {
  const std::string text(20'000'000, 'x');
  ASSERT_TRUE(
      watcher()
          .Write(id_, nullptr, AsBytes(text), Clock::now() + milliseconds(20))
          .ok());
  const Outcome outcome = CollectOne();
  EXPECT_EQ(outcome.status.code(), Error::kTimeout);
  EXPECT_GT(outcome.size, 0U);
  EXPECT_LT(outcome.size, text.size());
}

// gaio sent the next write behind the half of the one before.
TEST_P(WatcherRequestTest, AfterATornWriteLaterOnesFail) {
  const std::string text(20'000'000, 'x');
  int context = 0;
  const auto deadline = Clock::now() + milliseconds(20);
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes(text), deadline).ok());
  ASSERT_TRUE(watcher().Write(id_, &context, AsBytes("more"sv)).ok());
  const auto outcomes = Collect(2);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].status.code(), Error::kTimeout);
  EXPECT_EQ(outcomes[1].status.code(), Error::kTornStream);
  EXPECT_EQ(outcomes[1].context, &context);
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("more"sv)).ok());
  EXPECT_EQ(CollectOne().status.code(), Error::kTornStream);
  EXPECT_EQ(ReadAll(peer_.get(), outcomes[0].size),
            text.substr(0, outcomes[0].size));
  // Reading goes on.
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(10)).ok());
  EXPECT_EQ(CollectOne().text, "hello");
}

// gaio's TestDeadline.
TEST_P(WatcherRequestTest, ADeadlineEndsAReadOfASilentPeer) {
  const auto begin = Clock::now();
  ASSERT_TRUE(
      watcher().Read(id_, nullptr, Buffer(10), begin + milliseconds(20)).ok());
  ASSERT_TRUE(watcher().Read(id_, nullptr, begin + milliseconds(20)).ok());
  for (const Outcome& outcome : Collect(2)) {
    EXPECT_EQ(outcome.status.code(), Error::kTimeout);
    EXPECT_EQ(outcome.size, 0U);
  }
  EXPECT_GE(Clock::now(), begin + milliseconds(20));
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(10)).ok());
  EXPECT_EQ(CollectOne().text, "hello");
}

TEST_P(WatcherRequestTest, WhatIsReadyWinsOverADeadlineThatHasPassed) {
  for (int i = 0; i < 5; ++i) {
    WriteAll(peer_.get(), "hello");
    ASSERT_TRUE(AwaitReady(peer_.get(), POLLOUT));
    const auto past = Clock::now() - milliseconds(i == 0 ? 0 : 10);
    if (i % 2 == 0) {
      ASSERT_TRUE(watcher().ReadFull(id_, nullptr, Buffer(5), past).ok());
    } else {
      ASSERT_TRUE(watcher().Read(id_, nullptr, past).ok());
    }
    const Outcome outcome = CollectOne();
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.message();
    EXPECT_EQ(outcome.text, "hello");
  }
}

TEST_P(WatcherRequestTest, ADeadlineThatHasPassedEndsAReadOfNothing) {
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(5), Clock::now()).ok());
  EXPECT_EQ(CollectOne().status.code(), Error::kTimeout);
}

// One of gaio's mended defects: the timer of the later one was kept.
TEST_P(WatcherRequestTest, AnEarlierDeadlineThatComesLaterIsKept) {
  int late = 0;
  int early = 0;
  SocketPair pair = TcpPair();
  const WatchedId other = Adopt(std::move(pair.ours));
  const auto now = Clock::now();
  ASSERT_TRUE(
      watcher().Read(id_, &late, Buffer(1), now + std::chrono::hours(1)).ok());
  ASSERT_TRUE(
      watcher().Read(other, &early, Buffer(1), now + milliseconds(5)).ok());
  EXPECT_EQ(CollectOne().context, &early);
  ASSERT_TRUE(watcher().Free(id_).ok());
  EXPECT_EQ(CollectOne().context, &late);
}

// One that waits behind others has a deadline, too.
TEST_P(WatcherRequestTest, ADeadlineCountsWhileOthersAreInFront) {
  int context = 0;
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(1)).ok());
  ASSERT_TRUE(
      watcher()
          .Read(id_, &context, Buffer(1), Clock::now() + milliseconds(5))
          .ok());
  const Outcome outcome = CollectOne();
  EXPECT_EQ(outcome.context, &context);
  EXPECT_EQ(outcome.status.code(), Error::kTimeout);
  WriteAll(peer_.get(), "x");
  EXPECT_EQ(CollectOne().text, "x");
}

TEST_P(WatcherRequestTest, CancelEndsAllOfADescriptor) {
  const std::string text(20'000'000, 'x');
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(1)).ok());
  }
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes(text)).ok());
  ExpectNoResult();
  EXPECT_EQ(watcher().Cancel(id_), 4U);
  for (const Outcome& outcome : Collect(4)) {
    EXPECT_EQ(outcome.status.code(), Error::kCancelled);
  }
  EXPECT_EQ(watcher().Cancel(id_), 0U);
  WriteAll(peer_.get(), "x");
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(1)).ok());
  EXPECT_EQ(CollectOne().text, "x");
}

TEST_P(WatcherRequestTest, ShutdownFollowsTheLastWrite) {
  const std::string text = Pattern(3'000'000);
  int context = 0;
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes(text)).ok());
  ASSERT_TRUE(watcher().Shutdown(id_).ok());
  ASSERT_TRUE(watcher().Write(id_, &context, AsBytes("late"sv)).ok());
  std::string at_peer;
  std::thread reader([&] { at_peer = ReadAll(peer_.get(), text.size()); });
  const auto outcomes = Collect(2);
  reader.join();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_TRUE(outcomes[0].status.ok());
  EXPECT_EQ(outcomes[1].context, &context);
  EXPECT_EQ(outcomes[1].status.code(), std::errc::broken_pipe);
  EXPECT_TRUE(at_peer == text);
  ASSERT_TRUE(AwaitReady(peer_.get(), POLLIN));
  EXPECT_TRUE(HasEnded(peer_.get()));
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("x"sv)).ok());
  EXPECT_EQ(CollectOne().status.code(), std::errc::broken_pipe);
  WriteAll(peer_.get(), "still there");
  ASSERT_TRUE(watcher().Read(id_, nullptr, Buffer(100)).ok());
  EXPECT_EQ(CollectOne().text, "still there");
}

TEST_P(WatcherRequestTest, OutstandingRequestsAreBounded) {
  Make({.max_requests = 3});
  SocketPair pair = TcpPair();
  const WatchedId id = Adopt(std::move(pair.ours));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watcher().Read(id, nullptr, Buffer(1)).ok());
  }
  ExpectNoResult();
  EXPECT_EQ(watcher().Read(id, nullptr, Buffer(1)).code(),
            Error::kTooManyRequests);
  std::thread([&] {
    EXPECT_EQ(watcher().Read(id, nullptr, Buffer(1)).code(),
              Error::kTooManyRequests);
  }).join();
  WriteAll(pair.peer.get(), "x");
  EXPECT_EQ(CollectOne().text, "x");
  EXPECT_TRUE(watcher().Read(id, nullptr, Buffer(1)).ok());
  EXPECT_TRUE(watcher().Free(id).ok()) << "not bounded by that";
  EXPECT_EQ(Collect(3).size(), 3U);
}

TEST_P(WatcherRequestTest, WhatOtherThreadsAskForCountsAtOnce) {
  Make({.max_requests = 3});
  SocketPair pair = TcpPair();
  const WatchedId id = Adopt(std::move(pair.ours));
  ASSERT_TRUE(watcher().WaitIo(milliseconds(0)));
  std::thread([&] {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(watcher().Read(id, nullptr).ok());
    }
  }).join();
  EXPECT_EQ(watcher().Read(id, nullptr).code(), Error::kTooManyRequests);
  EXPECT_EQ(watcher().Cancel(id), 3U) << "asked for before";
  EXPECT_EQ(Collect(3).size(), 3U);
}

TEST_P(WatcherRequestTest, WritesOfSeveralThreadsKeepTheProgramsOrder) {
  ASSERT_TRUE(watcher().WaitIo(milliseconds(0)));
  std::thread([&] {
    EXPECT_TRUE(watcher().Write(id_, nullptr, AsBytes("first "sv)).ok());
  }).join();
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("second"sv)).ok());
  EXPECT_EQ(Collect(2).size(), 2U);
  EXPECT_EQ(ReadAll(peer_.get(), 12), "first second");
}

// The peer must not take the part for the whole.
TEST_P(WatcherRequestTest, ATornStreamEndsWithAReset) {
  const std::string text(20'000'000, 'x');
  ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes(text)).ok());
  ExpectNoResult();
  ASSERT_TRUE(watcher().Shutdown(id_).ok());
  ASSERT_TRUE(watcher().Free(id_).ok());
  EXPECT_EQ(CollectOne().status.code(), Error::kClosed);
  std::string at_peer;
  Stream state = Stream::kOpen;
  while (state == Stream::kOpen && AwaitReady(peer_.get(), POLLIN)) {
    state = ReadSome(peer_.get(), at_peer);
  }
  EXPECT_EQ(state, Stream::kBroken);
}

TEST_P(WatcherRequestTest, RequestsAllocateNothingOnceAllIsWarm) {
  const auto buffer = Buffer(64);
  const auto echo_once = [&](bool is_own, Deadline deadline) {
    WriteAll(peer_.get(), "hello");
    const Status read = is_own ? watcher().Read(id_, nullptr, buffer, deadline)
                               : watcher().Read(id_, nullptr, deadline);
    ASSERT_TRUE(read.ok());
    const auto arrived = watcher().WaitIo();
    ASSERT_TRUE(arrived && arrived->size() == 1);
    const OpResult& result = arrived->front();
    ASSERT_TRUE(
        watcher().Write(id_, nullptr, result.buffer.first(result.size)).ok());
    ASSERT_TRUE(watcher().WaitIo());
  };
  std::size_t warm = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 10) warm = AllocationCount();
    echo_once(i % 2 == 0,
              i % 3 == 0 ? kNoDeadline : Clock::now() + std::chrono::hours(1));
  }
  EXPECT_GT(warm, 0U);
  EXPECT_EQ(AllocationCount(), warm);
}

TEST_P(WatcherRequestTest, WaitIoReturnsNothingWhenItsTimeHasPassed) {
  const auto begin = Clock::now();
  const auto results = watcher().WaitIo(milliseconds(10));
  ASSERT_TRUE(results);
  EXPECT_TRUE(results->empty());
  EXPECT_GE(Clock::now(), begin + milliseconds(10));
}

TEST_P(WatcherRequestTest, AnIdThatWasNeverGivenIsRefused) {
  const WatchedId unknown{.generation = 1'000, .slot = 1'000};
  for (const WatchedId id : {WatchedId(), unknown}) {
    EXPECT_EQ(watcher().WaitIo(milliseconds(0))->size(), 0U);
    EXPECT_EQ(watcher().Read(id, nullptr).code(), Error::kClosed);
    EXPECT_EQ(watcher().Free(id).code(), Error::kClosed);
    EXPECT_EQ(watcher().Shutdown(id).code(), Error::kClosed);
    EXPECT_EQ(watcher().Detach(id).status().code(), Error::kClosed);
    EXPECT_EQ(watcher().Cancel(id), 0U);
  }
}

}  // namespace
}  // namespace eddy::test
