// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherEndTest: Free, Detach, Close and destruction, and other threads, on
// every backend.

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "os/socket.h"
#include "os/thread.h"
#include "support/watcher_test.h"

namespace eddy::test {
namespace {

using std::string_view_literals::operator""sv;

class WatcherEndTest : public WatcherTest {
 protected:
  ~WatcherEndTest() override { Destroy(); }

  // Reads and a write that will not complete by themselves.
  void AskForMuch(WatchedId id) {
    for (auto& byte : bytes_) {
      ASSERT_TRUE(watcher().Read(id, nullptr, std::span(&byte, 1)).ok());
    }
    ASSERT_TRUE(watcher().Read(id, nullptr).ok());
    ASSERT_TRUE(watcher().Write(id, nullptr, AsBytes(text_)).ok());
  }
  static constexpr std::size_t kMuch = 5;
  // Two writes, of which the end of the descriptor loses one, and FIN.
  void AskForTwoWritesAndFin() {
    ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
    ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("head"sv)).ok());
    ASSERT_TRUE(watcher().Write(id_, nullptr, AsBytes("tail"sv)).ok());
    ASSERT_TRUE(watcher().Shutdown(id_).ok());
  }
  // How the stream ends at `peer`, behind `text`.
  static Stream AwaitEnd(int peer, std::string& text) {
    Stream state = Stream::kOpen;
    while (state == Stream::kOpen && AwaitReady(peer, POLLIN)) {
      state = ReadSome(peer, text);
    }
    return state;
  }
  void ExpectReset() {
    std::string text;
    EXPECT_EQ(AwaitEnd(peer_.get(), text), Stream::kBroken) << text;
  }

  SocketPair pair_ = TcpPair();
  const WatchedId id_ = Adopt(std::move(pair_.ours));
  UniqueFd peer_ = std::move(pair_.peer);
  std::array<std::byte, kMuch - 2> bytes_{};
  const std::string text_ = std::string(20'000'000, 'x');
};
EDDY_ON_USABLE_BACKENDS(WatcherEndTest);

TEST_P(WatcherEndTest, FreeCompletesEachRequestOnce) {
  AskForMuch(id_);
  ExpectNoResult();
  ASSERT_TRUE(watcher().Free(id_).ok());
  const auto outcomes = Collect(kMuch);
  EXPECT_EQ(outcomes.size(), kMuch);
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.status.code(), Error::kClosed);
  }
  ExpectNoResult();
}

// gaio registered such a descriptor instead, and its peer saw no end.
TEST_P(WatcherEndTest, FreeClosesWhatWasNeverUsed) {
  ASSERT_TRUE(watcher().Free(id_).ok());
  ExpectNoResult();
  ASSERT_TRUE(AwaitReady(peer_.get(), POLLIN));
  EXPECT_TRUE(HasEnded(peer_.get()));
  EXPECT_EQ(watcher().Free(id_).code(), Error::kClosed);
}

// The peer must not take the first write for the whole.
TEST_P(WatcherEndTest, FreeThatLosesAWriteBeforeFinResets) {
  AskForTwoWritesAndFin();
  ASSERT_TRUE(watcher().Free(id_).ok());
  const auto outcomes = Collect(2);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[1].status.code(), Error::kClosed);
  ExpectReset();
}

TEST_P(WatcherEndTest, CloseThatLosesAWriteBeforeFinResets) {
  AskForTwoWritesAndFin();
  watcher().Close();
  const auto outcomes = Collect(2);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[1].status.code(), Error::kClosed);
  ExpectReset();
}

TEST_P(WatcherEndTest, DestructionThatLosesAWriteBeforeFinResets) {
  AskForTwoWritesAndFin();
  Destroy();
  ExpectReset();
}

