// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of flow control over real sockets: blocked output, paused input, the
// processor's rest.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "support/connection_test.h"

namespace eddy::test {
namespace {

class ConnectionFlowTest : public ConnectionTest {
 protected:
  // Until what the newest connection's loop told the accepting one by now, and
  // the other way round, has been heard.
  void AwaitBothLoops() {
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(OnConnection([](Connection&) {}));
      std::promise<void> heard;
      server->RunAfter(std::chrono::nanoseconds(0), [&] { heard.set_value(); });
      heard.get_future().get();
    }
  }
};

EDDY_ON_USABLE_BACKENDS(ConnectionFlowTest);

TEST_P(ConnectionFlowTest, OutputSizeIsExactAtOnce) {
  options.connection.max_output_bytes = std::size_t{128} << 20;
  Start();
  const UniqueFd client = ConnectAndAwait();
  constexpr std::size_t kTotal = std::size_t{64} << 20;
  std::size_t counted = 0;
  EXPECT_TRUE(OnConnection([&](Connection& connection) {
    EXPECT_EQ(connection.output_size(), 0u);
    for (int i = 0; i < 64; ++i) connection.Send(Pattern(1 << 20));
    counted = connection.output_size();
    EXPECT_FALSE(connection.is_writable());
  }));
  // What is not in our hands is in the kernel's, which the peer can empty.
  const std::size_t in_kernel = kTotal - counted;
  EXPECT_GT(counted, kTotal / 2);
  EXPECT_LT(counted, kTotal);
  std::size_t now = 0;
  EXPECT_TRUE(OnConnection([&](Connection& c) { now = c.output_size(); }));
  EXPECT_GE(kTotal - now, in_kernel);
  std::string read;
  while (read.size() < kTotal && AwaitReady(client.get(), POLLIN)) {
    if (ReadSome(client.get(), read) != Stream::kOpen) break;
  }
  EXPECT_EQ(read.size(), kTotal);
  EXPECT_TRUE(Eventually([&] {
    EXPECT_TRUE(OnConnection([&](Connection& c) { now = c.output_size(); }));
    return now == 0;
  }));
  EXPECT_TRUE(Eventually([&] { return handler.writables() == 1; }));
}

TEST_P(ConnectionFlowTest, APeerThatDoesNotReadIsNotReadFrom) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  EXPECT_TRUE(OnConnection([](Connection& connection) {
    connection.Send(Pattern(16 << 20));
    EXPECT_TRUE(connection.is_reading_paused());
  }));
  WriteAll(client.get(), "x");
  EXPECT_TRUE(OnConnection([](Connection&) {}));
  EXPECT_EQ(handler.messages(), 0);
  EXPECT_EQ(ReadAll(client.get(), (16 << 20) + 1).size(),
            std::size_t{(16 << 20) + 1});
  EXPECT_EQ(handler.messages(), 1);
}

TEST_P(ConnectionFlowTest, WithoutAutoPauseAPeerThatDoesNotReadIsReadFrom) {
  options.connection.auto_pause = false;
  handler.on_message = [](Connection&, RingBuffer& input) { input.Clear(); };
  Start();
  const UniqueFd client = ConnectAndAwait();
  EXPECT_TRUE(OnConnection([](Connection& connection) {
    connection.Send(Pattern(16 << 20));
    EXPECT_FALSE(connection.is_reading_paused());
    EXPECT_FALSE(connection.is_writable());
  }));
  WriteAll(client.get(), "x");
  EXPECT_TRUE(Eventually([&] { return handler.messages() == 1; }));
}

TEST_P(ConnectionFlowTest, ShortMemoryStopsAcceptingUntilItIsBack) {
  options.max_loop_buffer_bytes = 4 << 20;
  Start();
  const UniqueFd reader = ConnectAndAwait();
  EXPECT_TRUE(OnConnection(
      [](Connection& connection) { connection.Send(Pattern(16 << 20)); }));
  AwaitBothLoops();
  const UniqueFd waiting = Connect();
  AwaitBothLoops();
  EXPECT_EQ(handler.connects(), 1);
  EXPECT_EQ(ReadAll(reader.get(), 16 << 20).size(), std::size_t{16} << 20);
  EXPECT_EQ(Exchange(waiting, "accepted"), "accepted");
}

TEST_P(ConnectionFlowTest, AcceptingResumesWhenWhoHoldsTheMemoryIsGone) {
  options.max_loop_buffer_bytes = 1 << 20;
  // A kernel queue may tell of no reset to who does not receive: then the time
  // limit is what ends it.
  const bool is_surely_told = GetParam() != Backend::kKqueue;
  if (!is_surely_told) {
    options.connection.close_timeout = std::chrono::seconds(1);
  }
  std::atomic<bool> hoards = true;
  handler.on_message = [&](Connection& connection, RingBuffer& input) {
    if (!hoards) connection.Send(input);
  };
  Start();
  UniqueFd hoarder = ConnectAndAwait();
  const std::string text = Pattern(4 << 20);
  std::size_t written = 0;
  EXPECT_TRUE(Eventually([&] {
    written += WriteSome(hoarder.get(), std::string_view(text).substr(written));
    return server->stats().received_bytes > (1 << 20);
  }));
  Reset(std::move(hoarder));
  const Status end = handler.AwaitClose();
  if (is_surely_told || end.code() != Error::kNoMemory) {
    EXPECT_EQ(end.code(), std::errc::connection_reset);
  }
  hoards = false;
  EXPECT_EQ(Exchange(Connect(), "accepted"), "accepted");
}

