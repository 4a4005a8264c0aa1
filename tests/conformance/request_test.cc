// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RequestTest: Submit and Cancel on every backend.

#include "conformance/request.h"

#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/poller_test.h"
#include "os/socket.h"

namespace eddy::test {
namespace {

class RequestTest : public PollerTest {
 protected:
  void TearDown() override {
    poller().Remove(fd_);
    Settle();
  }
  bool RunUntilComplete(const Request& request) {
    return RunUntil([&] { return request.outcome.has_value(); });
  }
  Request Read(std::size_t size) {
    return Request(fd_, Operation::Kind::kRead, std::string(size, 0));
  }
  Request Write(std::string text) {
    return Request(fd_, Operation::Kind::kWrite, std::move(text));
  }
  Request ReadFull(std::size_t size) {
    return Request(fd_, Operation::Kind::kReadFull, std::string(size, 0));
  }

  SocketPair pair_ = TcpPair();
  const int fd_ = pair_.ours.get();
  UniqueFd peer_ = std::move(pair_.peer);
};
EDDY_ON_EVERY_BACKEND(RequestTest);

TEST_P(RequestTest, AReadCompletesWithTheFirstBytes) {
  Request read = Read(100);
  poller().Submit(read);
  Settle();
  EXPECT_FALSE(read.outcome);
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_TRUE(read.outcome->ok());
  ASSERT_GT(read.transferred, 0U);
  EXPECT_EQ(read.moved(),
            std::string_view("hello").substr(0, read.transferred));
}

TEST_P(RequestTest, CompletionComesFromWait) {
  WriteAll(peer_.get(), "hello");
  AwaitReady(fd_, POLLIN);
  Request read = Read(100);
  poller().Submit(read);
  EXPECT_FALSE(read.outcome);
  while (!read.outcome) ASSERT_TRUE(poller().Wait(Poller::kForever).ok());
}

TEST_P(RequestTest, AFullReadWaitsForAllOfIt) {
  Request read = ReadFull(10);
  poller().Submit(read);
  WriteAll(peer_.get(), "01234");
  Settle();
  EXPECT_FALSE(read.outcome);
  WriteAll(peer_.get(), "56789");
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_TRUE(read.outcome->ok());
  EXPECT_EQ(read.moved(), "0123456789");
}

TEST_P(RequestTest, AFullReadMayBeLargerThanTheSocketHolds) {
  const std::string text = Pattern(1'000'000);
  SetBufferBytes(fd_, 1 << 14);
  Request read = ReadFull(text.size());
  poller().Submit(read);
  std::size_t written = 0;
  ASSERT_TRUE(RunUntil([&] {
    written += WriteSome(peer_.get(), std::string_view(text).substr(written));
    return read.outcome.has_value();
  }));
  EXPECT_TRUE(read.moved() == text);
}

TEST_P(RequestTest, AReadLeavesTheRestToTheNext) {
  WriteAll(peer_.get(), "0123456789");
  std::string text;
  while (text.size() < 10) {
    Request read = Read(3);
    poller().Submit(read);
    ASSERT_TRUE(RunUntilComplete(read));
    ASSERT_TRUE(read.outcome->ok());
    ASSERT_GT(read.transferred, 0U);
    text += read.moved();
  }
  EXPECT_EQ(text, "0123456789");
}

TEST_P(RequestTest, AReadAtTheEndMovesNothing) {
  peer_.Reset();
  for (int i = 0; i < 2; ++i) {
    Request read = Read(10);
    poller().Submit(read);
    ASSERT_TRUE(RunUntilComplete(read));
    EXPECT_TRUE(read.outcome->ok());
    EXPECT_EQ(read.transferred, 0U);
  }
}

TEST_P(RequestTest, AFullReadEndsShortAtTheEnd) {
  Request read = ReadFull(10);
  poller().Submit(read);
  WriteAll(peer_.get(), "012");
  os::ShutdownWrite(peer_.get());
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_TRUE(read.outcome->ok());
  EXPECT_EQ(read.moved(), "012");
}

TEST_P(RequestTest, AWriteCompletesWhenAllIsWritten) {
  const std::string text = Pattern(2'000'000);
  SetBufferBytes(fd_, 1 << 14);
  SetBufferBytes(peer_.get(), 1 << 14);
  Request write = Write(text);
  poller().Submit(write);
  Settle();
  EXPECT_FALSE(write.outcome);
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    ReadSome(peer_.get(), at_peer);
    return at_peer.size() == text.size();
  }));
  ASSERT_TRUE(RunUntilComplete(write));
  EXPECT_TRUE(write.outcome->ok());
  EXPECT_EQ(write.transferred, text.size());
  EXPECT_TRUE(at_peer == text);
}

