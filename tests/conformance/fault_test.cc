// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FaultTest: streams and requests under system calls that fail, on every
// backend.

#include <cerrno>
#include <string>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "conformance/request.h"
#include "support/faulty_syscalls.h"

namespace eddy::test {
namespace {

using Call = FaultySyscalls::Call;

class FaultTest : public PollerTest {
 protected:
  // Everything that a stream must survive, often.
  void DisturbEverything() {
    for (const Call call : {Call::kRecv, Call::kSend, Call::kSendmsg}) {
      faults_.Add(call, {.error = EINTR, .probability = 0.1});
      faults_.Add(call, {.error = EAGAIN, .probability = 0.1});
      faults_.Add(call, {.max_bytes = 1, .probability = 0.1});
      faults_.Add(call, {.max_bytes = 1000});
    }
  }
  // Opens a transport that fails when `call` does, once, with `error`, and
  // returns what it was told.
  Status BreakBy(Call call, int error) {
    RecordingTransport transport(poller(), std::move(pair_.ours));
    EXPECT_TRUE(transport.Open().ok());
    faults_.Add(call, {.error = error, .count = 1});
    WriteAll(pair_.peer.get(), "x");
    EXPECT_TRUE(RunUntil([&] {
      if (call != Call::kRecv && transport.output().empty()) {
        transport.Queue("copied");
        // Too large to be copied, this makes a second view.
        if (call == Call::kSendmsg) transport.QueuePayload(Pattern(1000));
        transport.Flush();
      }
      return transport.is_broken();
    }));
    Settle();
    EXPECT_EQ(transport.error_count, 1);
    return *transport.error;
  }

  FaultySyscalls faults_{17};
  SocketPair pair_ = TcpPair();
};
EDDY_ON_EVERY_BACKEND(FaultTest);

TEST_P(FaultTest, AStreamSurvivesShortCallsAndSignals) {
  DisturbEverything();
  const std::string text = Pattern(200'000);
  RecordingTransport transport(poller(), std::move(pair_.ours));
  ASSERT_TRUE(transport.Open().ok());
  transport.when_bytes = [&] {
    transport.Send(std::exchange(transport.received, std::string()));
  };
  std::size_t written = 0;
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    written +=
        WriteSome(pair_.peer.get(), std::string_view(text).substr(written));
    ReadSome(pair_.peer.get(), at_peer);
    return at_peer.size() == text.size();
  }));
  EXPECT_TRUE(at_peer == text);
  pair_.peer.Reset();
  EXPECT_TRUE(RunUntil([&] { return transport.fin_count == 1; }));
  EXPECT_FALSE(transport.is_broken());
  EXPECT_GT(faults_.fault_count(), 100U);
}

TEST_P(FaultTest, TrySendSurvivesShortCallsAndSignals) {
  DisturbEverything();
  const std::string text = Pattern(200'000);
  RecordingTransport transport(poller(), std::move(pair_.ours));
  ASSERT_TRUE(transport.Open().ok());
  std::string_view rest = text;
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    const std::string_view piece = rest.substr(0, 5000);
    if (transport.output().empty() && !piece.empty()) {
      transport.TrySend(piece, 1 + rest.size() % piece.size());
      rest.remove_prefix(piece.size());
    }
    ReadSome(pair_.peer.get(), at_peer);
    return at_peer.size() == text.size();
  }));
  EXPECT_TRUE(at_peer == text);
}

TEST_P(FaultTest, RequestsSurviveShortCallsAndSignals) {
  DisturbEverything();
  const std::string out = Pattern(200'000, 1);
  const std::string in = Pattern(200'000, 2);
  const int fd = pair_.ours.get();
  Request read(fd, Operation::Kind::kReadFull, std::string(in.size(), '\0'));
  Request write(fd, Operation::Kind::kWrite, out);
  poller().Submit(read);
  poller().Submit(write);
  std::size_t written = 0;
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    written +=
        WriteSome(pair_.peer.get(), std::string_view(in).substr(written));
    ReadSome(pair_.peer.get(), at_peer);
    return read.outcome && write.outcome && at_peer.size() == out.size();
  }));
  EXPECT_TRUE(read.moved() == in);
  EXPECT_TRUE(at_peer == out);
  poller().Remove(fd);
}

TEST_P(FaultTest, AnErrorOfReceivingIsToldOnce) {
  EXPECT_EQ(BreakBy(Call::kRecv, ECONNRESET).code(),
            std::errc::connection_reset);
}

TEST_P(FaultTest, MemoryMayRunOutWhileReceiving) {
  EXPECT_EQ(BreakBy(Call::kRecv, ENOMEM).code(), std::errc::not_enough_memory);
}

TEST_P(FaultTest, AnErrorOfSendingIsToldOnce) {
  EXPECT_EQ(BreakBy(Call::kSend, EPIPE).code(), std::errc::broken_pipe);
}

TEST_P(FaultTest, AnErrorOfSendingSeveralViewsIsToldOnce) {
  EXPECT_EQ(BreakBy(Call::kSendmsg, ENOBUFS).code(),
            std::errc::no_buffer_space);
}

TEST_P(FaultTest, AnErrorOfTrySendIsToldByFlush) {
  RecordingTransport transport(poller(), std::move(pair_.ours));
  ASSERT_TRUE(transport.Open().ok());
  faults_.Add(Call::kSend, {.error = ENOBUFS, .count = 1});
  ASSERT_TRUE(RunUntil([&] {
    if (!transport.is_broken() && transport.output().empty()) {
      transport.TrySend("lost");
    }
    return transport.is_broken();
  }));
  EXPECT_EQ(transport.error->code(), std::errc::no_buffer_space);
}

TEST_P(FaultTest, ARequestFailsWithTheErrorOfItsCall) {
  const int fd = pair_.ours.get();
  faults_.Add(Call::kRecv, {.error = ENOMEM, .count = 1});
  faults_.Add(Call::kSend, {.error = ENOBUFS, .count = 1});
  WriteAll(pair_.peer.get(), "x");
  Request read(fd, Operation::Kind::kRead, "?");
  Request write(fd, Operation::Kind::kWrite, "x");
  poller().Submit(read);
  poller().Submit(write);
  ASSERT_TRUE(RunUntil([&] { return read.outcome && write.outcome; }));
  EXPECT_EQ(read.outcome->code(), std::errc::not_enough_memory);
  EXPECT_EQ(write.outcome->code(), std::errc::no_buffer_space);
  poller().Remove(fd);
}

}  // namespace
}  // namespace eddy::test
