// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherSwapTest: reads without a buffer, on every backend.

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/pattern.h"
#include "support/watcher_test.h"

namespace eddy::test {
namespace {

class WatcherSwapTest : public WatcherTest {
 protected:
  struct Peer {
    UniqueFd fd;
    WatchedId id;
  };

  // `count` connections, each of whose peers has sent `text`.
  void Connect(std::size_t count, std::string_view text) {
    while (peers_.size() < count) {
      SocketPair pair = UnixPair();
      WriteAll(pair.peer.get(), text);
      peers_.push_back({std::move(pair.peer), Adopt(std::move(pair.ours))});
    }
  }
  void ReadFromEach() {
    for (const Peer& peer : peers_) {
      ASSERT_TRUE(watcher().Read(peer.id, nullptr).ok());
    }
  }

  std::vector<Peer> peers_;
};
EDDY_ON_USABLE_BACKENDS(WatcherSwapTest);

TEST_P(WatcherSwapTest, TheResultNamesTheBytes) {
  Connect(1, "hello");
  ReadFromEach();
  const Outcome outcome = CollectOne();
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_TRUE(outcome.is_swap_buffer);
  EXPECT_EQ(outcome.text, "hello");
}

// gaio fell back to 16 bytes for each read once its buffer was full, and did
// not even say that those were its own.
TEST_P(WatcherSwapTest, NoReadIsCutWhenManyComeTogether) {
  Make({.swap_buffer_bytes = 4096, .max_swap_bytes = 4 * 4096});
  const std::string text = Pattern(1024);
  Connect(200, text);
  ReadFromEach();
  const auto outcomes = Collect(peers_.size());
  EXPECT_EQ(outcomes.size(), peers_.size());
  for (const Outcome& outcome : outcomes) {
    EXPECT_TRUE(outcome.status.ok());
    EXPECT_TRUE(outcome.is_swap_buffer);
    EXPECT_EQ(outcome.text, text);
  }
}

TEST_P(WatcherSwapTest, ReadsThatFindNoBufferAreServedInTurn) {
  Make({.swap_buffer_bytes = 4096, .max_swap_bytes = 4 * 4096});
  const std::string text = Pattern(4096);
  Connect(40, text);
  ReadFromEach();
  std::vector<WatchedId> order;
  while (order.size() < peers_.size()) {
    const auto results = watcher().WaitIo(kPatience);
    ASSERT_TRUE(results && !results->empty());
    EXPECT_LE(results->size(), 4U) << "more than there is memory for";
    for (const OpResult& result : *results) order.push_back(result.id);
  }
  std::sort(order.begin(), order.end());
  EXPECT_EQ(std::unique(order.begin(), order.end()), order.end());
}

// Even if the watcher turns meanwhile, as it does for Detach.
TEST_P(WatcherSwapTest, ResultsStayGoodUntilTheNextWaitIo) {
  const std::string text = Pattern(10'000);
  Connect(50, text);
  SocketPair other = UnixPair();
  const WatchedId detached = Adopt(std::move(other.ours));
  ASSERT_TRUE(watcher().Read(detached, nullptr).ok());
  ReadFromEach();
  const auto results = watcher().WaitIo(kPatience);
  ASSERT_TRUE(results && !results->empty());
  for (const OpResult& result : *results) {
    ASSERT_TRUE(watcher().Read(result.id, nullptr).ok());
  }
  for (Peer& peer : peers_) WriteAll(peer.fd.get(), std::string(20'000, 'X'));
  ASSERT_TRUE(watcher().Detach(detached));
  for (const OpResult& result : *results) {
    EXPECT_EQ(AsText(result.buffer), text.substr(0, result.size));
  }
}

// A slow write keeps its bytes, whatever is read meanwhile.
TEST_P(WatcherSwapTest, AWriteFromASwapBufferKeepsIt) {
  Make({.swap_buffer_bytes = 4096, .max_swap_bytes = 8 * 4096});
  const std::string text = Pattern(4000);
  Connect(1, text);
  SocketPair slow = UnixPair();
  SetBufferBytes(slow.ours.get(), 1);
  const std::size_t filled = FillUp(slow.ours.get());
  const WatchedId sink = Adopt(std::move(slow.ours));
  ReadFromEach();
  {
    const auto results = watcher().WaitIo(kPatience);
    ASSERT_TRUE(results && results->size() == 1);
    ASSERT_TRUE(watcher().Write(sink, nullptr, results->front().buffer).ok());
  }
  // All other memory is used again and again.
  for (int i = 0; i < 20; ++i) {
    const std::string other(4000, 'X');
    WriteAll(peers_[0].fd.get(), other);
    ReadFromEach();
    EXPECT_EQ(CollectOne().text, other);
  }
  ReadAll(slow.peer.get(), filled);
  const Outcome outcome = CollectOne();
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.operation, Operation::kWrite);
  EXPECT_EQ(ReadAll(slow.peer.get(), text.size()), text);
}

TEST_P(WatcherSwapTest, AReadThatAwaitsABufferCanBeEnded) {
  Make({.swap_buffer_bytes = 4096, .max_swap_bytes = 4 * 4096});
  Connect(12, Pattern(4096));
  int context = 0;
  for (const Peer& peer : peers_) {
    ASSERT_TRUE(watcher().Read(peer.id, &context).ok());
  }
  std::map<WatchedId, Status> ends;
  const auto collect = [&] {
    const auto results = watcher().WaitIo(kPatience);
    ASSERT_TRUE(results && !results->empty());
    for (const OpResult& result : *results) ends[result.id] = result.status;
  };
  collect();
  std::vector<WatchedId> waiting;
  for (const Peer& peer : peers_) {
    if (!ends.contains(peer.id)) waiting.push_back(peer.id);
  }
  ASSERT_GE(waiting.size(), 4U);
  // Asked for only now, and ended before the next WaitIo.
  std::vector<WatchedId> late;
  for (int i = 0; i < 2; ++i) {
    SocketPair pair = UnixPair();
    WriteAll(pair.peer.get(), "late");
    late.push_back(Adopt(std::move(pair.ours)));
    ASSERT_TRUE(watcher().Read(late.back(), nullptr).ok());
    peers_.push_back({std::move(pair.peer), late.back()});
  }
  EXPECT_EQ(watcher().Cancel(late[0]), 1U);
  ASSERT_TRUE(watcher().Free(late[1]).ok());
  EXPECT_EQ(watcher().Cancel(waiting[0]), 1U);
  ASSERT_TRUE(watcher().Free(waiting[1]).ok());
  EXPECT_TRUE(watcher().Detach(waiting[2]));
  while (ends.size() < peers_.size()) collect();
  EXPECT_EQ(ends[late[0]].code(), Error::kCancelled);
  EXPECT_EQ(ends[late[1]].code(), Error::kClosed);
  EXPECT_EQ(ends[waiting[0]].code(), Error::kCancelled);
  EXPECT_EQ(ends[waiting[1]].code(), Error::kClosed);
  EXPECT_EQ(ends[waiting[2]].code(), Error::kCancelled);
  EXPECT_TRUE(ends[waiting[3]].ok());
}

using WatcherSwapRealTimeTest = WatcherSwapTest;
EDDY_ON_USABLE_BACKENDS(WatcherSwapRealTimeTest);

std::chrono::nanoseconds ThreadTime() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

// All memory is in writes that do not end: the watcher waits, and does not
// spin.
TEST_P(WatcherSwapRealTimeTest, WithoutAnyBufferItSleeps) {
  Make({.swap_buffer_bytes = 4096, .max_swap_bytes = 4 * 4096});
  Connect(1, Pattern(4096));
  SocketPair slow = UnixPair();
  SetBufferBytes(slow.ours.get(), 1);
  const std::size_t filled = FillUp(slow.ours.get());
  const WatchedId sink = Adopt(std::move(slow.ours));
  for (int i = 0; i < 4; ++i) {
    ReadFromEach();
    const auto results = watcher().WaitIo(kPatience);
    ASSERT_TRUE(results && results->size() == 1);
    ASSERT_TRUE(watcher().Write(sink, nullptr, results->front().buffer).ok());
    WriteAll(peers_[0].fd.get(), Pattern(4096));
  }
  int context = 0;
  ASSERT_TRUE(watcher().Read(peers_[0].id, &context).ok());
  const auto used = ThreadTime();
  const auto results = watcher().WaitIo(std::chrono::milliseconds(300));
  ASSERT_TRUE(results);
  EXPECT_TRUE(results->empty());
  EXPECT_LT(ThreadTime() - used, std::chrono::milliseconds(100));
  // Its deadline is kept meanwhile.
  SocketPair pair = UnixPair();
  WriteAll(pair.peer.get(), "hello");
  const WatchedId late = Adopt(std::move(pair.ours));
  ASSERT_TRUE(
      watcher()
          .Read(late, nullptr, Clock::now() + std::chrono::milliseconds(5))
          .ok());
  EXPECT_EQ(CollectOne().status.code(), Error::kTimeout);
  std::thread reader([&] { ReadAll(slow.peer.get(), filled + 4 * 4096); });
  // The writes, of which each may make room for the read.
  const auto outcomes = Collect(5);
  reader.join();
  EXPECT_EQ(outcomes.size(), 5U);
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(),
                          [&](const Outcome& outcome) {
                            return outcome.context == &context &&
                                   outcome.status.ok();
                          }),
            1);
}

// A descriptor that ends leaves nothing behind, and another gets its place.
TEST_P(WatcherSwapTest, StarvedDescriptorsMayComeAndGo) {
  Make({.swap_buffer_bytes = 4096, .max_swap_bytes = 4 * 4096});
  Connect(20, Pattern(4096));
  ReadFromEach();
  const auto results = watcher().WaitIo(kPatience);
  ASSERT_TRUE(results && !results->empty());
  for (int round = 0; round < 3; ++round) {
    for (Peer& peer : peers_) {
      static_cast<void>(watcher().Free(peer.id));
      SocketPair pair = UnixPair();
      WriteAll(pair.peer.get(), "hello");
      peer = {std::move(pair.peer), Adopt(std::move(pair.ours))};
      ASSERT_TRUE(watcher().Read(peer.id, nullptr).ok());
    }
    ASSERT_TRUE(watcher().WaitIo(std::chrono::nanoseconds(0)));
  }
  for (Peer& peer : peers_) static_cast<void>(watcher().Free(peer.id));
  while (true) {
    const auto rest = watcher().WaitIo(std::chrono::nanoseconds(0));
    ASSERT_TRUE(rest);
    if (rest->empty()) break;
  }
}

}  // namespace
}  // namespace eddy::test