TEST_P(RequestTest, AReadAndAWriteMayBeUnderWayTogether) {
  const std::string out = Pattern(500'000, 1);
  const std::string in = Pattern(500'000, 2);
  SetBufferBytes(fd_, 1 << 14);
  Request read = ReadFull(in.size());
  Request write = Write(out);
  poller().Submit(read);
  poller().Submit(write);
  std::size_t written = 0;
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    written += WriteSome(peer_.get(), std::string_view(in).substr(written));
    ReadSome(peer_.get(), at_peer);
    return read.outcome && write.outcome && at_peer.size() == out.size();
  }));
  EXPECT_TRUE(read.moved() == in);
  EXPECT_TRUE(at_peer == out);
}

TEST_P(RequestTest, ABlockedWriteLeavesReadingAlone) {
  SetBufferBytes(fd_, 1 << 14);
  Request read = Read(10);
  Request write = Write(Pattern(4'000'000));
  poller().Submit(read);
  poller().Submit(write);
  Settle();
  WriteAll(peer_.get(), "hello");
  EXPECT_TRUE(RunUntilComplete(read));
  EXPECT_FALSE(write.outcome);
  poller().Cancel(write);
  EXPECT_TRUE(RunUntilComplete(write));
}

TEST_P(RequestTest, OnCompleteMaySubmitTheNext) {
  WriteAll(peer_.get(), "ab");
  Request first = Read(1);
  Request second = Read(1);
  first.when_complete = [&] { poller().Submit(second); };
  poller().Submit(first);
  ASSERT_TRUE(RunUntilComplete(second));
  EXPECT_EQ(first.moved(), "a");
  EXPECT_EQ(second.moved(), "b");
}

TEST_P(RequestTest, AResetFailsARead) {
  Request read = Read(10);
  poller().Submit(read);
  Settle();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_EQ(read.outcome->code(), std::errc::connection_reset);
}

TEST_P(RequestTest, AResetFailsABlockedWrite) {
  SetBufferBytes(fd_, 1 << 14);
  Request write = Write(Pattern(4'000'000));
  poller().Submit(write);
  Settle();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntilComplete(write));
  EXPECT_EQ(write.outcome->code(), std::errc::connection_reset);
  EXPECT_LT(write.transferred, 4'000'000U);
}

TEST_P(RequestTest, AResetFailsAReadAndAWrite) {
  SetBufferBytes(fd_, 1 << 14);
  Request read = Read(10);
  Request write = Write(Pattern(4'000'000));
  poller().Submit(read);
  poller().Submit(write);
  Settle();
  Reset(std::move(peer_));
  ASSERT_TRUE(RunUntilComplete(read));
  ASSERT_TRUE(RunUntilComplete(write));
  EXPECT_FALSE(write.outcome->ok());
  // Whichever came first took the error out of the socket.
  EXPECT_TRUE(!read.outcome->ok() || read.transferred == 0);
}

TEST_P(RequestTest, WhatIsNoDescriptorIsAnError) {
  poller().Remove(fd_);
  pair_.ours.Reset();
  for (const int fd : {-1, fd_}) {
    Request read(fd, Operation::Kind::kRead, std::string(10, 0));
    poller().Submit(read);
    EXPECT_FALSE(read.outcome);
    ASSERT_TRUE(RunUntilComplete(read));
    EXPECT_EQ(read.outcome->code(), std::errc::bad_file_descriptor);
    poller().Remove(fd);
  }
}

TEST_P(RequestTest, WhatIsNoSocketIsAnError) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  Request read(reader.get(), Operation::Kind::kRead, std::string(10, 0));
  poller().Submit(read);
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_EQ(read.outcome->code(), std::errc::not_a_socket);
  poller().Remove(reader.get());
}

TEST_P(RequestTest, ADescriptorInUseOtherwiseIsAnError) {
  struct Nobody final : internal::ReadySink {
    void OnReady(Interest) override { ADD_FAILURE(); }
  } nobody;
  ASSERT_TRUE(poller().Add(fd_, Interest::kNone, nobody).ok());
  Request read = Read(10);
  poller().Submit(read);
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_EQ(read.outcome->code(), Error::kInvalidArgument);
}

