// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of filters: what stands between the wire and the handler.

#include <memory>
#include <string>
#include <vector>

#include "support/xor_filter.h"
#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

class ConnectionFilterTest : public ConnectionRigTest {
 protected:
  ConnectionFilterTest() {
    options.connection.filter = std::make_shared<XorFilterFactory>();
  }
  UniqueFd ConnectReady() {
    UniqueFd peer = rig->Connect();
    WriteAll(peer.get(), XorHandshake());
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.connects() == 1; }));
    return peer;
  }
  // All that the server said, once it has ended its stream with FIN.
  XorTranscript Transcript(int fd) {
    std::string wire;
    EXPECT_EQ(rig->ReadToEnd(fd, &wire), Stream::kEnded);
    return XorTranscript(wire);
  }
  Status Reason() {
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
    const auto reasons = rig->handler.reasons();
    return reasons.empty() ? Status(Error::kTimeout) : reasons.front();
  }
};

EDDY_ON_ALL_POLLERS(ConnectionFilterTest);

TEST_P(ConnectionFilterTest, OnConnectComesAfterTheHandshake) {
  Start();
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(), XorRecord(Record::kHello));
  EXPECT_EQ(rig->Read(peer.get(), 3), XorRecord(Record::kHello));
  rig->Turn(20);
  EXPECT_EQ(rig->handler.connects(), 0);
  WriteAll(peer.get(), XorRecord(Record::kFinish));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.connects() == 1; }));
}

TEST_P(ConnectionFilterTest, EchoesByteForByteAndEndsWithTheLastWords) {
  Start();
  const UniqueFd peer = rig->Connect();
  const std::string text = Pattern(500'000);
  const std::string wire =
      XorHandshake() + XorData(text, 7777) + XorRecord(Record::kClose);
  std::string read;
  std::size_t written = 0;
  EXPECT_TRUE(rig->TurnUntil([&] {
    written += WriteSome(peer.get(), std::string_view(wire).substr(written));
    return ReadSome(peer.get(), read) == Stream::kEnded;
  }));
  const XorTranscript transcript(read);
  EXPECT_EQ(transcript.data, text);
  EXPECT_EQ(transcript.kinds.front(), 'h');
  EXPECT_EQ(transcript.kinds.back(), 'c');
  EXPECT_EQ(transcript.rest, "");
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionFilterTest, DataInTheHandshakesSegmentFollowsOnConnect) {
  Start();
  const UniqueFd peer = rig->Connect();
  rig->handler.on_connect = [](Connection& c) { c.Send("welcome "); };
  WriteAll(peer.get(), XorHandshake() + XorData("x"));
  std::string wire;
  EXPECT_TRUE(rig->TurnUntil([&] {
    ReadSome(peer.get(), wire);
    return XorTranscript(wire).data == "welcome x";
  }));
}

TEST_P(ConnectionFilterTest, AFailedHandshakeIsNotAnnounced) {
  Start();
  const UniqueFd peer = rig->Connect();
  // Much more follows, which nobody reads.
  WriteAll(peer.get(), XorRecord(Record::kFinish) + Pattern(20'000));
  EXPECT_EQ(Transcript(peer.get()).kinds, "a") << "the alert gets there";
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
  EXPECT_EQ(rig->handler.connects(), 0);
  EXPECT_EQ(rig->handler.closes(), 0);
}

TEST_P(ConnectionFilterTest, AHandshakeThatIsCutIsNotAnnounced) {
  for (const bool resets : {false, true}) {
    Start();
    UniqueFd peer = rig->Connect();
    WriteAll(peer.get(), XorRecord(Record::kHello));
    EXPECT_EQ(rig->Read(peer.get(), 3).size(), 3u);
    if (resets) {
      Reset(std::move(peer));
    } else {
      peer.Reset();
    }
    EXPECT_TRUE(rig->TurnUntil([&] { return rig->gone() == 1; }));
    EXPECT_EQ(rig->handler.connects(), 0);
  }
}

TEST_P(ConnectionFilterTest, ABadRecordClosesWithItsReasonAfterTheAlert) {
  Start();
  const UniqueFd peer = ConnectReady();
  WriteAll(peer.get(), XorRecord(Record::kHello) + Pattern(20'000));
  EXPECT_EQ(Transcript(peer.get()).kinds, "ha");
  os::ShutdownWrite(peer.get());
  EXPECT_EQ(Reason(), Status(Error::kProtocol));
  EXPECT_EQ(rig->handler.messages(), 0);
}

TEST_P(ConnectionFilterTest, AStreamThatIsCutClosesWithAnError) {
  Start();
  const UniqueFd peer = ConnectReady();
  WriteAll(peer.get(), XorData("half of it"));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.messages() > 0; }));
  os::ShutdownWrite(peer.get());
  EXPECT_EQ(Reason(), Status(Error::kProtocol));
  EXPECT_EQ(rig->handler.ends(), 0);
}

TEST_P(ConnectionFilterTest, ThePeersLastWordsAreItsEnd) {
  Start();
  const UniqueFd peer = ConnectReady();
  WriteAll(peer.get(), XorData("x") + XorRecord(Record::kClose));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.ends() == 1; }));
  const XorTranscript transcript = Transcript(peer.get());
  EXPECT_EQ(transcript.data, "x");
  EXPECT_EQ(transcript.kinds.back(), 'c');
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionFilterTest, CloseSaysTheLastWordsBehindAllOutput) {
  Start();
  const UniqueFd peer = ConnectReady();
  const std::string text = Pattern(1 << 20);
  static_cast<void>(rig->handler.handle().Post([&](Connection& connection) {
    connection.Send(text);
    connection.Close();
  }));
  const XorTranscript transcript = Transcript(peer.get());
  EXPECT_EQ(transcript.data, text);
  EXPECT_EQ(transcript.kinds.back(), 'c');
  os::ShutdownWrite(peer.get());
  EXPECT_TRUE(Reason().ok());
}

