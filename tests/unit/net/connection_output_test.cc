// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of connections: the order and the amount of output.

#include <memory>
#include <string>
#include <vector>

#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

class ConnectionOutputTest : public ConnectionRigTest {
 protected:
  // Sends in the first OnMessage what `send` sends, and expects `answer`.
  void ExpectAnswer(const std::string& request,
                    std::function<void(Connection&, RingBuffer& input)> send,
                    const std::string& answer) {
    Start();
    rig->handler.on_message = [&](Connection& connection, RingBuffer& input) {
      if (input.size() < request.size()) return;
      send(connection, input);
    };
    const UniqueFd peer = rig->Connect();
    WriteAll(peer.get(), request);
    EXPECT_EQ(rig->Read(peer.get(), answer.size()), answer);
    std::string more;
    rig->Turn(20);
    ReadSome(peer.get(), more);
    EXPECT_EQ(more, "");
  }
};

EDDY_ON_ALL_POLLERS(ConnectionOutputTest);

TEST_P(ConnectionOutputTest, InputSentBackStaysBeforeWhatIsSentLater) {
  ExpectAnswer(
      "request",
      [](Connection& connection, RingBuffer& input) {
        connection.Send(input);
        EXPECT_TRUE(input.empty());
        EXPECT_EQ(connection.output_size(), 7u);
        connection.Send("!");
        EXPECT_EQ(connection.output_size(), 8u);
      },
      "request!");
}

TEST_P(ConnectionOutputTest, InputSentBackStaysBehindWhatWasSentBefore) {
  ExpectAnswer(
      "request",
      [](Connection& connection, RingBuffer& input) {
        connection.Send("re: ");
        connection.Send(input);
      },
      "re: request");
}

TEST_P(ConnectionOutputTest, InputSentTwiceIsSentOnce) {
  ExpectAnswer(
      "request",
      [](Connection& connection, RingBuffer& input) {
        connection.Send(input);
        connection.Send(input);
        EXPECT_EQ(connection.output_size(), 7u);
      },
      "request");
}

TEST_P(ConnectionOutputTest, TheRestOfTheInputIsSentBack) {
  ExpectAnswer(
      "request",
      [](Connection& connection, RingBuffer& input) {
        input.Consume(2);
        connection.Send(input);
      },
      "quest");
}

TEST_P(ConnectionOutputTest, InputAppendedToIsSentBackWhole) {
  ExpectAnswer(
      "request",
      [](Connection& connection, RingBuffer& input) {
        input.Append("ed");
        connection.Send(input);
        input.Append(" twice");
        connection.Send(input);
      },
      "requested twice");
}

TEST_P(ConnectionOutputTest, InputMovedOutIsSentLikeAnyRing) {
  ExpectAnswer(
      "request",
      [](Connection& connection, RingBuffer& input) {
        RingBuffer mine = std::move(input);
        connection.Send("<");
        connection.Send(mine);
        EXPECT_TRUE(mine.empty());
        connection.Send(input);
        connection.Send(">");
      },
      "<request>");
}

TEST_P(ConnectionOutputTest, AllWaysToSendKeepTheirOrder) {
  const std::string large = Pattern(100'000);
  const Payload payload(Pattern(50'000, 2));
  const Payload small("small");
  ExpectAnswer(
      "request",
      [&](Connection& connection, RingBuffer& input) {
        connection.Send(input);
        connection.Send(payload);
        connection.Send(large, [](const Status&) {});
        connection.Send(small);
        connection.Send("text");
        connection.Send(large);
        connection.Send(std::string_view("done"), [](const Status&) {});
      },
      "request" + Pattern(50'000, 2) + large + "small" + "text" + large +
          "done");
}

TEST_P(ConnectionOutputTest, LargeOutputInManySendsArrivesInOrder) {
  std::string all;
  for (unsigned i = 0; i < 40; ++i) all += Pattern(1000 * i + 1, i);
  ExpectAnswer(
      "go",
      [](Connection& connection, RingBuffer& input) {
        input.Clear();
        for (unsigned i = 0; i < 40; ++i) {
          const std::string text = Pattern(1000 * i + 1, i);
          if (i % 2 == 0) {
            connection.Send(text);
          } else {
            connection.Send(Payload(text));
          }
        }
      },
      all);
}

TEST_P(ConnectionOutputTest, OutputSizeIsExactAtAllTimes) {
  options.connection.high_watermark_bytes = 50 << 20;
  Start();
  std::size_t total = 0;
  const UniqueFd peer = rig->Adopt(NarrowPair());
  const ConnectionHandle handle = rig->handler.handle();
  std::size_t accepted = 0;
  std::size_t counted = 0;
  static_cast<void>(handle.Post([&](Connection& connection) {
    for (unsigned i = 0; i < 8; ++i) {
      const std::size_t before = connection.output_size();
      connection.Send(Pattern(1 << 20, i));
      accepted += 1 << 20;
      // At most what a send offered to the kernel is missing.
      EXPECT_LE(connection.output_size(), before + (1 << 20));
    }
    counted = connection.output_size();
  }));
  rig->Turn();
  EXPECT_GT(counted, std::size_t{7} << 20);
  std::string read;
  EXPECT_TRUE(rig->TurnUntil([&] {
    ReadSome(peer.get(), read);
    total = 1;
    static_cast<void>(handle.Post(
        [&](Connection& connection) { total = connection.output_size(); }));
    rig->Turn();
    return total == 0;
  }));
  ReadSome(peer.get(), read);
  EXPECT_EQ(read.size(), accepted);
}

TEST_P(ConnectionOutputTest, OnWritableComesOnceTheOutputIsLow) {
  options.connection.high_watermark_bytes = 100'000;
  options.connection.low_watermark_bytes = 20'000;
  options.connection.auto_pause = false;
  Start();
  rig->handler.on_writable = [](Connection& connection) {
    EXPECT_LE(connection.output_size(), 20'000u);
    EXPECT_TRUE(connection.is_writable());
  };
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Post([](Connection& connection) {
    connection.Send(Pattern(90'000));
    EXPECT_TRUE(connection.is_writable());
    connection.Send(Pattern(200'000));
    EXPECT_FALSE(connection.is_writable());
    EXPECT_FALSE(connection.is_reading_paused());
  }));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.writables(), 0);
  EXPECT_EQ(rig->Read(peer.get(), 290'000).size(), 290'000u);
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.writables() == 1; }));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.writables(), 1);
}

TEST_P(ConnectionOutputTest, TooMuchOutputClosesAndThePeerSeesAReset) {
  options.connection.max_output_bytes = 1 << 20;
  Start();
  const UniqueFd peer = rig->Connect();
  static_cast<void>(rig->handler.handle().Post([](Connection& connection) {
    EXPECT_TRUE(connection.Send("part").ok());
    EXPECT_EQ(connection.Send(Pattern((1 << 20) + 1)),
              Status(Error::kOutputLimit));
    EXPECT_EQ(connection.Send("more"), Status(Error::kClosed));
    EXPECT_FALSE(connection.is_open());
  }));
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kBroken);
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kOutputLimit));
}

// All that was taken before has been sent, and yet the stream is cut.
TEST_P(ConnectionOutputTest, ARefusedSendIsSeenAsAResetWithNothingUnsent) {
  options.connection.max_output_bytes = 1000;
  Start();
  const UniqueFd peer = rig->Connect();
  static_cast<void>(rig->handler.handle().Send("first half"));
  EXPECT_EQ(rig->Read(peer.get(), 10), "first half");
  static_cast<void>(rig->handler.handle().Post([](Connection& connection) {
    EXPECT_EQ(connection.output_size(), 0u);
    connection.Send(Pattern(1001));
  }));
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kBroken);
}