// Such a write was not to be sent anyway; what was sent must not be lost by it.
TEST_P(WatcherEndTest, FreeWithAWriteAfterFinDoesNotReset) {
  SocketPair pair = TcpPair();
  SetBufferBytes(pair.ours.get(), 1 << 20);
  SetBufferBytes(pair.peer.get(), 1 << 12);
  const WatchedId id = Adopt(std::move(pair.ours));
  const std::string text = Pattern(300'000);
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  ASSERT_TRUE(watcher().Write(id, nullptr, AsBytes(text)).ok());
  ASSERT_TRUE(watcher().Shutdown(id).ok());
  ASSERT_TRUE(watcher().Write(id, nullptr, AsBytes("late"sv)).ok());
  ASSERT_TRUE(watcher().Free(id).ok());
  const auto outcomes = Collect(2);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_FALSE(outcomes[1].status.ok());
  std::string at_peer;
  const Stream end = AwaitEnd(pair.peer.get(), at_peer);
  if (outcomes[0].status.ok()) {
    EXPECT_EQ(end, Stream::kEnded);
    EXPECT_TRUE(at_peer == text) << at_peer.size();
  } else {
    EXPECT_EQ(end, Stream::kBroken) << "a ring may not have begun with it";
  }
}

// gaio's TestSocketClose and TestFree.
TEST_P(WatcherEndTest, AfterFreeNothingReachesTheDescriptor) {
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  ASSERT_TRUE(watcher().Free(id_).ok());
  EXPECT_EQ(watcher().Read(id_, nullptr).code(), Error::kClosed);
  SocketPair pair = TcpPair();
  const WatchedId next = Adopt(std::move(pair.ours));
  EXPECT_NE(next, id_);
  EXPECT_EQ(watcher().Write(id_, nullptr, AsBytes("x"sv)).code(),
            Error::kClosed);
  std::thread([&] {
    EXPECT_TRUE(watcher().Read(id_, nullptr).ok()) << "not known here";
  }).join();
  EXPECT_EQ(CollectOne().status.code(), Error::kClosed);
}

TEST_P(WatcherEndTest, DetachGivesTheDescriptorBackInAUsableState) {
  SocketPair pair = TcpPair();
  os::SetBlocking(pair.ours.get(), true);
  const int number = pair.ours.get();
  const WatchedId id = Adopt(std::move(pair.ours));
  AskForMuch(id);
  ExpectNoResult();
  auto detached = watcher().Detach(id);
  ASSERT_TRUE(detached) << detached.status().message();
  EXPECT_EQ(detached->get(), number);
  EXPECT_EQ(::fcntl(number, F_GETFL) & O_NONBLOCK, 0);
  os::SetBlocking(number, false);
  const auto outcomes = Collect(kMuch);
  ASSERT_EQ(outcomes.size(), kMuch);
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.status.code(), Error::kCancelled);
  }
  // Nobody takes what comes now.
  WriteAll(pair.peer.get(), "hello");
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  EXPECT_EQ(ReadAll(number, 5), "hello");
  // It may come back.
  const WatchedId again = Adopt(*std::move(detached));
  ASSERT_TRUE(watcher().Read(again, nullptr).ok());
  WriteAll(pair.peer.get(), "again");
  EXPECT_EQ(CollectOne().text, "again");
}

TEST_P(WatcherEndTest, DetachLosesNoByte) {
  for (int i = 0; i < 20; ++i) {
    SocketPair pair = TcpPair();
    const WatchedId id = Adopt(std::move(pair.ours));
    ASSERT_TRUE(watcher().Read(id, nullptr, std::span(bytes_)).ok());
    if (i % 2 == 0) {
      ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
    }
    WriteAll(pair.peer.get(), "ab");
    ASSERT_TRUE(AwaitReady(pair.peer.get(), POLLOUT));
    auto detached = watcher().Detach(id);
    ASSERT_TRUE(detached);
    const Outcome outcome = CollectOne();
    if (outcome.status.ok()) {
      EXPECT_EQ(outcome.text, "ab");
    } else {
      EXPECT_EQ(outcome.status.code(), Error::kCancelled);
      EXPECT_EQ(ReadAll(detached->get(), 2), "ab");
    }
  }
}

