// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of connections: time limits, and the loop's memory.

#include <chrono>
#include <memory>
#include <string>

#include "support/xor_filter.h"
#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ConnectionLimitsTest : public ConnectionRigTest {
 protected:
  // Nothing has closed just before `limit` has passed; then it does, with
  // `error`.
  void ExpectCloseAfter(std::chrono::nanoseconds limit, Error error) {
    rig->Pass(limit - milliseconds(2));
    EXPECT_EQ(rig->handler.closes(), 0);
    rig->Pass(milliseconds(4));
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
    EXPECT_EQ(rig->handler.reasons().at(0), Status(error));
  }
  // Turns until the kernel takes no more.
  void TurnUntilStuck() { rig->Turn(50); }
  // A peer that writes, to a handler that leaves it unread, until the loop's
  // memory is short.
  UniqueFd Hoard() {
    UniqueFd hoarder = rig->Connect();
    EXPECT_TRUE(rig->TurnUntil([&] {
      WriteSome(hoarder.get(), Pattern(4096));
      return rig->is_memory_short();
    }));
    return hoarder;
  }
};

EDDY_ON_ALL_POLLERS(ConnectionLimitsTest);

TEST_P(ConnectionLimitsTest, SilenceEndsAfterTheIdleTimeout) {
  options.limits.idle_timeout = seconds(5);
  Start();
  const UniqueFd peer = rig->Connect();
  ExpectCloseAfter(seconds(5), Error::kIdleTimeout);
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
}

TEST_P(ConnectionLimitsTest, InputPutsTheIdleTimeoutOff) {
  options.limits.idle_timeout = seconds(5);
  Start();
  const UniqueFd peer = rig->Connect();
  for (int i = 1; i <= 4; ++i) {
    rig->Pass(seconds(3));
    WriteAll(peer.get(), "x");
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() == i; }));
    EXPECT_EQ(rig->Read(peer.get(), 1), "x");
  }
  ExpectCloseAfter(seconds(5), Error::kIdleTimeout);
}

TEST_P(ConnectionLimitsTest, OutputPutsTheIdleTimeoutOff) {
  options.limits.idle_timeout = seconds(5);
  Start();
  const UniqueFd peer = rig->Connect();
  // The large ones go to the kernel at once, past the queue.
  for (const std::size_t size : {10u, 100'000u, 10u, 100'000u, 100'000u}) {
    rig->Pass(seconds(3));
    static_cast<void>(rig->handler.handle().Send(Pattern(size)));
    EXPECT_EQ(rig->Read(peer.get(), size).size(), size);
  }
  ExpectCloseAfter(seconds(5), Error::kIdleTimeout);
}

TEST_P(ConnectionLimitsTest, AConnectionMayHaveAnIdleTimeoutOfItsOwn) {
  Start();
  rig->handler.on_connect = [](Connection& connection) {
    connection.set_idle_timeout(seconds(2));
  };
  const UniqueFd peer = rig->Connect();
  ExpectCloseAfter(seconds(2), Error::kIdleTimeout);
}

TEST_P(ConnectionLimitsTest, APeerThatEndedLivesForTheHalfCloseTimeout) {
  options.connection.half_close_timeout = seconds(7);
  Start();
  rig->handler.on_end = [](Connection&) {};
  const UniqueFd peer = rig->Connect();
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.ends() == 1; }));
  ExpectCloseAfter(seconds(7), Error::kCloseTimeout);
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
}

TEST_P(ConnectionLimitsTest, OutputThatStaysIsAWriteStall) {
  options.connection.write_stall_timeout = seconds(3);
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Send(Pattern(1 << 20)));
  TurnUntilStuck();
  // Progress puts it off.
  rig->Pass(seconds(2));
  EXPECT_GE(rig->Read(peer.get(), 100'000).size(), 100'000u);
  TurnUntilStuck();
  ExpectCloseAfter(seconds(3), Error::kWriteStall);
}

TEST_P(ConnectionLimitsTest, ClosingIsBoundedByTheCloseTimeout) {
  options.connection.close_timeout = seconds(4);
  Start();
  SocketPair pair = TcpPair();
  SetBufferBytes(pair.ours.get(), 4096);
  SetBufferBytes(pair.peer.get(), 4096);
  const UniqueFd peer = rig->Adopt(std::move(pair));
  static_cast<void>(rig->handler.handle().Send(Pattern(10 << 20)));
  static_cast<void>(rig->handler.handle().Close());
  TurnUntilStuck();
  ExpectCloseAfter(seconds(4), Error::kCloseTimeout);
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kBroken);
}

TEST_P(ConnectionLimitsTest, APeerThatDoesNotEndIsLeftAfterTheLinger) {
  options.connection.linger_timeout = seconds(2);
  Start();
  const UniqueFd peer = rig->Connect();
  static_cast<void>(rig->handler.handle().Send("bye"));
  static_cast<void>(rig->handler.handle().Close());
  std::string text;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &text), Stream::kEnded);
  EXPECT_EQ(text, "bye");
  rig->Pass(milliseconds(1990));
  EXPECT_EQ(rig->handler.closes(), 0);
  rig->Pass(milliseconds(20));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_TRUE(rig->handler.reasons().at(0).ok());
}

TEST_P(ConnectionLimitsTest, AHandshakeThatTakesTooLongIsDropped) {
  options.connection.filter = std::make_shared<XorFilterFactory>();
  options.connection.handshake_timeout = seconds(3);
  Start();
  const UniqueFd peer = rig->Connect();
  rig->Pass(milliseconds(2990));
  EXPECT_EQ(rig->gone(), 0u);
  rig->Pass(milliseconds(20));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
  EXPECT_EQ(rig->handler.connects(), 0);
  EXPECT_EQ(rig->handler.closes(), 0);
}

