// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of connections: the ways in which they end.

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

class ConnectionCloseTest : public ConnectionRigTest {
 protected:
  void Post(std::function<void(Connection&)> function) {
    ASSERT_TRUE(rig->handler.handle().Post(std::move(function)).ok());
  }
  // Turns until the one connection is closed, and returns why.
  Status Reason() {
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
    EXPECT_EQ(rig->handler.connects(), 1);
    const auto reasons = rig->handler.reasons();
    return reasons.empty() ? Status(Error::kTimeout) : reasons.front();
  }
};

EDDY_ON_ALL_POLLERS(ConnectionCloseTest);

TEST_P(ConnectionCloseTest, ThePeersEndClosesWithOk) {
  Start();
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "last words");
  os::ShutdownWrite(peer.get());
  std::string text;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &text), Stream::kEnded);
  EXPECT_EQ(text, "last words");
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionCloseTest, CloseSendsEverythingFirst) {
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  const std::string text = Pattern(1 << 20);
  Post([&](Connection& connection) {
    connection.Send(text);
    connection.Close();
    EXPECT_FALSE(connection.is_open());
    EXPECT_FALSE(connection.is_writable());
    EXPECT_EQ(connection.Send("x"), Status(Error::kClosed));
    EXPECT_GT(connection.output_size(), 0u);
  });
  std::string read;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &read), Stream::kEnded);
  EXPECT_EQ(read, text);
  rig->Pass(std::chrono::seconds(2));  // the linger
  EXPECT_TRUE(Reason().ok());
}

// The client's bytes are never read by the handler.
TEST_P(ConnectionCloseTest, UnreadInputDoesNotTurnTheReplyIntoAReset) {
  for (const std::size_t size : {5u, 1u << 20}) {
    options.connection = {};
    Start();
    rig->handler.on_connect = [&](Connection& connection) {
      connection.Send(Pattern(size));
      connection.Close();
    };
    SocketPair pair = TcpPair();
    WriteAll(pair.peer.get(), Pattern(10'000));
    const UniqueFd peer = rig->Adopt(std::move(pair));
    std::string read;
    Stream end = Stream::kOpen;
    EXPECT_TRUE(rig->TurnUntil([&] {
      if (read.size() < 1000) WriteSome(peer.get(), "more");
      end = ReadSome(peer.get(), read);
      return end != Stream::kOpen;
    }));
    EXPECT_EQ(end, Stream::kEnded);
    EXPECT_EQ(read, Pattern(size));
  }
}

TEST_P(ConnectionCloseTest, AbortWithOutputLeftIsSeenAsAReset) {
  Start();
  const UniqueFd peer = rig->Connect();
  Post([](Connection& connection) {
    connection.Send(Pattern(30 << 20));
    connection.Abort();
    EXPECT_FALSE(connection.is_open());
  });
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kBroken);
  EXPECT_EQ(Reason(), Status(Error::kAborted));
}

TEST_P(ConnectionCloseTest, AbortWithNothingUnsentIsSeenAsTheEnd) {
  Start();
  const UniqueFd peer = rig->Connect();
  Post([](Connection& connection) { connection.Send("sent"); });
  EXPECT_EQ(rig->Read(peer.get(), 4), "sent");
  rig->Turn(10);
  Post([](Connection& connection) {
    EXPECT_EQ(connection.output_size(), 0u);
    connection.Abort();
  });
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
  EXPECT_EQ(Reason(), Status(Error::kAborted));
}

TEST_P(ConnectionCloseTest, AbortDropsInputThatIsSentBack) {
  Start();
  rig->handler.on_message = [](Connection& connection, RingBuffer& input) {
    connection.Send(input);
    connection.Abort();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "x");
  std::string text;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &text), Stream::kBroken);
  EXPECT_EQ(text, "");
}

TEST_P(ConnectionCloseTest, CloseAndAbortMayBeRepeated) {
  Start();
  const UniqueFd peer = rig->Connect();
  Post([](Connection& connection) {
    connection.Close();
    connection.Close();
    connection.Shutdown();
    connection.Abort();
    connection.Abort();
    connection.Close();
  });
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
  EXPECT_EQ(Reason(), Status(Error::kAborted));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.closes(), 1);
}