TEST_P(RequestTest, CancelCompletesOnce) {
  Request read = Read(10);
  poller().Submit(read);
  Settle();
  poller().Cancel(read);
  EXPECT_FALSE(read.outcome) << "completed before Wait";
  ASSERT_TRUE(RunUntilComplete(read));
  EXPECT_EQ(read.outcome->code(), Error::kCancelled);
  WriteAll(peer_.get(), "x");
  Settle();
}

TEST_P(RequestTest, CancelRightAfterSubmitCompletesOnce) {
  Request write = Write("hello");
  poller().Submit(write);
  poller().Cancel(write);
  ASSERT_TRUE(RunUntilComplete(write));
  Settle();
  EXPECT_TRUE(write.outcome->ok() ||
              write.outcome->code() == Error::kCancelled);
  EXPECT_EQ(write.transferred, write.outcome->ok() ? 5U : write.transferred);
}

TEST_P(RequestTest, CancelledTwiceItCompletesOnce) {
  Request read = Read(10);
  poller().Submit(read);
  poller().Cancel(read);
  poller().Cancel(read);
  ASSERT_TRUE(RunUntilComplete(read));
  Settle();
}

TEST_P(RequestTest, CancelAfterCompletionDoesNothing) {
  Request read = Read(10);
  poller().Submit(read);
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(RunUntilComplete(read));
  poller().Cancel(read);
  Settle();
  EXPECT_TRUE(read.outcome->ok());
}

TEST_P(RequestTest, CancelSparesTheOtherDirection) {
  SetBufferBytes(fd_, 1 << 14);
  const std::string text = Pattern(1'000'000);
  Request read = Read(10);
  Request write = Write(text);
  poller().Submit(read);
  poller().Submit(write);
  poller().Cancel(read);
  ASSERT_TRUE(RunUntilComplete(read));
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    ReadSome(peer_.get(), at_peer);
    return at_peer.size() == text.size();
  }));
  EXPECT_TRUE(RunUntilComplete(write));
}

TEST_P(RequestTest, AfterCancelTheDescriptorServesTheNext) {
  Request first = Read(10);
  poller().Submit(first);
  poller().Cancel(first);
  ASSERT_TRUE(RunUntilComplete(first));
  Request second = Read(10);
  poller().Submit(second);
  WriteAll(peer_.get(), "x");
  ASSERT_TRUE(RunUntilComplete(second));
  EXPECT_EQ(second.moved(), "x");
}

TEST_P(RequestTest, BothDirectionsMayBeCancelled) {
  SetBufferBytes(fd_, 1 << 14);
  Request read = Read(10);
  Request write = Write(Pattern(4'000'000));
  poller().Submit(read);
  poller().Submit(write);
  Settle();
  poller().Cancel(read);
  poller().Cancel(write);
  EXPECT_FALSE(read.outcome) << "completed before Wait";
  ASSERT_TRUE(RunUntilComplete(read));
  ASSERT_TRUE(RunUntilComplete(write));
  EXPECT_EQ(read.outcome->code(), Error::kCancelled);
  EXPECT_EQ(write.outcome->code(), Error::kCancelled);
  EXPECT_GT(write.transferred, 0U);
}

TEST_P(RequestTest, ThePeerSeesTheEndAsSoonAsARemovedOneIsClosed) {
  Request read = Read(10);
  poller().Submit(read);
  Settle();
  poller().Cancel(read);
  ASSERT_TRUE(RunUntilComplete(read));
  poller().Remove(fd_);
  pair_.ours.Reset();
  EXPECT_TRUE(AwaitReady(peer_.get(), POLLIN));
  EXPECT_TRUE(HasEnded(peer_.get()));
}

TEST_P(RequestTest, WhatWasThereWinsOverCancel) {
  for (int i = 0; i < 3; ++i) {
    WriteAll(peer_.get(), "hello");
    ASSERT_TRUE(AwaitReady(fd_, POLLIN));
    std::size_t received = 0;
    while (received < 5) {
      Request read = Read(100);
      poller().Submit(read);
      poller().Cancel(read);
      ASSERT_TRUE(RunUntilComplete(read));
      ASSERT_TRUE(read.outcome->ok());
      received += read.transferred;
    }
    // From here on it is known that nothing is left.
    Request read = Read(100);
    poller().Submit(read);
    poller().Cancel(read);
    ASSERT_TRUE(RunUntilComplete(read));
    EXPECT_EQ(read.outcome->code(), Error::kCancelled);
  }
}

