// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReadinessPollerTest: what no kernel can be made to do on demand.

#include "poll/readiness_poller.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conformance/recording_transport.h"
#include "conformance/request.h"
#include "os/socket.h"
#include "os/syscalls.h"
#include "support/faulty_syscalls.h"
#include "support/socket_pair.h"

namespace eddy::internal {
namespace {

using test::FaultySyscalls;
using test::RecordingTransport;
using test::Request;
using test::SocketPair;

// ScriptedPoller: its kernel is the test.
class ScriptedPoller final : public ReadinessPoller {
 public:
  using ReadinessPoller::kFailed;
  using ReadinessPoller::kHungUp;
  using ReadinessPoller::kReadable;
  using ReadinessPoller::kWritable;

  ScriptedPoller()
      : ReadinessPoller(std::make_shared<const os::WakeFd>(
            test::Unwrap(os::WakeFd::Create(), "wake descriptor"))) {}

  Backend backend() const noexcept override { return Backend::kAuto; }
  Status Wait(std::chrono::nanoseconds) override {
    for (const auto& [fd, ready, error] : std::exchange(reports_, {})) {
      Dispatch(watched_.at(fd).token, ready, error);
    }
    DeliverDue();
    return {};
  }

  // What the next Wait finds, for what is registered by then.
  void Report(int fd, Readiness ready, int error = 0) {
    reports_.push_back({fd, ready, error});
  }
  // Waits for that.
  void Turn() { EXPECT_TRUE(Wait(std::chrono::nanoseconds(0)).ok()); }

  bool is_registered(int fd) const { return watched_.contains(fd); }
  Interest interest(int fd) const { return watched_.at(fd).interest; }

  int next_error = 0;  // of Register and Change, until it is 0 again
  int changes = 0;     // calls of the kernel so far

 private:
  struct Watched {
    Interest interest;
    Token token;
  };
  struct Reported {
    int fd;
    Readiness ready;
    int error;
  };

  int Register(int fd, Interest interest, Token token) override {
    ++changes;
    if (next_error != 0) return next_error;
    EXPECT_FALSE(is_registered(fd));
    watched_[fd] = {interest, token};
    return 0;
  }
  int Change(int fd, Interest from, Interest to, Token token) override {
    ++changes;
    if (next_error != 0) return next_error;
    EXPECT_EQ(interest(fd), from);
    EXPECT_NE(from, to);
    watched_[fd] = {to, token};
    return 0;
  }
  void Deregister(int fd, Interest from) override {
    ++changes;
    EXPECT_EQ(interest(fd), from);
    watched_.erase(fd);
  }
  std::map<int, Watched> watched_;
  std::vector<Reported> reports_;
};

class ReadinessPollerTest : public ::testing::Test {
 protected:
  ReadinessPollerTest() { EXPECT_TRUE(transport_.Open().ok()); }
  int peer() const { return pair_.peer.get(); }

  ScriptedPoller poller_;
  SocketPair pair_ = test::TcpPair();
  const int fd_ = pair_.ours.get();
  RecordingTransport transport_{poller_, std::move(pair_.ours)};
};

// ---- What is asked of the kernel --------------------------------------------

TEST_F(ReadinessPollerTest, TogglingCostsNothingUntilBytesCome) {
  const int before = poller_.changes;
  for (int i = 0; i < 100; ++i) {
    transport_.SetReceiving(false);
    transport_.SetReceiving(true);
  }
  transport_.SetReceiving(false);
  EXPECT_EQ(poller_.changes, before);
  poller_.Report(fd_, ScriptedPoller::kReadable);
  poller_.Turn();
  EXPECT_EQ(poller_.interest(fd_), Interest::kNone);
  transport_.SetReceiving(true);
  EXPECT_EQ(poller_.interest(fd_), Interest::kRead);
}

TEST_F(ReadinessPollerTest, SendingCostsNothingWhileThereIsRoom) {
  const int before = poller_.changes;
  transport_.Send("hello");
  transport_.TrySend("world");
  EXPECT_EQ(transport_.sent, 5U);
  EXPECT_EQ(transport_.tried(), 5U);
  EXPECT_EQ(poller_.changes, before);
}

TEST_F(ReadinessPollerTest, OnlyBlockedOutputIsWatchedFor) {
  test::SetBufferBytes(fd_, 1 << 14);
  transport_.Send(std::string(1'000'000, 'b'));
  EXPECT_EQ(poller_.interest(fd_), Interest::kReadWrite);
  std::string at_peer;
  while (!transport_.output().empty()) {
    test::ReadSome(peer(), at_peer);
    poller_.Report(fd_, ScriptedPoller::kWritable);
    poller_.Turn();
  }
  EXPECT_EQ(poller_.interest(fd_), Interest::kRead);
}

TEST_F(ReadinessPollerTest, BlockedOutputIsNotTriedAgainBeforeThereIsRoom) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kSend, {.max_bytes = 10});
  transport_.Send(test::Pattern(100));
  EXPECT_EQ(transport_.sent, 10U);
  transport_.Flush();
  EXPECT_EQ(transport_.sent, 10U);
  poller_.Report(fd_, ScriptedPoller::kWritable);
  poller_.Turn();
  EXPECT_EQ(transport_.sent, 20U);
}