TEST_P(ConnectionCloseTest, ALateReplyReachesAPeerThatHasEnded) {
  Start();
  rig->handler.on_end = [](Connection&) {};
  const UniqueFd peer = rig->Connect();
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.ends() == 1; }));
  rig->Turn(10);
  Post([](Connection& connection) {
    EXPECT_TRUE(connection.is_open());
    EXPECT_TRUE(connection.Send("late").ok());
    connection.Close();
  });
  std::string text;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &text), Stream::kEnded);
  EXPECT_EQ(text, "late");
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionCloseTest, ShutdownAfterThePeersEndCloses) {
  Start();
  rig->handler.on_end = [](Connection& connection) {
    connection.Send("late");
    connection.Shutdown();
  };
  const UniqueFd peer = rig->Connect();
  os::ShutdownWrite(peer.get());
  std::string text;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &text), Stream::kEnded);
  EXPECT_EQ(text, "late");
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionCloseTest, InputStillComesAfterShutdown) {
  Start();
  std::string received;
  rig->handler.on_connect = [](Connection& connection) {
    connection.Send("hello");
    connection.Shutdown();
    EXPECT_TRUE(connection.is_open());
    EXPECT_FALSE(connection.is_writable());
    EXPECT_EQ(connection.Send("x"), Status(Error::kClosed));
  };
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    received += input.ToString();
    input.Clear();
  };
  const UniqueFd peer = rig->Connect();
  std::string text;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &text), Stream::kEnded);
  EXPECT_EQ(text, "hello");
  WriteAll(peer.get(), "answer");
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "answer"; }));
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(Reason().ok());
  EXPECT_EQ(rig->handler.ends(), 1);
}

TEST_P(ConnectionCloseTest, ShutdownThenThePeersEndClosesWhateverOnEndDoes) {
  Start();
  rig->handler.on_connect = [](Connection& c) { c.Shutdown(); };
  rig->handler.on_end = [](Connection&) {};
  const UniqueFd peer = rig->Connect();
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionCloseTest, EveryExceptionClosesWithHandlerFailed) {
  const auto fail = [] { throw std::runtime_error("on purpose"); };
  for (int kind = 0; kind < 5; ++kind) {
    Start();
    ScriptedHandler& handler = rig->handler;
    if (kind == 0) handler.on_connect = [&](Connection&) { fail(); };
    if (kind == 1) {
      handler.on_message = [&](Connection&, RingBuffer&) { fail(); };
    }
    if (kind == 2) handler.on_end = [&](Connection&) { fail(); };
    if (kind == 3) handler.on_writable = [&](Connection&) { fail(); };
    if (kind == 4) {
      handler.on_connect = [](Connection&) { throw 1; };  // NOLINT
    }
    const UniqueFd peer = rig->Adopt(NarrowPair());
    if (kind == 3) {
      static_cast<void>(handler.handle().Send(Pattern(3 << 20)));
    }
    WriteSome(peer.get(), "x");
    if (kind == 2) os::ShutdownWrite(peer.get());
    EXPECT_NE(rig->ReadToEnd(peer.get()), Stream::kOpen);
    EXPECT_EQ(Reason(), Status(Error::kHandlerFailed)) << kind;
    EXPECT_EQ(rig->set().stats().handler_exceptions, 1u) << kind;
  }
}

TEST_P(ConnectionCloseTest, AnExceptionOfOnCloseIsCountedAndNoMore) {
  Start();
  rig->handler.on_close = [](Connection&, const Status&) {
    throw std::runtime_error("on purpose");
  };
  const UniqueFd peer = rig->Connect();
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(Reason().ok());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
  EXPECT_EQ(rig->set().stats().handler_exceptions, 1u);
}

TEST_P(ConnectionCloseTest, ThePoolIsEmptyWhenConnectionsAreGone) {
  Start();
  rig->handler.on_message = [](Connection& connection, RingBuffer& input) {
    connection.Send(input);
    connection.Send(Pattern(50'000));
    connection.Send(Payload(Pattern(50'000)));
    input.Append("left");
  };
  for (int i = 0; i < 5; ++i) {
    UniqueFd peer = rig->Adopt(NarrowPair());
    WriteAll(peer.get(), "x");
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() > i; }));
    EXPECT_GT(rig->loop().pool().used_bytes(), 0u);
    peer.Reset();
    static_cast<void>(rig->handler.handle().Abort());
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->set().size() == 0; }));
    EXPECT_EQ(rig->loop().pool().used_bytes(), 0u);
  }
}