TEST_P(RequestTest, CancelInsideAnUpCallCompletesOnce) {
  SocketPair other = TcpPair();
  Request waiting = Read(10);
  Request first(other.ours.get(), Operation::Kind::kRead, std::string(10, 0));
  first.when_complete = [&] { poller().Cancel(waiting); };
  poller().Submit(waiting);
  poller().Submit(first);
  Settle();
  WriteAll(peer_.get(), "hello");
  WriteAll(other.peer.get(), "hello");
  ASSERT_TRUE(RunUntilComplete(waiting));
  Settle();
  EXPECT_TRUE(waiting.outcome->ok() ||
              waiting.outcome->code() == Error::kCancelled);
  poller().Remove(other.ours.get());
}

// A read that has no buffer until bytes are there.
class BufferlessRead final : public Operation {
 public:
  explicit BufferlessRead(int descriptor) { fd = descriptor; }
  void OnComplete(const Status& status) override { outcome = status; }
  std::span<std::byte> Offer() override {
    ++offer_count;
    return std::as_writable_bytes(std::span(room));
  }
  void Keep(std::size_t bytes) override { text += room.substr(0, bytes); }

  std::string room = std::string(100, ' ');
  std::string text;
  int offer_count = 0;
  std::optional<Status> outcome;
};

TEST_P(RequestTest, AReadWithoutABufferGetsOneWhenBytesAreThere) {
  BufferlessRead read(fd_);
  poller().Submit(read);
  Settle();
  EXPECT_TRUE(read.text.empty());
  EXPECT_FALSE(read.outcome);
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(RunUntil([&] { return read.outcome.has_value(); }));
  EXPECT_TRUE(read.outcome->ok());
  ASSERT_GT(read.transferred, 0U);
  EXPECT_EQ(read.text, std::string_view("hello").substr(0, read.transferred));
}

TEST_P(RequestTest, AReadWithoutABufferFailsIfThereIsNone) {
  BufferlessRead read(fd_);
  read.room.clear();
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(AwaitReady(fd_, POLLIN));
  poller().Submit(read);
  ASSERT_TRUE(RunUntil([&] { return read.outcome.has_value(); }));
  EXPECT_EQ(read.outcome->code(), std::errc::no_buffer_space);
  BufferlessRead again(fd_);
  poller().Submit(again);
  ASSERT_TRUE(RunUntil([&] { return again.outcome.has_value(); }));
  EXPECT_TRUE(again.outcome->ok());
}

TEST_P(RequestTest, AReadWithoutABufferSeesTheEnd) {
  BufferlessRead read(fd_);
  poller().Submit(read);
  os::ShutdownWrite(peer_.get());
  ASSERT_TRUE(RunUntil([&] { return read.outcome.has_value(); }));
  EXPECT_TRUE(read.outcome->ok());
  EXPECT_EQ(read.transferred, 0U);
}

TEST_P(RequestTest, AReadWithoutABufferMayBeCancelled) {
  BufferlessRead read(fd_);
  poller().Submit(read);
  Settle();
  poller().Cancel(read);
  ASSERT_TRUE(RunUntil([&] { return read.outcome.has_value(); }));
  EXPECT_EQ(read.outcome->code(), Error::kCancelled);
  EXPECT_TRUE(read.text.empty());
}

TEST_P(RequestTest, ARemovedDescriptorMayBecomeATransport) {
  Request read = Read(10);
  poller().Submit(read);
  WriteAll(peer_.get(), "hello");
  ASSERT_TRUE(RunUntilComplete(read));
  poller().Remove(fd_);
  struct Nobody final : internal::ReadySink {
    void OnReady(Interest) override {}
  } nobody;
  EXPECT_TRUE(poller().Add(fd_, Interest::kRead, nobody).ok());
}

TEST_P(RequestTest, ManyDescriptorsAreServed) {
  std::vector<SocketPair> pairs;
  std::vector<std::unique_ptr<Request>> reads;
  for (int i = 0; i < 50; ++i) {
    pairs.push_back(UnixPair());
    reads.push_back(std::make_unique<Request>(pairs.back().ours.get(),
                                              Operation::Kind::kReadFull,
                                              std::string(4, ' ')));
    poller().Submit(*reads.back());
    WriteAll(pairs.back().peer.get(), "ping");
  }
  for (const auto& read : reads) EXPECT_TRUE(RunUntilComplete(*read));
  for (const SocketPair& pair : pairs) poller().Remove(pair.ours.get());
}

}  // namespace
}  // namespace eddy::test
