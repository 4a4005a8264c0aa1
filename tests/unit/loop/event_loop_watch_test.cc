// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EventLoopWatchTest: other libraries' descriptors on a loop.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "eddy/event_loop.h"
#include "loop/loop_core.h"
#include "support/backends.h"
#include "support/log_capture.h"
#include "support/socket_pair.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using test::SocketPair;

// A pipe whose ends do not block.
SocketPair Pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void Take(int fd) {
  char byte;
  EXPECT_EQ(::read(fd, &byte, 1), 1);
}

class EventLoopWatchTest : public ::testing::TestWithParam<Backend> {
 protected:
  EventLoopWatchTest()
      : loop_(test::Unwrap(internal::LoopCore::Create({.backend = GetParam()}),
                           "loop")) {}

  EventLoop& loop() { return *loop_; }
  // One turn that does not sleep, whatever there is to do.
  void Turn() {
    loop_->KeepTurning();
    EXPECT_TRUE(loop_->Turn().ok());
  }
  WatchId Watch(int fd, Interest interest, EventLoop::WatchCallback callback) {
    auto id = loop().Watch(fd, interest, std::move(callback));
    EXPECT_TRUE(id.status().ok()) << id.status().message();
    return id ? *id : WatchId();
  }
  // Counts calls and what they said.
  auto Count() {
    return [this](Interest ready) {
      ++calls_;
      ready_ = ready;
    };
  }

  std::unique_ptr<internal::LoopCore> loop_;
  int calls_ = 0;
  Interest ready_ = Interest::kNone;
};
EDDY_ON_USABLE_BACKENDS(EventLoopWatchTest);

TEST_P(EventLoopWatchTest, TellsThatThereIsInputUntilItIsTaken) {
  const SocketPair pipe = Pipe();
  Watch(pipe.ours.get(), Interest::kRead, Count());
  Turn();
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(::write(pipe.peer.get(), "ab", 2), 2);
  Turn();
  Take(pipe.ours.get());
  Turn();
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(ready_, Interest::kRead);
  Take(pipe.ours.get());
  Turn();
  EXPECT_EQ(calls_, 2);
}

TEST_P(EventLoopWatchTest, TellsThatThereIsRoomForOutput) {
  const SocketPair pipe = Pipe();
  Watch(pipe.peer.get(), Interest::kWrite, Count());
  Turn();
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(ready_, Interest::kWrite);
}

// At once or one after the other.
TEST_P(EventLoopWatchTest, TellsBothInOneTurn) {
  const SocketPair pair = test::UnixPair();
  Interest told = Interest::kNone;
  Watch(pair.ours.get(), Interest::kReadWrite,
        [&](Interest ready) { told = told | ready; });
  EXPECT_TRUE(test::WriteAll(pair.peer.get(), "a"));
  Turn();
  EXPECT_EQ(told, Interest::kReadWrite);
}

TEST_P(EventLoopWatchTest, ModifyChangesWhatIsTold) {
  const SocketPair pair = test::UnixPair();
  const WatchId id = Watch(pair.ours.get(), Interest::kRead, Count());
  Turn();
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(loop_->ModifyWatch(id, Interest::kWrite).ok());
  Turn();
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(loop_->ModifyWatch(id, Interest::kNone).ok());
  Turn();
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(loop_->ModifyWatch(id, Interest::kWrite).ok());
  Turn();
  EXPECT_EQ(calls_, 2);
}

TEST_P(EventLoopWatchTest, AWatchForNothingIsSilentAlsoWhenThePeerIsGone) {
  SocketPair pipe = Pipe();
  const WatchId id = Watch(pipe.ours.get(), Interest::kNone, Count());
  pipe.peer.Reset();
  Turn();
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(loop_->ModifyWatch(id, Interest::kRead).ok());
  Turn();
  EXPECT_EQ(calls_, 1);
}

TEST_P(EventLoopWatchTest, TellsTheEndOfAPipeAsInput) {
  SocketPair pipe = Pipe();
  Watch(pipe.ours.get(), Interest::kRead, Count());
  pipe.peer.Reset();
  Turn();
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(ready_, Interest::kRead);
}

TEST_P(EventLoopWatchTest, TellsThatNobodyReadsThePipeAsRoomForOutput) {
  SocketPair pipe = Pipe();
  while (::write(pipe.peer.get(), "full", 4) > 0) {
  }
  Watch(pipe.peer.get(), Interest::kWrite, Count());
  Turn();
  EXPECT_EQ(calls_, 0);
  pipe.ours.Reset();
  Turn();
  EXPECT_EQ(ready_, Interest::kWrite);
}

TEST_P(EventLoopWatchTest, IsSilentOnceItIsEnded) {
  const SocketPair pair = test::UnixPair();
  const WatchId id = Watch(pair.ours.get(), Interest::kWrite, Count());
  loop_->Unwatch(id);
  loop_->Unwatch(id);
  Turn();
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(loop_->ModifyWatch(id, Interest::kWrite).code(),
            Error::kInvalidArgument);
}