TEST_F(ReadinessPollerTest, WhatTrySendLeftWaitsForRoom) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kSend, {.max_bytes = 10});
  transport_.TrySend(test::Pattern(100));
  EXPECT_EQ(transport_.tried(), 10U);
  EXPECT_EQ(transport_.sent, 0U);
  EXPECT_EQ(poller_.TrySend(transport_, AsBytes(test::Pattern(10)), {}), 0U);
  EXPECT_EQ(poller_.interest(fd_), Interest::kReadWrite);
}

// However much the kernel would take.
TEST_F(ReadinessPollerTest, ATurnSendsABudget) {
  static constexpr auto kTakeAll = [](int, const void*, std::size_t size,
                                      int) -> ssize_t {
    return static_cast<ssize_t>(size);
  };
  static constexpr auto kTakeAllViews = [](int, const msghdr* message,
                                           int) -> ssize_t {
    std::size_t size = 0;
    for (std::size_t i = 0; i < message->msg_iovlen; ++i) {
      size += message->msg_iov[i].iov_len;
    }
    return static_cast<ssize_t>(size);
  };
  os::Syscalls table = os::kSystem;
  table.send = kTakeAll;
  table.sendmsg = kTakeAllViews;
  os::active.store(&table);
  transport_.Send(test::Pattern(3 * Poller::kTurnBudgetBytes));
  EXPECT_EQ(transport_.largest_sent, Poller::kTurnBudgetBytes);
  EXPECT_EQ(transport_.sent, Poller::kTurnBudgetBytes);
  poller_.Report(fd_, ScriptedPoller::kWritable);
  poller_.Turn();
  EXPECT_EQ(transport_.sent, 2 * Poller::kTurnBudgetBytes);
  os::active.store(&os::kSystem);
}

TEST_F(ReadinessPollerTest, ClosedInsideOnSentItIsWatchedNoMore) {
  transport_.when_sent = [&] { transport_.Close(); };
  transport_.Send("hello");
  EXPECT_FALSE(poller_.is_registered(fd_));
}

TEST_F(ReadinessPollerTest, AReadAndAWriteAreWatchedForTogether) {
  SocketPair pair = test::UnixPair();
  const int fd = pair.ours.get();
  test::FillUp(fd);
  Request read(fd, Operation::Kind::kRead, "?");
  Request write(fd, Operation::Kind::kWrite, "x");
  poller_.Submit(read);
  EXPECT_EQ(poller_.interest(fd), Interest::kRead);
  poller_.Submit(write);
  EXPECT_EQ(poller_.interest(fd), Interest::kReadWrite);
  poller_.Cancel(read);
  poller_.Cancel(write);
  poller_.Turn();
  poller_.Remove(fd);
}

// The last one found less than it asked for: what has come since is told by an
// event, so that no call is in vain.
TEST_F(ReadinessPollerTest, AReadOfWhatIsDrainedAwaitsTheEvent) {
  SocketPair pair = test::UnixPair();
  const int fd = pair.ours.get();
  test::WriteAll(pair.peer.get(), "first");
  Request first(fd, Operation::Kind::kRead, std::string(100, '?'));
  poller_.Submit(first);
  poller_.Turn();
  ASSERT_TRUE(first.outcome);
  test::WriteAll(pair.peer.get(), "second");
  Request second(fd, Operation::Kind::kRead, std::string(100, '?'));
  poller_.Submit(second);
  poller_.Turn();
  EXPECT_FALSE(second.outcome);
  poller_.Report(fd, ScriptedPoller::kReadable);
  poller_.Turn();
  ASSERT_TRUE(second.outcome);
  EXPECT_EQ(second.moved(), "second");
  poller_.Remove(fd);
}

