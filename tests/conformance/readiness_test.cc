// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReadinessTest: Add, Modify and Remove on every backend.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <limits>
#include <vector>

#include "conformance/poller_test.h"

namespace eddy::test {
namespace {

// Writes down what is ready, and does what a test wants done about it.
class Watcher final : public internal::ReadySink {
 public:
  ~Watcher() {
    if (poller_ != nullptr) poller_->Remove(fd_);
  }

  Status Watch(Poller& poller, int fd, Interest interest) {
    poller_ = &poller;
    fd_ = fd;
    return poller.Add(fd, interest, *this);
  }

  void OnReady(Interest ready) override {
    ++count;
    last = ready;
    if (when_ready) when_ready();
  }

  int count = 0;
  Interest last = Interest::kNone;
  std::function<void()> when_ready;

 private:
  Poller* poller_ = nullptr;
  int fd_ = -1;
};

class ReadinessTest : public PollerTest {
 protected:
  SocketPair pair_ = TcpPair();
  const int fd_ = pair_.ours.get();
  Watcher watcher_;
};
EDDY_ON_EVERY_BACKEND(ReadinessTest);

TEST_P(ReadinessTest, BytesMakeADescriptorReadable) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  Settle();
  EXPECT_EQ(watcher_.count, 0);
  WriteAll(pair_.peer.get(), "x");
  EXPECT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
  EXPECT_EQ(watcher_.last, Interest::kRead);
}

TEST_P(ReadinessTest, RoomMakesADescriptorWritable) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kWrite).ok());
  EXPECT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
  EXPECT_EQ(watcher_.last, Interest::kWrite);
}

TEST_P(ReadinessTest, WhatIsLeftUnreadIsToldAgain) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  WriteAll(pair_.peer.get(), "x");
  EXPECT_TRUE(RunUntil([&] { return watcher_.count >= 3; }));
  std::string text;
  ReadSome(fd_, text);
  const int before = watcher_.count;
  Settle();
  EXPECT_EQ(watcher_.count, before);
}

TEST_P(ReadinessTest, BothDirectionsAreWatchedAtOnce) {
  WriteAll(pair_.peer.get(), "x");
  Interest seen = Interest::kNone;
  watcher_.when_ready = [&] { seen = seen | watcher_.last; };
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kReadWrite).ok());
  EXPECT_TRUE(RunUntil([&] { return seen == Interest::kReadWrite; }));
}

TEST_P(ReadinessTest, OnlyTheInterestIsTold) {
  WriteAll(pair_.peer.get(), "x");
  AwaitReady(fd_, POLLIN);
  watcher_.when_ready = [&] { EXPECT_EQ(watcher_.last, Interest::kWrite); };
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kWrite).ok());
  EXPECT_TRUE(RunUntil([&] { return watcher_.count >= 3; }));
}

TEST_P(ReadinessTest, ModifyChangesTheInterest) {
  WriteAll(pair_.peer.get(), "x");
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kWrite).ok());
  ASSERT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
  ASSERT_TRUE(poller().Modify(fd_, Interest::kRead).ok());
  watcher_.when_ready = [&] { EXPECT_EQ(watcher_.last, Interest::kRead); };
  const int before = watcher_.count;
  EXPECT_TRUE(RunUntil([&] { return watcher_.count >= before + 2; }));
}

TEST_P(ReadinessTest, NoInterestIsSilentEvenAfterAReset) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kReadWrite).ok());
  ASSERT_TRUE(poller().Modify(fd_, Interest::kNone).ok());
  WriteAll(pair_.peer.get(), "x");
  Reset(std::move(pair_.peer));
  AwaitReady(fd_, POLLIN);
  Settle();
  EXPECT_EQ(watcher_.count, 0);
  ASSERT_TRUE(poller().Modify(fd_, Interest::kRead).ok());
  EXPECT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
}

TEST_P(ReadinessTest, MayBeAddedWithoutInterest) {
  WriteAll(pair_.peer.get(), "x");
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kNone).ok());
  Settle();
  EXPECT_EQ(watcher_.count, 0);
  ASSERT_TRUE(poller().Modify(fd_, Interest::kRead).ok());
  EXPECT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
}

TEST_P(ReadinessTest, AResetIsReadyForWhatIsWatched) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  Reset(std::move(pair_.peer));
  EXPECT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
  EXPECT_EQ(watcher_.last, Interest::kRead);
}

TEST_P(ReadinessTest, TheEndOfAPipeIsReady) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  pair_.ours.Reset(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_TRUE(watcher_.Watch(poller(), ends[0], Interest::kRead).ok());
  writer.Reset();
  EXPECT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
}

TEST_P(ReadinessTest, NothingIsToldAfterRemove) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kReadWrite).ok());
  WriteAll(pair_.peer.get(), "x");
  AwaitReady(fd_, POLLIN);
  poller().Remove(fd_);
  Settle();
  EXPECT_EQ(watcher_.count, 0);
}

TEST_P(ReadinessTest, MayBeRemovedInItsUpCall) {
  watcher_.when_ready = [&] { poller().Remove(fd_); };
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kReadWrite).ok());
  WriteAll(pair_.peer.get(), "x");
  AwaitReady(fd_, POLLIN);
  ASSERT_TRUE(RunUntil([&] { return watcher_.count > 0; }));
  Settle();
  EXPECT_EQ(watcher_.count, 1);
}

