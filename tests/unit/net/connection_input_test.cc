// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of connections: what reaches the handler, and when.

#include <string>
#include <utility>

#include "eddy/bytes.h"
#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

class ConnectionInputTest : public ConnectionRigTest {
 protected:
  // Reads everything into `received`.
  void Collect() {
    rig->handler.on_message = [this](Connection&, RingBuffer& input) {
      received += input.ToString();
      input.Clear();
    };
  }
  void OnConnection(const std::function<void(Connection&)>& function) {
    ASSERT_TRUE(rig->handler.handle().Post(function).ok());
    rig->Turn();
  }

  std::string received;
};

EDDY_ON_ALL_POLLERS(ConnectionInputTest);

TEST_P(ConnectionInputTest, EverythingIsEchoedByteForByte) {
  Start();
  const UniqueFd peer = rig->Connect();
  const std::string sent = Pattern(700'000);
  std::string echoed;
  std::size_t written = 0;
  EXPECT_TRUE(rig->TurnUntil([&] {
    written += WriteSome(peer.get(), std::string_view(sent).substr(written));
    ReadSome(peer.get(), echoed);
    return echoed.size() >= sent.size();
  }));
  EXPECT_EQ(echoed, sent);
}

TEST_P(ConnectionInputTest, WhatIsLeftUnreadComesAgainWithTheNextBytes) {
  Start();
  std::string seen;
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    seen = input.ToString();
    if (input.size() >= 2) input.Consume(1);
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "ab");
  EXPECT_TRUE(rig->TurnUntil([&] { return seen == "ab"; }));
  WriteAll(peer.get(), "c");
  EXPECT_TRUE(rig->TurnUntil([&] { return seen == "bc"; }));
}

TEST_P(ConnectionInputTest, NoMessageComesWhilePaused) {
  Start();
  Collect();
  rig->handler.on_connect = [](Connection& connection) {
    connection.PauseReading();
    EXPECT_TRUE(connection.is_reading_paused());
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "early");
  rig->Turn(20);
  EXPECT_EQ(rig->handler.messages(), 0);
  OnConnection([](Connection& connection) { connection.ResumeReading(); });
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "early"; }));
}

TEST_P(ConnectionInputTest, WhatIsLeftAtAPauseComesAgainAfterIt) {
  Start();
  rig->handler.on_message = [&](Connection& connection, RingBuffer& input) {
    received = input.ToString();
    if (rig->handler.messages() == 0) return connection.PauseReading();
    input.Clear();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "x");
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() == 1; }));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.messages(), 1);
  received.clear();
  OnConnection([](Connection& connection) { connection.ResumeReading(); });
  EXPECT_EQ(received, "x");
}

// The pause begins when the bytes have been there for a while.
TEST_P(ConnectionInputTest, WhatWasLeftBeforeAPauseComesAgainAfterIt) {
  Start();
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    received = input.ToString();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "x");
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "x"; }));
  received.clear();
  OnConnection([](Connection& connection) { connection.PauseReading(); });
  EXPECT_EQ(received, "");
  OnConnection([](Connection& connection) { connection.ResumeReading(); });
  EXPECT_EQ(received, "x");
  rig->Turn(20);
  EXPECT_EQ(rig->handler.messages(), 2);
}

TEST_P(ConnectionInputTest, PausingAndResumingInOnMessageDoesNotRepeatIt) {
  Start();
  rig->handler.on_message = [](Connection& connection, RingBuffer&) {
    connection.PauseReading();
    connection.ResumeReading();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "x");
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() == 1; }));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.messages(), 1);
}

TEST_P(ConnectionInputTest, ResumingInsideOnEndBringsWhatWasLeft) {
  Start();
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    received += input.ToString();
  };
  rig->handler.on_end = [](Connection& connection) {
    connection.PauseReading();
    connection.ResumeReading();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "x");
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "x"; }));
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "xx"; }));
}

TEST_P(ConnectionInputTest, TheEndIsHeldBackWhilePaused) {
  Start();
  Collect();
  rig->handler.on_connect = [](Connection& connection) {
    connection.PauseReading();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), "last");
  os::ShutdownWrite(peer.get());
  rig->Turn(20);
  EXPECT_EQ(rig->handler.ends(), 0);
  rig->handler.on_end = [&](Connection& connection) {
    EXPECT_EQ(received, "last");
    connection.Close();
  };
  OnConnection([](Connection& connection) { connection.ResumeReading(); });
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_TRUE(rig->handler.reasons().at(0).ok());
  EXPECT_EQ(rig->handler.ends(), 1);
}