TEST_P(ConnectionOutputTest, SoIsOneThatAHandleRefused) {
  options.connection.max_output_bytes = 1000;
  Start();
  const UniqueFd peer = rig->Connect();
  const ConnectionHandle handle = rig->handler.handle();
  static_cast<void>(handle.Send("first half"));
  EXPECT_EQ(rig->Read(peer.get(), 10), "first half");
  EXPECT_EQ(handle.Send(Pattern(1001)), Status(Error::kOutputLimit));
  EXPECT_EQ(rig->ReadToEnd(peer.get()), Stream::kBroken);
}

TEST_P(ConnectionOutputTest, ARingThatIsRefusedKeepsItsBytes) {
  options.connection.max_output_bytes = 1000;
  Start();
  const UniqueFd peer = rig->Connect();
  static_cast<void>(rig->handler.handle().Post([](Connection& connection) {
    RingBuffer ring;
    ring.Append(Pattern(1001));
    EXPECT_EQ(connection.Send(ring), Status(Error::kOutputLimit));
    EXPECT_EQ(ring.size(), 1001u);
  }));
  rig->Turn(5);
}

TEST_P(ConnectionOutputTest, BytesOnTheirWayCountAgainstTheLimit) {
  options.connection.max_output_bytes = 1000;
  Start();
  const UniqueFd peer = rig->Connect();
  const ConnectionHandle handle = rig->handler.handle();
  EXPECT_TRUE(handle.Send(Pattern(400)).ok());
  EXPECT_TRUE(handle.Send(Pattern(300)).ok());
  EXPECT_EQ(handle.Send("x"), Status(Error::kOutputLimit));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kOutputLimit));
  EXPECT_EQ(handle.Send("x"), Status(Error::kClosed));
}

// Each takes memory, though there is not one byte.
TEST_P(ConnectionOutputTest, EmptyMessagesOnTheirWayCountAgainstTheLimit) {
  options.connection.max_output_bytes = 1280;
  Start();
  const UniqueFd peer = rig->Connect();
  const ConnectionHandle handle = rig->handler.handle();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(handle.Send("").ok());
  EXPECT_EQ(handle.Send(""), Status(Error::kOutputLimit));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
}

TEST_P(ConnectionOutputTest, BytesThatArrivedNoLongerCountAgainstTheLimit) {
  options.connection.max_output_bytes = 1128;
  Start();
  const UniqueFd peer = rig->Connect();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(rig->handler.handle().Send(Pattern(900)).ok());
    EXPECT_EQ(rig->Read(peer.get(), 900), Pattern(900));
    rig->Turn(10);
  }
}

TEST_P(ConnectionOutputTest, APayloadIsSharedUntilEachConnectionSentIt) {
  Start();
  std::vector<UniqueFd> peers;
  std::vector<ConnectionHandle> handles;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(rig->Adopt(NarrowPair()));
    handles.push_back(rig->handler.handle());
  }
  const std::string text = Pattern(300'000);
  const std::size_t used_before = rig->loop().pool().used_bytes();
  {
    const Payload payload(text);
    for (const ConnectionHandle& handle : handles) {
      static_cast<void>(handle.Send(payload));
    }
  }
  rig->Turn(20);
  // Counted, not copied, wherever some of it is unsent.
  EXPECT_GT(rig->loop().pool().used_bytes(), used_before + 4 * text.size());
  for (const UniqueFd& peer : peers) {
    EXPECT_EQ(rig->Read(peer.get(), text.size()), text);
  }
  EXPECT_TRUE(rig->TurnUntil(
      [&] { return rig->loop().pool().used_bytes() == used_before; }));
}

}  // namespace
}  // namespace eddy::test