TEST_F(ReadinessPollerTest, WhatHungUpUnwantedIsLeftAlone) {
  transport_.SetReceiving(false);
  poller_.Report(fd_, ScriptedPoller::kHungUp);
  poller_.Turn();
  EXPECT_FALSE(poller_.is_registered(fd_));
  transport_.SetReceiving(true);
  EXPECT_EQ(poller_.interest(fd_), Interest::kRead);
}

TEST_F(ReadinessPollerTest, AfterFinReadingIsNotWatchedForAgain) {
  os::ShutdownWrite(peer());
  poller_.Report(fd_, ScriptedPoller::kReadable);
  poller_.Turn();
  ASSERT_EQ(transport_.fin_count, 1);
  EXPECT_EQ(poller_.interest(fd_), Interest::kNone);
  const int before = poller_.changes;
  transport_.SetReceiving(false);
  transport_.SetReceiving(true);
  EXPECT_EQ(poller_.changes, before);
}

// ---- What the kernel refuses ------------------------------------------------

TEST_F(ReadinessPollerTest, ATransportThatCannotBeWatchedIsNotOpened) {
  SocketPair pair = test::TcpPair();
  RecordingTransport transport(poller_, std::move(pair.ours));
  poller_.next_error = ENOSPC;
  EXPECT_EQ(transport.Open().code(), std::errc::no_space_on_device);
  poller_.next_error = 0;
  EXPECT_TRUE(transport.Open().ok());
}

// SetReceiving makes no up-call, so that its failure is told by Wait.
TEST_F(ReadinessPollerTest, AFailureToResumeIsToldByWait) {
  transport_.SetReceiving(false);
  poller_.Report(fd_, ScriptedPoller::kReadable);
  poller_.Turn();
  poller_.next_error = ENOMEM;
  transport_.SetReceiving(true);
  poller_.next_error = 0;
  EXPECT_EQ(transport_.up_calls, 0);
  poller_.Turn();
  ASSERT_TRUE(transport_.is_broken());
  EXPECT_EQ(transport_.error->code(), std::errc::not_enough_memory);
}

TEST_F(ReadinessPollerTest, AFailureToResumeIsNotToldAfterClosing) {
  transport_.SetReceiving(false);
  poller_.Report(fd_, ScriptedPoller::kReadable);
  poller_.Turn();
  poller_.next_error = ENOMEM;
  transport_.SetReceiving(true);
  poller_.next_error = 0;
  transport_.Close();
  poller_.Turn();
  EXPECT_TRUE(transport_.is_closed());
  EXPECT_EQ(transport_.error_count, 0);
}

TEST_F(ReadinessPollerTest, AFailureToWatchForRoomIsTold) {
  test::SetBufferBytes(fd_, 1 << 14);
  poller_.next_error = ENOMEM;
  transport_.Send(std::string(1'000'000, 'b'));
  poller_.next_error = 0;
  poller_.Turn();
  ASSERT_TRUE(transport_.is_broken());
  EXPECT_EQ(transport_.error->code(), std::errc::not_enough_memory);
}

TEST_F(ReadinessPollerTest, AFailureThatFlushHasToldIsNotToldAgain) {
  test::SetBufferBytes(fd_, 1 << 14);
  poller_.next_error = ENOMEM;
  transport_.Send(std::string(1'000'000, 'b'));
  poller_.next_error = 0;
  transport_.Flush();
  EXPECT_EQ(transport_.error_count, 1);
  poller_.Turn();
  EXPECT_EQ(transport_.error_count, 1);
}

TEST_F(ReadinessPollerTest, ARequestThatCannotBeWatchedForFails) {
  SocketPair pair = test::TcpPair();
  Request read(pair.ours.get(), Operation::Kind::kRead, "?");
  poller_.next_error = ENOMEM;
  poller_.Submit(read);
  poller_.next_error = 0;
  poller_.Turn();
  ASSERT_TRUE(read.outcome);
  EXPECT_EQ(read.outcome->code(), std::errc::not_enough_memory);
  poller_.Remove(pair.ours.get());
}