TEST_P(ConnectionCloseTest, DrainingSendsWhatIsLeftAndTellsTheOwnerOnce) {
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Send(Pattern(1 << 20)));
  rig->Turn(10);
  rig->set().Drain(std::chrono::hours(1));
  rig->set().Drain(std::chrono::hours(1));
  rig->Turn(10);
  EXPECT_EQ(rig->drained(), 0);
  std::string read;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &read), Stream::kEnded);
  EXPECT_EQ(read.size(), std::size_t{1} << 20);
  os::ShutdownWrite(peer.get());
  EXPECT_EQ(Reason(), Status(Error::kStopped));
  rig->Turn(10);
  EXPECT_EQ(rig->drained(), 1);
}

TEST_P(ConnectionCloseTest, ASetThatDrainsTakesInNoMore) {
  Start();
  rig->set().Drain(std::chrono::hours(1));
  rig->Turn(2);
  const UniqueFd peer = rig->Connect();
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
  EXPECT_EQ(rig->handler.connects(), 0);
  EXPECT_EQ(rig->gone(), 1u);
  EXPECT_EQ(rig->drained(), 1);
}

TEST_P(ConnectionCloseTest, StateLivesUntilOnCloseHasReturned) {
  struct Probe {
    explicit Probe(std::string* where) : log(where) {}
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe() { *log += "destroyed"; }
    std::string* log;
  };
  Start();
  std::string log;
  rig->handler.on_connect = [&](Connection& connection) {
    EXPECT_EQ(connection.Get<Probe>(), nullptr);
    EXPECT_EQ(connection.Get<int>(), nullptr);
    connection.Emplace<int>(7);
    connection.Emplace<Probe>(&log);
    EXPECT_FALSE(connection.Remove<std::string>());
  };
  rig->handler.on_close = [&](Connection& connection, const Status&) {
    ASSERT_NE(connection.Get<int>(), nullptr);
    EXPECT_EQ(*connection.Get<int>(), 7);
    connection.Emplace<int>(8);
    EXPECT_EQ(*connection.Get<int>(), 8);
    EXPECT_TRUE(connection.Remove<int>());
    EXPECT_FALSE(connection.Remove<int>());
    EXPECT_NE(connection.Get<Probe>(), nullptr);
    log += "closed, ";
  };
  const UniqueFd peer = rig->Connect();
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(Reason().ok());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
  EXPECT_EQ(log, "closed, destroyed");
}

// Two servers on one loop: the callbacks that end one's turn send on the
// other's connection, whose turn has ended.
TEST(ConnectionSetsTest, WhatOneSetSendsOnAnothersConnectionLeavesAtOnce) {
  struct Nobody final : internal::SetOwner {
    void OnConnectionGone(std::size_t) noexcept override {}
    void OnMemoryPressure(std::size_t, bool) noexcept override {}
    void OnDrained(std::size_t) override {}
  } owner;
  auto loop = Unwrap(internal::LoopCore::Create({}), "loop");
  ScriptedHandler first_handler;
  ScriptedHandler second_handler;
  internal::ConnectionSet first(*loop, 0, first_handler, {}, {}, owner);
  internal::ConnectionSet second(*loop, 1, second_handler, {}, {}, owner);
  Connection* target = nullptr;
  first_handler.on_connect = [&](Connection& c) { target = &c; };
  second_handler.on_message = [&](Connection& connection, RingBuffer& input) {
    if (second_handler.messages() == 0) return connection.PauseReading();
    target->Send(input);
  };
  SocketPair one = TcpPair();
  SocketPair two = TcpPair();
  first.Adopt(std::move(one.ours), {});
  second.Adopt(std::move(two.ours), {});
  std::thread thread([&] { static_cast<void>(loop->Run()); });
  WriteAll(two.peer.get(), "x");
  EXPECT_TRUE(Eventually([&] { return second_handler.messages() == 1; }));
  static_cast<void>(second_handler.handle().Post(
      [](Connection& connection) { connection.ResumeReading(); }));
  EXPECT_TRUE(AwaitReady(one.peer.get(), POLLIN));
  static_cast<void>(loop->Post([&] {
    first.TerminateAll(Error::kStopped);
    second.TerminateAll(Error::kStopped);
  }));
  EXPECT_EQ(first_handler.AwaitClose(), Status(Error::kStopped));
  EXPECT_EQ(second_handler.AwaitClose(), Status(Error::kStopped));
  loop->Stop();
  thread.join();
}

}  // namespace
}  // namespace eddy::test