// gaio lost completions at Close.
TEST_P(WatcherEndTest, CloseCompletesEachRequestOnce) {
  AskForMuch(id_);
  ExpectNoResult();
  watcher().Close();
  watcher().Close();
  const auto outcomes = Collect(kMuch);
  ASSERT_EQ(outcomes.size(), kMuch);
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.status.code(), Error::kClosed);
  }
  // gaio's TestWaitIOAfterClose, TestReadWriteAfterClose and
  // TestSetLoopAffinityAfterClose.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(watcher().WaitIo().status().code(), Error::kClosed);
  }
  EXPECT_EQ(watcher().Read(id_, nullptr).code(), Error::kClosed);
  EXPECT_EQ(watcher().Write(id_, nullptr, AsBytes("x"sv)).code(),
            Error::kClosed);
  EXPECT_EQ(watcher().Adopt(std::move(TcpPair().ours)).status().code(),
            Error::kClosed);
  EXPECT_EQ(watcher().Free(id_).code(), Error::kClosed);
  EXPECT_EQ(watcher().SetAffinity(0).code(), Error::kClosed);
  ASSERT_TRUE(AwaitReady(peer_.get(), POLLIN));
}

TEST_P(WatcherEndTest, CloseByAnotherThreadEndsWaitIo) {
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  std::thread closer([&] { watcher().Close(); });
  EXPECT_EQ(watcher().WaitIo().status().code(), Error::kClosed);
  closer.join();
}

TEST_P(WatcherEndTest, DestructionWaitsForTheKernel) {
  AskForMuch(id_);
  ExpectNoResult();
  Destroy();
  WriteAll(peer_.get(), "x");
  EXPECT_EQ(bytes_[0], std::byte{0});
}

TEST_P(WatcherEndTest, WithoutAnyWaitIoItMayBeDestroyedAnywhere) {
  AskForMuch(id_);
  std::thread([&] { Destroy(); }).join();
  ASSERT_TRUE(AwaitReady(peer_.get(), POLLIN));
  EXPECT_TRUE(HasEnded(peer_.get()));
}

TEST_P(WatcherEndTest, OnceClosedItMayBeDestroyedAnywhere) {
  AskForMuch(id_);
  std::thread([&] {
    EXPECT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
    watcher().Close();
    while (watcher().WaitIo()) {
    }
  }).join();
  Destroy();
}

using WatcherEndDeathTest = WatcherEndTest;
EDDY_ON_USABLE_BACKENDS(WatcherEndDeathTest);

TEST_P(WatcherEndDeathTest, WithRequestsItIsDestroyedOnItsThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        std::thread([&] {
          AskForMuch(id_);
          ExpectNoResult();
        }).join();
        Destroy();
      },
      "outstanding requests is destroyed on another thread");
}

TEST_P(WatcherEndTest, OnlyTheDrivingThreadWaits) {
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  std::thread([&] {
    EXPECT_EQ(watcher().WaitIo().status().code(), Error::kWrongThread);
    EXPECT_EQ(watcher().Detach(id_).status().code(), Error::kWrongThread);
  }).join();
}

// Before the first WaitIo, and while it waits.
TEST_P(WatcherEndTest, OtherThreadsMaySubmit) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kWrites = 500;
  std::vector<std::thread> threads;
  std::atomic<int> started = 0;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      ++started;
      for (std::size_t j = 0; j < kWrites; ++j) {
        const std::string_view letter = "abcd"sv.substr(i, 1);
        EXPECT_TRUE(watcher().Write(id_, nullptr, AsBytes(letter)).ok());
      }
    });
  }
  while (started == 0) std::this_thread::yield();
  std::size_t count = 0;
  while (count < kThreads * kWrites) {
    for (const Outcome& outcome : Collect(1)) {
      EXPECT_TRUE(outcome.status.ok());
      ++count;
    }
  }
  for (auto& thread : threads) thread.join();
  const std::string text = ReadAll(peer_.get(), count);
  for (const char letter : "abcd"sv) {
    EXPECT_EQ(std::count(text.begin(), text.end(), letter),
              static_cast<std::ptrdiff_t>(kWrites));
  }
}