// ---- Errors that the kernel takes out of the socket to tell them
// -------------

TEST_F(ReadinessPollerTest, AToldErrorIsNoFin) {
  os::ShutdownWrite(peer());
  poller_.Report(fd_, ScriptedPoller::kReadable | ScriptedPoller::kFailed,
                 ECONNRESET);
  poller_.Turn();
  ASSERT_TRUE(transport_.is_broken());
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
  EXPECT_EQ(transport_.fin_count, 0);
}

TEST_F(ReadinessPollerTest, AToldErrorFollowsTheBytesBeforeIt) {
  const std::string text = test::Pattern(400'000);
  test::SetBufferBytes(peer(), 1 << 21);
  test::SetBufferBytes(fd_, 1 << 21);
  ASSERT_EQ(test::WriteSome(peer(), text), text.size());
  os::ShutdownWrite(peer());
  poller_.Report(fd_, ScriptedPoller::kReadable | ScriptedPoller::kFailed,
                 ECONNRESET);
  poller_.Turn();
  for (int i = 0; i < 20 && !transport_.is_broken(); ++i) {
    poller_.Report(fd_, ScriptedPoller::kReadable);
    poller_.Turn();
  }
  ASSERT_TRUE(transport_.is_broken());
  EXPECT_TRUE(transport_.received == text);
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
}

TEST_F(ReadinessPollerTest, AToldErrorIsToldRatherThanTheOneOfSending) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kSend, {.max_bytes = 10, .count = 1});
  faults.Add(FaultySyscalls::Call::kSend, {.error = EPIPE});
  transport_.Send(test::Pattern(100));
  poller_.Report(fd_, ScriptedPoller::kWritable | ScriptedPoller::kFailed,
                 ECONNRESET);
  poller_.Turn();
  ASSERT_TRUE(transport_.is_broken());
  EXPECT_EQ(transport_.error->code(), std::errc::connection_reset);
}

TEST_F(ReadinessPollerTest, AToldErrorBreaksAPausedTransportAtOnce) {
  transport_.SetReceiving(false);
  poller_.Report(fd_, ScriptedPoller::kFailed, ETIMEDOUT);
  poller_.Turn();
  ASSERT_TRUE(transport_.is_broken());
  EXPECT_EQ(transport_.error->code(), std::errc::timed_out);
}

TEST_F(ReadinessPollerTest, AToldErrorFailsTheReadsThatFollow) {
  SocketPair pair = test::TcpPair();
  const int fd = pair.ours.get();
  Request first(fd, Operation::Kind::kRead, "?");
  Request second(fd, Operation::Kind::kRead, "?");
  poller_.Submit(first);
  test::WriteAll(pair.peer.get(), "x");
  test::AwaitReady(fd, POLLIN);
  poller_.Report(fd, ScriptedPoller::kReadable | ScriptedPoller::kFailed,
                 ECONNRESET);
  poller_.Turn();
  ASSERT_TRUE(first.outcome);
  EXPECT_TRUE(first.outcome->ok());
  os::ShutdownWrite(pair.peer.get());
  test::AwaitReady(fd, POLLIN);
  poller_.Submit(second);
  poller_.Turn();
  ASSERT_TRUE(second.outcome);
  EXPECT_EQ(second.outcome->code(), std::errc::connection_reset);
  poller_.Remove(fd);
}

TEST_F(ReadinessPollerTest, AToldErrorDoesNotOutliveItsDescriptor) {
  SocketPair pair = test::TcpPair();
  const int fd = pair.ours.get();
  Request first(fd, Operation::Kind::kRead, "?");
  Request second(fd, Operation::Kind::kRead, "?");
  poller_.Submit(first);
  poller_.Report(fd, ScriptedPoller::kFailed, ECONNRESET);
  poller_.Turn();
  poller_.Cancel(first);
  poller_.Turn();
  poller_.Remove(fd);
  os::ShutdownWrite(pair.peer.get());
  test::AwaitReady(fd, POLLIN);
  poller_.Submit(second);
  poller_.Turn();
  ASSERT_TRUE(second.outcome);
  EXPECT_TRUE(second.outcome->ok()) << second.outcome->message();
  poller_.Remove(fd);
  poller_.Turn();
}

}  // namespace
}  // namespace eddy::internal