TEST_P(ConnectionFilterTest, ShutdownSaysTheLastWordsAndInputStillComes) {
  Start();
  std::string received;
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    received += input.ToString();
    input.Clear();
  };
  const UniqueFd peer = ConnectReady();
  static_cast<void>(
      rig->handler.handle().Post([](Connection& c) { c.Shutdown(); }));
  EXPECT_EQ(Transcript(peer.get()).kinds, "hc");
  WriteAll(peer.get(), XorData("still here"));
  EXPECT_TRUE(rig->TurnUntil([&] { return received == "still here"; }));
  EXPECT_EQ(rig->handler.closes(), 0);
}

TEST_P(ConnectionFilterTest, CallbacksAndPayloadsGoThroughIt) {
  Start();
  const UniqueFd peer = ConnectReady();
  std::vector<Status> told;
  const std::string large = Pattern(200'000);
  static_cast<void>(rig->handler.handle().Post([&](Connection& connection) {
    const auto tell = [&](const Status& status) { told.push_back(status); };
    connection.Send(Payload(large));
    connection.Send(large, tell);
    connection.Send("end", tell);
  }));
  std::string wire;
  EXPECT_TRUE(rig->TurnUntil([&] {
    ReadSome(peer.get(), wire);
    return told.size() == 2;
  }));
  static_cast<void>(
      rig->handler.handle().Post([](Connection& c) { c.Close(); }));
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &wire), Stream::kEnded);
  EXPECT_EQ(XorTranscript(wire).data, large + large + "end");
  EXPECT_EQ(told, std::vector<Status>(2));
}

TEST_P(ConnectionFilterTest, DecodedInputWaitsForTheEndOfAPause) {
  Start();
  std::string received;
  rig->handler.on_connect = [](Connection& c) { c.PauseReading(); };
  rig->handler.on_message = [&](Connection&, RingBuffer& input) {
    received += input.ToString();
    input.Clear();
  };
  const UniqueFd peer = rig->Connect();
  WriteAll(peer.get(),
           XorHandshake() + XorData("early") + XorRecord(Record::kClose));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.connects() == 1; }));
  rig->Turn(20);
  EXPECT_EQ(received, "");
  EXPECT_EQ(rig->handler.ends(), 0);
  static_cast<void>(
      rig->handler.handle().Post([](Connection& c) { c.ResumeReading(); }));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.ends() == 1; }));
  EXPECT_EQ(received, "early");
}

}  // namespace
}  // namespace eddy::test