TEST_P(EventLoopWatchTest, EndsItselfInItsOwnCallback) {
  const SocketPair pair = test::UnixPair();
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> seen = held;
  WatchId id;
  id = Watch(pair.ours.get(), Interest::kWrite, [&, held](Interest) {
    ++calls_;
    loop_->Unwatch(id);
    EXPECT_EQ(*held, 7);  // the callback lives while it runs
  });
  held.reset();
  Turn();
  EXPECT_TRUE(seen.expired());
  Turn();
  EXPECT_EQ(calls_, 1);
}

TEST_P(EventLoopWatchTest, EndsAnotherThatIsReadyInTheSameTurn) {
  const SocketPair pair = test::UnixPair();
  WatchId first;
  WatchId second;
  first = Watch(pair.ours.get(), Interest::kWrite, [&](Interest) {
    ++calls_;
    loop_->Unwatch(second);
  });
  second = Watch(pair.peer.get(), Interest::kWrite, [&](Interest) {
    ++calls_;
    loop_->Unwatch(first);
  });
  Turn();
  Turn();
  EXPECT_EQ(calls_, 2);  // one of them, twice
}

TEST_P(EventLoopWatchTest, TheDescriptorMayBeWatchedAnewInItsCallback) {
  const SocketPair pair = test::UnixPair();
  WatchId id;
  id = Watch(pair.ours.get(), Interest::kWrite, [&](Interest) {
    loop_->Unwatch(id);
    Watch(pair.ours.get(), Interest::kWrite, Count());
  });
  Turn();
  EXPECT_EQ(calls_, 0);
  Turn();
  EXPECT_EQ(calls_, 1);
}

TEST_P(EventLoopWatchTest, ADescriptorHasOneWatchAtATime) {
  const SocketPair pair = test::UnixPair();
  Watch(pair.ours.get(), Interest::kRead, Count());
  EXPECT_FALSE(loop().Watch(pair.ours.get(), Interest::kRead, Count()));
}

TEST_P(EventLoopWatchTest, WhatIsNoDescriptorCannotBeWatched) {
  const auto id = loop().Watch(-1, Interest::kRead, Count());
  ASSERT_FALSE(id);
  EXPECT_EQ(id.status().code(), std::errc::bad_file_descriptor);
}

TEST_P(EventLoopWatchTest, AFileCannotBeWatched) {
  const UniqueFd folder(::open(".", O_RDONLY | O_CLOEXEC));
  const auto id = loop().Watch(folder.get(), Interest::kRead, Count());
  ASSERT_FALSE(id);
  EXPECT_EQ(id.status().code(), std::errc::operation_not_permitted);
  const WatchId idle = Watch(folder.get(), Interest::kNone, Count());
  EXPECT_EQ(loop().ModifyWatch(idle, Interest::kRead).code(),
            std::errc::operation_not_permitted);
}

TEST_P(EventLoopWatchTest, ExceptionsAreLoggedAndCountedAndTheWatchGoesOn) {
  const test::LogCapture log;
  const SocketPair pair = test::UnixPair();
  Watch(pair.ours.get(), Interest::kWrite, [&](Interest) {
    ++calls_;
    throw std::runtime_error("oops");
  });
  Turn();
  Turn();
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(loop_->exception_count(), 2U);
  EXPECT_EQ(log.Count("an exception left a watch: oops"), 2U);
}

// Ends a watch when it dies.
class Watching {
 public:
  Watching(EventLoop& loop, WatchId id) : loop_(loop), id_(id) {}
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching() { loop_.Unwatch(id_); }

 private:
  EventLoop& loop_;
  WatchId id_;
};

TEST_P(EventLoopWatchTest, WhatAWatchHoldsMayEndAnotherWhenItDies) {
  std::vector<SocketPair> pairs;
  std::shared_ptr<Watching> last;
  WatchId id;
  // Each holds the one before it.
  for (int i = 0; i < 20; ++i) {
    pairs.push_back(test::UnixPair());
    id = Watch(pairs.back().ours.get(), Interest::kWrite,
               [this, last](Interest) { ++calls_; });
    last = std::make_shared<Watching>(*loop_, id);
  }
  last.reset();
  for (int i = 0; i < 25; ++i) Turn();
  calls_ = 0;
  Turn();
  EXPECT_EQ(calls_, 0);
}

TEST_P(EventLoopWatchTest, WatchesAndTimersMayEndWatchesWhenTheLoopDies) {
  std::vector<SocketPair> pairs;
  for (int i = 0; i < 20; ++i) {
    pairs.push_back(test::UnixPair());
    const WatchId id =
        Watch(pairs.back().ours.get(), Interest::kWrite, Count());
    auto watching = std::make_shared<Watching>(*loop_, id);
    if (i % 2 == 0) {
      loop_->RunAfter(milliseconds(100000), [watching] {});
    } else {
      Watch(pairs.back().peer.get(), Interest::kRead, [watching](Interest) {});
    }
  }
  Turn();
  loop_.reset();
}

}  // namespace
}  // namespace eddy
