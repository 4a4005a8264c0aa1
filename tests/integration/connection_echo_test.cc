// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of echo servers: many clients, large messages, and storms of clients.

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/connection_test.h"

namespace eddy::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;  // memory is then kept after its release
#else
constexpr bool kIsSanitized = false;
#endif

class ConnectionEchoTest : public ConnectionTest {
 protected:
  // Sends `text` while reading what comes back. Returns whether it was equal.
  static bool Echoes(int fd, const std::string& text) {
    std::string echoed;
    std::size_t written = 0;
    while (echoed.size() < text.size()) {
      written += WriteSome(fd, std::string_view(text).substr(written));
      if (ReadSome(fd, echoed) != Stream::kOpen) return false;
      if (echoed.size() == text.size()) break;
      const bool writes = written < text.size();
      const auto events = static_cast<short>(POLLIN | (writes ? POLLOUT : 0));
      if (!AwaitReady(fd, events)) return false;
    }
    return echoed == text;
  }
};

EDDY_ON_USABLE_BACKENDS(ConnectionEchoTest);

TEST_P(ConnectionEchoTest, AHundredClientsGetTheirRandomMessagesBack) {
  options.num_loops = 8;
  Start();
  constexpr unsigned kThreads = 4;
  std::atomic<int> echoed = 0;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < kThreads; ++seed) {
    threads.emplace_back([&, seed] {
      std::minstd_rand random(seed + 1);
      const auto pick = [&] { return static_cast<unsigned>(random()); };
      std::vector<UniqueFd> clients(100 / kThreads);
      for (UniqueFd& client : clients) client = Connect();
      for (int round = 0; round < 2; ++round) {
        for (const UniqueFd& client : clients) {
          // As often short as long.
          const std::size_t most = std::size_t{1} << (pick() % 21);
          const std::string text = Pattern(1 + pick() % most, pick());
          if (Echoes(client.get(), text)) ++echoed;
        }
      }
      for (const UniqueFd& client : clients) {
        if (Echoes(client.get(), Pattern(1 << 20, seed))) ++echoed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(echoed, 300);
  EXPECT_EQ(server->stats().accepted_count, 100u);
}

// The program of the first page: ten lines, and a peer that reads late.
struct TenLineEcho : Handler {
  void OnMessage(Connection& connection, RingBuffer& input) override {
    connection.Send(input);
    const std::size_t held = connection.output_size() + input.size();
    if (held > most_held) most_held = held;
  }
  std::atomic<std::size_t> most_held = 0;
};

std::size_t ResidentBytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_P(ConnectionEchoTest, APeerThatWritesEverythingFirstCostsAFewMegabytes) {
  TenLineEcho echo;
  StartWith(echo);
  const UniqueFd client = Connect();
  constexpr std::size_t kTotal = std::size_t{100} << 20;
  const std::string text = Pattern(kTotal);
  const std::size_t resident_before = ResidentBytes();
  std::atomic<std::size_t> written = 0;
  std::thread writer([&] {
    while (written < kTotal && AwaitReady(client.get(), POLLOUT)) {
      written += WriteSome(client.get(), std::string_view(text).substr(
                                             written, std::size_t{1} << 20));
    }
  });
  // The writer is stuck when it got no further for a while: all buffers are
  // full, the server's too.
  std::size_t seen = 0;
  int unchanged = 0;
  EXPECT_TRUE(Eventually([&] {
    unchanged = written == seen && seen > 0 ? unchanged + 1 : 0;
    seen = written;
    return unchanged == 200;
  }));
  EXPECT_LT(seen, kTotal) << "the kernel held all, nothing was tried";
  EXPECT_LT(echo.most_held, std::size_t{8} << 20);
  if (!kIsSanitized) {
    EXPECT_LT(ResidentBytes(), resident_before + (std::size_t{16} << 20));
  }
  std::size_t read = 0;
  std::string block;
  while (read < kTotal && AwaitReady(client.get(), POLLIN)) {
    block.clear();
    if (ReadSome(client.get(), block) != Stream::kOpen) break;
    if (text.compare(read, block.size(), block) != 0) break;
    read += block.size();
  }
  writer.join();
  EXPECT_EQ(read, kTotal) << "what follows is not what was sent";
  EXPECT_LT(echo.most_held, std::size_t{8} << 20);
  Stop();
}

TEST_P(ConnectionEchoTest, ConnectAndCloseStormsBalance) {
  options.num_loops = 4;
  Start();
  constexpr int kCount = 400;
  for (int i = 0; i < kCount; ++i) {
    UniqueFd client = Connect();
    if (i % 3 == 1) WriteSome(client.get(), "bytes nobody waits for");
    if (i % 3 == 2) Reset(std::move(client));
  }
  EXPECT_TRUE(Eventually([&] {
    return server->stats().accepted_count == kCount &&
           server->connection_count() == 0;
  }));
  EXPECT_EQ(handler.connects(), handler.closes());
}

TEST_P(ConnectionEchoTest, SendingInOnConnectToClientsThatLeaveBalances) {
  options.num_loops = 4;
  handler.on_connect = [](Connection& connection) {
    connection.Send("hello");
    connection.Send(Pattern(100'000));
  };
  Start();
  constexpr int kCount = 100;
  for (int i = 0; i < kCount; ++i) Connect().Reset();
  EXPECT_TRUE(Eventually([&] {
    return server->stats().accepted_count == kCount &&
           server->connection_count() == 0;
  }));
  EXPECT_EQ(handler.connects(), kCount);
  EXPECT_EQ(handler.closes(), kCount);
}

TEST_P(ConnectionEchoTest, CloseInOnConnectIsSeenAsAnEmptyStream) {
  handler.on_connect = [](Connection& connection) { connection.Close(); };
  Start();
  for (int i = 0; i < 20; ++i) {
    const UniqueFd client = Connect();
    std::string text;
    EXPECT_EQ(AwaitEnd(client, &text), Stream::kEnded);
    EXPECT_EQ(text, "");
  }
}

TEST_P(ConnectionEchoTest, RepliesArriveAlthoughTheRequestIsNeverRead) {
  for (const std::size_t size : {std::size_t{5}, std::size_t{1} << 20}) {
    handler.on_connect = [size](Connection& connection) {
      connection.Send(Pattern(size));
      connection.Close();
    };
    Start();
    const UniqueFd client = Connect();
    WriteSome(client.get(), Pattern(100'000));
    std::string text;
    EXPECT_EQ(AwaitEnd(client, &text), Stream::kEnded);
    EXPECT_EQ(text, Pattern(size));
    Stop();
  }
}

}  // namespace
}  // namespace eddy::test
