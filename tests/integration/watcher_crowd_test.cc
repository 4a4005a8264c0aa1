// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherCrowdTest: thousands of connections, on every backend.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "eddy/listener.h"
#include "support/child_process.h"
#include "support/watcher_test.h"

namespace eddy::test {
namespace {

class WatcherCrowdTest : public WatcherTest {
 protected:
  // How an echo reads.
  enum class Way { kSwap, kOwn, kMixed };
  static constexpr std::size_t kOwnBytes = 1024;

  // gaio's test: each of `count` connections, made by another process, sends
  // messages of `size` and is sent them back, twice, and all bytes are looked
  // at. Here it is one watcher that echoes, by requests of the given way.
  void Echo(std::size_t count, std::size_t size, Way way) {
    auto listener = Unwrap(Listener::Create("127.0.0.1:0"), "listen");
    std::vector<std::unique_ptr<Peer>> peers(count);
    std::thread acceptor([&] {
      for (auto& peer : peers) {
        auto socket = listener->Accept(kPatience);
        ASSERT_TRUE(socket) << socket.status().message();
        peer = std::make_unique<Peer>();
        peer->reads_own = way == Way::kOwn ||
                          (way == Way::kMixed && (&peer - &peers[0]) % 13 != 0);
        const auto id = watcher().Adopt(*std::move(socket));
        ASSERT_TRUE(id) << id.status().message();
        ASSERT_TRUE(Read(*id, *peer).ok());
      }
    });
    ChildProcess load(
        EDDY_BENCH_DIR "/eddy_load",
        {"--connect", listener->address().ToString(), "--connections",
         std::to_string(count), "--size", std::to_string(size), "--messages",
         std::to_string(2 * count), "--verify", "--json", "-"});
    EchoUntilAllHaveEnded(count);
    acceptor.join();
    const auto exit = load.WaitExit();
    ASSERT_TRUE(exit);
    EXPECT_EQ(exit->code, 0) << exit->errors;
  }

 private:
  struct Peer {
    bool reads_own = false;
    std::array<std::byte, kOwnBytes> buffer;
  };

  Status Read(WatchedId id, Peer& peer) {
    return peer.reads_own ? watcher().Read(id, &peer, peer.buffer)
                          : watcher().Read(id, &peer);
  }

  void EchoUntilAllHaveEnded(std::size_t left) {
    while (left > 0) {
      const auto results = watcher().WaitIo(kPatience);
      ASSERT_TRUE(results && !results->empty())
          << left << " left, " << results.status().message();
      for (const OpResult& result : *results) {
        if (result.status.ok()) {
          Answer(result);
        } else {
          EXPECT_EQ(result.operation, Operation::kRead)
              << result.status.message();
          EXPECT_TRUE(watcher().Free(result.id).ok());
          --left;
        }
      }
    }
  }

  void Answer(const OpResult& result) {
    auto& peer = *static_cast<Peer*>(result.context);
    EXPECT_EQ(result.is_swap_buffer,
              result.operation == Operation::kRead && !peer.reads_own);
    const Status status =
        result.operation == Operation::kRead
            ? watcher().Write(result.id, &peer,
                              result.buffer.first(result.size))
            : Read(result.id, peer);
    EXPECT_TRUE(status.ok()) << status.message();
  }
};
EDDY_ON_USABLE_BACKENDS(WatcherCrowdTest);

TEST_P(WatcherCrowdTest, Echo1k) { Echo(1'000, 1024, Way::kSwap); }
TEST_P(WatcherCrowdTest, Echo4k) { Echo(4'000, 1024, Way::kSwap); }
TEST_P(WatcherCrowdTest, Echo12k) { Echo(12'000, 1024, Way::kSwap); }
TEST_P(WatcherCrowdTest, Echo4kTiny) { Echo(4'000, 16, Way::kSwap); }
TEST_P(WatcherCrowdTest, Echo8kFromOwnBuffers) { Echo(8'000, 1024, Way::kOwn); }
TEST_P(WatcherCrowdTest, Echo10kMixed) { Echo(10'000, 1024, Way::kMixed); }

// gaio's Test10kCompleteSwapBuffer with as little memory as can be: what does
// not fit waits.
TEST_P(WatcherCrowdTest, Echo1kWithLittleMemory) {
  Make({.swap_buffer_bytes = 1024, .max_swap_bytes = 8 * 1024});
  Echo(1'000, 1024, Way::kSwap);
}

// gaio's TestDeadline1k to 8k.
TEST_P(WatcherCrowdTest, EachOf8kSilentConnectionsTimesOutOnce) {
  constexpr std::size_t kCount = 8'000;
  std::vector<UniqueFd> peers;
  std::vector<int> timeouts(kCount);
  std::byte byte{};
  for (std::size_t i = 0; i < kCount; ++i) {
    SocketPair pair = UnixPair();
    const WatchedId id = Adopt(std::move(pair.ours));
    peers.push_back(std::move(pair.peer));
    const auto deadline = Clock::now() + std::chrono::milliseconds(i % 100);
    const Status status =
        i % 2 == 0
            ? watcher().Read(id, &timeouts[i], deadline)
            : watcher().Read(id, &timeouts[i], std::span(&byte, 1), deadline);
    ASSERT_TRUE(status.ok());
  }
  for (const Outcome& outcome : Collect(kCount)) {
    EXPECT_EQ(outcome.status.code(), Error::kTimeout);
    ++*static_cast<int*>(outcome.context);
  }
  EXPECT_EQ(std::count(timeouts.begin(), timeouts.end(), 1), kCount);
  ExpectNoResult();
  Destroy();
}

}  // namespace
}  // namespace eddy::test