TEST_P(ReadinessTest, RemovingOneStopsItsEventOfTheSameTurn) {
  SocketPair other = TcpPair();
  Watcher other_watcher;
  watcher_.when_ready = [&] { poller().Remove(other.ours.get()); };
  other_watcher.when_ready = [&] { poller().Remove(fd_); };
  WriteAll(pair_.peer.get(), "x");
  WriteAll(other.peer.get(), "x");
  AwaitReady(fd_, POLLIN);
  AwaitReady(other.ours.get(), POLLIN);
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  ASSERT_TRUE(
      other_watcher.Watch(poller(), other.ours.get(), Interest::kRead).ok());
  ASSERT_TRUE(
      RunUntil([&] { return watcher_.count + other_watcher.count > 0; }));
  EXPECT_TRUE(watcher_.count == 0 || other_watcher.count == 0);
}

// Two are ready; the first to be told replaces the other's descriptor by a new
// one of the same number, which is not ready.
TEST_P(ReadinessTest, AReusedNumberGetsNoEventOfThePast) {
  SocketPair other = TcpPair();
  SocketPair fresh = TcpPair();
  Watcher other_watcher, fresh_watcher;
  const auto replace = [&](UniqueFd& victim) {
    const int number = victim.get();
    poller().Remove(number);
    victim.Reset();
    victim.Reset(::dup2(fresh.ours.get(), number));
    ASSERT_EQ(victim.get(), number);
    EXPECT_TRUE(fresh_watcher.Watch(poller(), number, Interest::kRead).ok());
  };
  watcher_.when_ready = [&] {
    if (watcher_.count == 1) replace(other.ours);
  };
  other_watcher.when_ready = [&] {
    if (other_watcher.count == 1) replace(pair_.ours);
  };
  WriteAll(pair_.peer.get(), "x");
  WriteAll(other.peer.get(), "x");
  AwaitReady(fd_, POLLIN);
  AwaitReady(other.ours.get(), POLLIN);
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  ASSERT_TRUE(
      other_watcher.Watch(poller(), other.ours.get(), Interest::kRead).ok());
  ASSERT_TRUE(
      RunUntil([&] { return watcher_.count + other_watcher.count > 0; }));
  Settle();
  EXPECT_EQ(fresh_watcher.count, 0);
  WriteAll(fresh.peer.get(), "x");
  EXPECT_TRUE(RunUntil([&] { return fresh_watcher.count > 0; }));
}

TEST_P(ReadinessTest, AnUpCallMayAddManyOthers) {
  std::vector<SocketPair> pairs;
  std::array<Watcher, 40> watchers;
  watcher_.when_ready = [&] {
    if (!pairs.empty()) return;
    for (Watcher& watcher : watchers) {
      pairs.push_back(UnixPair());
      WriteAll(pairs.back().peer.get(), "x");
      const int fd = pairs.back().ours.get();
      EXPECT_TRUE(watcher.Watch(poller(), fd, Interest::kRead).ok());
    }
  };
  WriteAll(pair_.peer.get(), "x");
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  for (Watcher& watcher : watchers) {
    EXPECT_TRUE(RunUntil([&] { return watcher.count > 0; }));
  }
}

TEST_P(ReadinessTest, WhatIsNoDescriptorCannotBeAdded) {
  pair_.ours.Reset();
  for (const int fd : {-1, fd_, std::numeric_limits<int>::max()}) {
    const Status status = watcher_.Watch(poller(), fd, Interest::kRead);
    EXPECT_EQ(status.code(), std::errc::bad_file_descriptor) << fd;
  }
}

// Not by kqueue either, which tells of one, but never of its end.
TEST_P(ReadinessTest, AFileCannotBeAdded) {
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  ASSERT_NE(std::fputs("text", file), EOF);
  std::rewind(file);
  const UniqueFd folder(::open(".", O_RDONLY | O_CLOEXEC));
  for (const int fd : {::fileno(file), folder.get()}) {
    for (const Interest interest :
         {Interest::kRead, Interest::kWrite, Interest::kReadWrite}) {
      const Status status = watcher_.Watch(poller(), fd, interest);
      EXPECT_EQ(status.code(), std::errc::operation_not_permitted)
          << status.message();
    }
    EXPECT_TRUE(watcher_.Watch(poller(), fd, Interest::kNone).ok());
    EXPECT_EQ(poller().Modify(fd, Interest::kRead).code(),
              std::errc::operation_not_permitted);
    poller().Remove(fd);
  }
  Settle();
  EXPECT_EQ(watcher_.count, 0);
  std::fclose(file);
}

TEST_P(ReadinessTest, ADescriptorThatFailedToBeAddedIsFree) {
  pair_.ours.Reset();
  EXPECT_FALSE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  pair_.ours.Reset(::dup2(pair_.peer.get(), fd_));
  EXPECT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
}

TEST_P(ReadinessTest, ADescriptorIsInUseOnce) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
  const Status status = watcher_.Watch(poller(), fd_, Interest::kRead);
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  poller().Remove(fd_);
  EXPECT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
}

TEST_P(ReadinessTest, RemovingWhatIsUnknownDoesNothing) {
  for (const int fd : {-1, fd_, std::numeric_limits<int>::max()}) {
    poller().Remove(fd);
  }
  EXPECT_TRUE(watcher_.Watch(poller(), fd_, Interest::kRead).ok());
}

TEST_P(ReadinessTest, ThePeerSeesTheEndAsSoonAsARemovedOneIsClosed) {
  ASSERT_TRUE(watcher_.Watch(poller(), fd_, Interest::kReadWrite).ok());
  Settle();
  poller().Remove(fd_);
  pair_.ours.Reset();
  EXPECT_TRUE(AwaitReady(pair_.peer.get(), POLLIN));
  EXPECT_TRUE(HasEnded(pair_.peer.get()));
}

}  // namespace
}  // namespace eddy::test