// The peer's end may be found in the same turn in which another connection's
// callback ends the pause.
TEST_P(ConnectionInputTest, TheEndNeverComesBeforeInputThatWasHeldBack) {
  Start();
  std::string order;
  ConnectionHandle paused;
  Connection* victim = nullptr;
  rig->handler.on_message = [&](Connection& connection, RingBuffer& input) {
    if (&connection != victim) {
      input.Clear();
      return victim->ResumeReading();
    }
    order += input.ToString();
    if (order.size() == 1) return connection.PauseReading();
    input.Clear();
  };
  rig->handler.on_end = [&](Connection& connection) {
    order += '.';
    connection.Close();
  };
  rig->handler.on_connect = [&](Connection& connection) {
    if (victim == nullptr) victim = &connection;
  };
  const UniqueFd peer = rig->Connect();
  const UniqueFd other = rig->Connect();
  WriteAll(peer.get(), "x");
  EXPECT_TRUE(rig->TurnUntil([&] { return order == "x"; }));
  WriteAll(other.get(), "go");
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_EQ(order, "xx.");
}

TEST_P(ConnectionInputTest, UnreadInputAboveTheLimitClosesWithInputLimit) {
  options.connection.max_input_bytes = 1000;
  Start();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), Pattern(1000));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() > 0; }));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.closes(), 0);
  WriteAll(peer.get(), "x");
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kInputLimit));
}

TEST_P(ConnectionInputTest, InputIsNotLimitedWhilePaused) {
  options.connection.max_input_bytes = 10;
  Start();
  rig->handler.on_message = [](Connection& connection, RingBuffer& input) {
    if (input.size() < 5000) return connection.PauseReading();
    input.Clear();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), Pattern(4000));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() == 1; }));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.closes(), 0);
  WriteAll(peer.get(), Pattern(4000));
  EXPECT_TRUE(rig->TurnUntil([&] {
    if (rig->handler.closes() > 0) return true;
    static_cast<void>(rig->handler.handle().Post(
        [](Connection& connection) { connection.ResumeReading(); }));
    return rig->handler.messages() > 1;
  }));
  EXPECT_EQ(rig->handler.closes(), 0);
}

// On the machine's poller alone, which brings the bytes of one write together.
TEST(ConnectionInputOwnerTest, InputMayBeMovedOutSwappedAndAppendedTo) {
  ConnectionRig rig;
  RingBuffer kept;
  std::string later;
  rig.handler.on_message = [&](Connection& connection, RingBuffer& input) {
    switch (rig.handler.messages()) {
      case 0:
        kept = std::move(input);
        EXPECT_TRUE(input.empty());
        return;
      case 1: {
        RingBuffer mine;
        mine.Append("mine");
        swap(mine, input);
        EXPECT_EQ(mine.ToString(), "two");
        EXPECT_EQ(connection.input_size(), 4u);
        return;
      }
      case 2:
        EXPECT_EQ(input.ToString(), "minethree");
        input.Append("+");
        return;
      default:
        later = input.ToString();
        input.Clear();
    }
  };
  const UniqueFd peer = rig.Connect();
  int count = 0;
  for (const char* text : {"one", "two", "three", "4"}) {
    WriteAll(peer.get(), text);
    ++count;
    EXPECT_TRUE(rig.TurnUntil([&] { return rig.handler.messages() == count; }));
  }
  EXPECT_EQ(kept.ToString(), "one");
  EXPECT_EQ(later, "minethree+4");
}

TEST_P(ConnectionInputTest, NoMessageComesAfterClose) {
  Start();
  rig->handler.on_message = [](Connection& connection, RingBuffer&) {
    connection.Close();
    EXPECT_FALSE(connection.is_open());
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), Pattern(100'000));
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kEnded);
  WriteSome(peer.get(), "more");
  rig->Turn(20);
  EXPECT_EQ(rig->handler.messages(), 1);
}

}  // namespace
}  // namespace eddy::test