// ---- Every way to say what to send ------------------------------------------

template <typename T>
concept Sendable = requires(Connection& connection, T& value) {
  connection.Send(value);
};
template <typename T>
concept SendableByHandle = requires(const ConnectionHandle& handle, T& value) {
  handle.Send(value);
};
static_assert(Sendable<const char[6]> && SendableByHandle<const char[6]>);
static_assert(Sendable<std::string> && SendableByHandle<std::string>);
static_assert(Sendable<std::vector<char>>);
static_assert(Sendable<std::array<std::byte, 4>>);
static_assert(Sendable<std::span<const std::uint8_t>>);
// A buffer or a string? Only the program knows.
static_assert(!Sendable<char[6]> && !SendableByHandle<char[6]>);
static_assert(!Sendable<std::vector<int>> && !Sendable<int>);

TEST_P(ConnectionFlowTest, EveryRangeOfBytesCanBeSent) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  EXPECT_TRUE(OnConnection([](Connection& connection) {
    const std::vector<char> chars = {'v', 'e', 'c'};
    const std::array<std::uint8_t, 3> octets = {'a', 'r', 'r'};
    const std::array<std::byte, 2> bytes = {std::byte{'b'}, std::byte{'y'}};
    char buffer[] = "buffer";
    RingBuffer ring;
    ring.Append("ring");
    connection.Send("literal|");
    connection.Send(std::string("string|"));
    connection.Send(chars);
    connection.Send(std::span<const std::uint8_t>(octets));
    connection.Send(bytes);
    connection.Send(std::string_view(buffer));
    connection.Send(ring);
    connection.Send(Payload("|payload"));
    EXPECT_EQ(connection.output_size(), 41u);
  }));
  EXPECT_EQ(ReadAll(client.get(), 41),
            "literal|string|vecarrbybufferring|payload");
}

// ---- The processor ----------------------------------------------------------

class ConnectionRealTimeTest : public ConnectionTest {
 protected:
  void ExpectRest() {
    EXPECT_LT(CpuShare(std::chrono::milliseconds(1100)), 0.05);
  }
};

EDDY_ON_USABLE_BACKENDS(ConnectionRealTimeTest);

TEST_P(ConnectionRealTimeTest, BlockedOutputAndUnreadInputCostNothing) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  static_cast<void>(handler.handle().Send(Pattern(32 << 20)));
  EXPECT_TRUE(OnConnection([](Connection&) {}));
  WriteAll(client.get(), "a byte");
  ExpectRest();
}

TEST_P(ConnectionRealTimeTest, BlockedOutputToAPeerThatEndedCostsNothing) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  static_cast<void>(handler.handle().Send(Pattern(32 << 20)));
  EXPECT_TRUE(OnConnection([](Connection&) {}));
  os::ShutdownWrite(client.get());
  ExpectRest();
}

TEST_P(ConnectionRealTimeTest, BothWithoutAutoPauseCostNothing) {
  options.connection.auto_pause = false;
  handler.on_end = [](Connection&) {};
  handler.on_message = [](Connection&, RingBuffer&) {};
  Start();
  const UniqueFd client = ConnectAndAwait();
  static_cast<void>(handler.handle().Send(Pattern(32 << 20)));
  WriteAll(client.get(), "a byte");
  os::ShutdownWrite(client.get());
  EXPECT_TRUE(Eventually([&] { return handler.ends() == 1; }));
  ExpectRest();
}

TEST_P(ConnectionRealTimeTest, APausedPeerThatWritesAndEndsCostsNothing) {
  handler.on_connect = [](Connection& c) { c.PauseReading(); };
  Start();
  const UniqueFd client = ConnectAndAwait();
  WriteAll(client.get(), "unread");
  os::ShutdownWrite(client.get());
  ExpectRest();
}

TEST_P(ConnectionRealTimeTest, APeerThatEndedCostsNothing) {
  handler.on_end = [](Connection&) {};
  Start();
  const UniqueFd client = ConnectAndAwait();
  os::ShutdownWrite(client.get());
  EXPECT_TRUE(Eventually([&] { return handler.ends() == 1; }));
  ExpectRest();
}

// The peer has ended its stream and this side, too; output is left.
TEST_P(ConnectionRealTimeTest, ADrainThatIsStuckCostsNothing) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  static_cast<void>(handler.handle().Send(Pattern(32 << 20)));
  static_cast<void>(handler.handle().Close());
  EXPECT_TRUE(OnConnection([](Connection&) {}));
  os::ShutdownWrite(client.get());
  ExpectRest();
}

}  // namespace
}  // namespace eddy::test