TEST_P(WatcherEndTest, OtherThreadsMayEndThings) {
  AskForMuch(id_);
  ExpectNoResult();
  std::thread canceller([&] { EXPECT_EQ(watcher().Cancel(id_), 0U); });
  for (const Outcome& outcome : Collect(kMuch)) {
    EXPECT_EQ(outcome.status.code(), Error::kCancelled);
  }
  canceller.join();
  std::thread([&] { EXPECT_TRUE(watcher().Free(id_).ok()); }).join();
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  EXPECT_EQ(watcher().Read(id_, nullptr).code(), Error::kClosed);
}

// What one thread adopts another, the driving one, may use at once.
TEST_P(WatcherEndTest, AnIdFromAnotherThreadIsGoodAtOnce) {
  ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  SocketPair pair = TcpPair();
  WatchedId id;
  std::thread([&] { id = Adopt(std::move(pair.ours)); }).join();
  ASSERT_TRUE(watcher().Write(id, nullptr, AsBytes("hello"sv)).ok());
  EXPECT_TRUE(CollectOne().status.ok());
  EXPECT_EQ(ReadAll(pair.peer.get(), 5), "hello");
}

// Whatever was accepted is completed: each request of several threads that
// submit while another one closes.
TEST_P(WatcherEndTest, WhatWasAcceptedAroundCloseIsCompleted) {
  for (int round = 0; round < 20; ++round) {
    Make({});
    std::vector<SocketPair> pairs;
    std::vector<std::thread> threads;
    std::atomic<std::size_t> accepted = 0;
    for (int i = 0; i < 3; ++i) pairs.push_back(TcpPair());
    for (SocketPair& pair : pairs) {
      threads.emplace_back([&] {
        const auto id = watcher().Adopt(std::move(pair.ours));
        while (id && watcher().Read(*id, nullptr).ok()) {
          if (++accepted > 20) watcher().Close();
        }
      });
    }
    std::size_t completed = 0;
    for (;;) {
      const auto results = watcher().WaitIo();
      if (!results) break;
      completed += results->size();
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(completed, accepted);
  }
}

// gaio's TestSetAffinityInvalidCPU, and what it could not do: be moved again.
TEST_P(WatcherEndTest, TheDrivingThreadCanBeBoundToACpu) {
  for (const int cpu : {-1, 4096, 1'000'000}) {
    EXPECT_EQ(watcher().SetAffinity(cpu).code(), Error::kInvalidArgument);
  }
  EXPECT_EQ(Watcher::Create({.cpu = 4096}).status().code(),
            Error::kInvalidArgument);
#if defined(__linux__)
  const auto cpus = os::AllowedCpus();
  EXPECT_TRUE(watcher().SetAffinity(cpus.back()).ok());
  EXPECT_EQ(os::AllowedCpus(), cpus) << "the caller is left as it is";
  std::thread([&] {
    ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
    EXPECT_EQ(os::AllowedCpus(), std::vector{cpus.back()});
    ASSERT_TRUE(watcher().SetAffinity(cpus.front()).ok());
    EXPECT_EQ(os::AllowedCpus(), std::vector{cpus.front()});
    watcher().Close();
    while (watcher().WaitIo()) {
    }
  }).join();
#endif
}

TEST(WatcherOptionsTest, WhatCannotBeIsRefused) {
  for (const WatcherOptions& options :
       {WatcherOptions{.swap_buffer_bytes = 0},
        WatcherOptions{.swap_buffer_bytes = 1 << 20, .max_swap_bytes = 1 << 20},
        WatcherOptions{.swap_buffer_bytes = std::size_t{1} << 62},
        WatcherOptions{.swap_buffer_bytes = (std::size_t{1} << 62) + 1},
        WatcherOptions{.max_requests = 0},
        WatcherOptions{.timer_tick = std::chrono::nanoseconds(0)},
        WatcherOptions{.spin = std::chrono::nanoseconds(-1)}}) {
    EXPECT_EQ(Watcher::Create(options).status().code(),
              Error::kInvalidArgument);
  }
}

}  // namespace
}  // namespace eddy::test