TEST_P(ConnectionLimitsTest, AHandshakeThatSucceedsEndsItsTimeout) {
  options.connection.filter = std::make_shared<XorFilterFactory>();
  options.connection.handshake_timeout = seconds(3);
  Start();
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), XorHandshake());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.connects() == 1; }));
  rig->Pass(seconds(10));
  EXPECT_EQ(rig->gone(), 0u);
}

TEST_P(ConnectionLimitsTest, ReadingPausesWhileTheLoopsMemoryIsShort) {
  options.limits.max_buffer_bytes = 256 << 10;
  Start();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};  // leaves it
  const UniqueFd hoarder = Hoard();
  const ConnectionHandle first = rig->handler.handle();
  std::string received;
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    received += input.ToString();
    input.Clear();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "a");
  rig->Turn(30);
  EXPECT_EQ(received, "") << "it should be paused from the start";
  static_cast<void>(first.Abort());
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "a"; }));
  EXPECT_FALSE(rig->is_memory_short());
}

// The one connection that was paused for it is gone.
TEST_P(ConnectionLimitsTest, MemoryIsShortNoLongerWhenItsConnectionIsGone) {
  options.limits.max_buffer_bytes = 64 << 10;
  Start();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};
  const UniqueFd peer = rig->Connect();
  EXPECT_TRUE(rig->TurnUntil([&] {
    WriteSome(peer.get(), Pattern(4096));
    return rig->is_memory_short();
  }));
  static_cast<void>(rig->handler.handle().Abort());
  EXPECT_TRUE(rig->TurnUntil([&] { return !rig->is_memory_short(); }));
}

TEST_P(ConnectionLimitsTest, OutputAloneMakesMemoryShort) {
  options.limits.max_buffer_bytes = 256 << 10;
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Send(Pattern(1 << 20)));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->is_memory_short(); }));
  EXPECT_EQ(rig->Read(peer.get(), 1 << 20).size(), std::size_t{1} << 20);
  EXPECT_TRUE(rig->TurnUntil([&] { return !rig->is_memory_short(); }));
}

// It may be what the others wait for. Who holds nothing is left alone.
TEST_P(ConnectionLimitsTest, WhoHoldsMemoryTooLongIsClosed) {
  options.limits.max_buffer_bytes = 256 << 10;
  options.connection.close_timeout = seconds(5);
  Start();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};  // leaves it
  const UniqueFd innocent = rig->Connect();
  const UniqueFd hoarder = Hoard();
  rig->Pass(seconds(4));
  EXPECT_EQ(rig->gone(), 0u);
  rig->Pass(seconds(2));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kNoMemory));
  EXPECT_TRUE(rig->TurnUntil([&] { return !rig->is_memory_short(); }));
  rig->Pass(seconds(60));
  EXPECT_EQ(rig->gone(), 1u);
}

TEST_P(ConnectionLimitsTest, WhoseOutputHoldsMemoryTooLongIsClosed) {
  options.limits.max_buffer_bytes = 256 << 10;
  options.connection.close_timeout = seconds(5);
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Send(Pattern(1 << 20)));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->is_memory_short(); }));
  rig->Turn(30);
  rig->Pass(seconds(4));
  EXPECT_EQ(rig->gone(), 0u);
  EXPECT_FALSE(rig->Read(peer.get(), 1 << 16).empty());
  rig->Turn(30);
  rig->Pass(seconds(4));
  EXPECT_EQ(rig->gone(), 0u) << "it goes on";
  rig->Pass(seconds(2));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kNoMemory));
}

// Close has time limits of its own.
TEST_P(ConnectionLimitsTest, WantOfMemoryDoesNotCutAClose) {
  options.limits.max_buffer_bytes = 256 << 10;
  options.connection.close_timeout = seconds(5);
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Send(Pattern(1 << 20)));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->is_memory_short(); }));
  rig->Turn(30);
  rig->Pass(seconds(4));
  static_cast<void>(rig->handler.handle().Close());
  rig->Turn(30);
  rig->Pass(seconds(4));
  EXPECT_EQ(rig->gone(), 0u);
  EXPECT_EQ(rig->Read(peer.get(), 1 << 20).size(), std::size_t{1} << 20);
}

TEST_P(ConnectionLimitsTest, ANegativeIdleTimeoutIsRefused) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Start();
  const UniqueFd peer = rig->Connect();
  rig->handler.on_message = [](Connection& connection, RingBuffer&) {
    connection.set_idle_timeout(-seconds(1));
  };
  WriteAll(peer.get(), "x");
  EXPECT_DEATH(rig->TurnUntil([&] { return rig->handler.closes() == 1; }),
               "no negative time");
}

// The timer would outlive it.
TEST_P(ConnectionLimitsTest, AClosingConnectionIsNotTimedWhenMemoryReturns) {
  options.limits.max_buffer_bytes = 256 << 10;
  Start();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};  // leaves it
  const UniqueFd hoarder = Hoard();
  const ConnectionHandle first = rig->handler.handle();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.connects() == 2; }));
  const ConnectionHandle second = rig->handler.handle();
  WriteAll(peer.get(), "a");  // for which it is paused
  rig->Turn(30);
  static_cast<void>(second.Send(Pattern(64 << 10)));
  static_cast<void>(second.Close());
  rig->Turn(3);
  // Memory returns while the second is not yet gone.
  static_cast<void>(first.Abort());
  rig->Turn();
  static_cast<void>(second.Abort());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 2; }));
  rig->Pass(seconds(60));
}

}  // namespace
}  // namespace eddy::test
