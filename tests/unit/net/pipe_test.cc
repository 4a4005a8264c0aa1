// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PipeTest: bytes, ends and back-pressure from one connection to the other.

#include "eddy/pipe.h"

#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "eddy/framed_handler.h"
#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

class PipeTest : public ConnectionRigTest {
 protected:
  // What is read and must not be, after Pipe.
  static void Refuse(Connection&, RingBuffer& input) {
    ADD_FAILURE() << "the handler got " << input.ToString();
  }

  // Makes two connections, the left and the right one.
  void StartTwo(SocketPair first = TcpPair(), SocketPair second = TcpPair()) {
    Start();
    left_peer_ = rig->Adopt(std::move(first));
    left_ = rig->handler.handle().Find();
    right_peer_ = rig->Adopt(std::move(second));
    right_ = rig->handler.handle().Find();
    ASSERT_NE(left_, nullptr);
    ASSERT_NE(right_, nullptr);
  }
  void StartPiped(SocketPair first = TcpPair(), SocketPair second = TcpPair()) {
    StartTwo(std::move(first), std::move(second));
    rig->handler.on_message = Refuse;
    ASSERT_TRUE(Pipe(*left_, *right_).ok());
  }
  // Turns while `text` goes in at `from`, and comes out at `to`.
  void ExpectPassage(int from, int to, const std::string& text) {
    std::size_t written = 0;
    std::string read;
    EXPECT_TRUE(rig->TurnUntil([&] {
      written += WriteSome(from, std::string_view(text).substr(written));
      ReadSome(to, read);
      return read.size() >= text.size();
    }));
    EXPECT_TRUE(read == text) << "of " << text.size() << " bytes";
  }
  // Writes to `fd` until nothing moves any more. Returns how much went in.
  std::size_t FillThrough(int fd) {
    std::size_t total = 0;
    for (int idle_turns = 0; idle_turns < 50; ++idle_turns) {
      if (const std::size_t written = FillUp(fd)) {
        total += written;
        idle_turns = 0;
      }
      rig->Turn();
    }
    return total;
  }
  bool AwaitCloses(int count) {
    return rig->TurnUntil([&] { return rig->handler.closes() == count; });
  }

  UniqueFd left_peer_;
  UniqueFd right_peer_;
  Connection* left_ = nullptr;
  Connection* right_ = nullptr;
};
EDDY_ON_ALL_POLLERS(PipeTest);

TEST_P(PipeTest, PassesBytesOnBothWays) {
  StartPiped();
  ExpectPassage(left_peer_.get(), right_peer_.get(), "from the left");
  ExpectPassage(right_peer_.get(), left_peer_.get(), "from the right");
  ExpectPassage(left_peer_.get(), right_peer_.get(), Pattern(3 << 20));
  ExpectPassage(right_peer_.get(), left_peer_.get(), Pattern(3 << 20, 5));
  EXPECT_EQ(rig->handler.messages(), 0);
}

TEST_P(PipeTest, BeginsWithTheInputThatWasLeftUnread) {
  StartTwo();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};
  WriteAll(left_peer_.get(), "left unread, ");
  ASSERT_TRUE(rig->TurnUntil([&] { return left_->input_size() == 13; }));
  ASSERT_TRUE(Pipe(*left_, *right_).ok());
  rig->handler.on_message = Refuse;
  WriteAll(left_peer_.get(), "then this");
  EXPECT_EQ(rig->Read(right_peer_.get(), 22), "left unread, then this");
}

TEST_P(PipeTest, BeginsWithWhatTheHandlerThatJoinsLeaves) {
  StartTwo();
  rig->handler.on_message = [&](Connection& connection, RingBuffer& input) {
    if (input.size() < 6) return;
    EXPECT_EQ(&connection, left_);
    ASSERT_TRUE(Pipe(*left_, *right_).ok());
    rig->handler.on_message = Refuse;
    input.Consume(4);
  };
  WriteAll(left_peer_.get(), "headbody");
  EXPECT_EQ(rig->Read(right_peer_.get(), 4), "body");
}

TEST_P(PipeTest, InputThatAPauseHeldBackFollowsTheResume) {
  StartTwo();
  left_->PauseReading();
  WriteAll(left_peer_.get(), "held back");
  rig->Turn(5);
  ASSERT_TRUE(Pipe(*left_, *right_).ok());
  rig->Turn(5);
  std::string read;
  ReadSome(right_peer_.get(), read);
  EXPECT_EQ(read, "");
  left_->ResumeReading();
  EXPECT_EQ(rig->Read(right_peer_.get(), 9), "held back");
}

// A handler whose first line leads to a pipe: what follows is none of its.
class Tunneller final : public FramedHandler {
 public:
  Tunneller() : FramedHandler(std::make_shared<LineCodec>()) {}
  void OnMessage(Connection& connection,
                 std::span<const std::byte> line) override {
    lines += std::string(AsText(line)) + ';';
    EXPECT_TRUE(Pipe(connection, *target).ok());
  }
  std::string lines;
  Connection* target = nullptr;
};

TEST_P(PipeTest, AFramedHandlerGetsNoFrameAfterTheOneThatJoins) {
  StartTwo();
  Tunneller tunneller;
  tunneller.target = right_;
  rig->handler.on_message = [&](Connection& connection, RingBuffer& input) {
    static_cast<Handler&>(tunneller).OnMessage(connection, input);
  };
  WriteAll(left_peer_.get(), "connect\nline\nline\n");
  EXPECT_EQ(rig->Read(right_peer_.get(), 10), "line\nline\n");
  EXPECT_EQ(tunneller.lines, "connect;");
}

// ---- Ends -------------------------------------------------------------------

TEST_P(PipeTest, AHalfCloseIsPassedOnAndTheOtherWayGoesOn) {
  StartPiped();
  WriteAll(left_peer_.get(), "request");
  ::shutdown(left_peer_.get(), SHUT_WR);
  std::string read;
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get(), &read), Stream::kEnded);
  EXPECT_EQ(read, "request");
  EXPECT_EQ(rig->handler.closes(), 0);
  ExpectPassage(right_peer_.get(), left_peer_.get(), Pattern(1 << 20));
  ::shutdown(right_peer_.get(), SHUT_WR);
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kEnded);
  ASSERT_TRUE(AwaitCloses(2));
  for (const Status& reason : rig->handler.reasons()) {
    EXPECT_TRUE(reason.ok()) << reason.message();
  }
  EXPECT_EQ(rig->handler.ends(), 0);
}

TEST_P(PipeTest, AnEndThatWasToldBeforeIsPassedOn) {
  StartTwo();
  rig->handler.on_end = [](Connection&) {};
  ::shutdown(left_peer_.get(), SHUT_WR);
  ASSERT_TRUE(rig->TurnUntil([&] { return rig->handler.ends() == 1; }));
  ASSERT_TRUE(Pipe(*left_, *right_).ok());
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kEnded);
  ExpectPassage(right_peer_.get(), left_peer_.get(), "answer");
}

// The part must not pass for the whole: what was left unread goes first.
TEST_P(PipeTest, AnEndThatWasToldFollowsTheInputThatWasLeftUnread) {
  StartTwo();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};
  rig->handler.on_end = [](Connection&) {};
  WriteAll(left_peer_.get(), "request");
  ::shutdown(left_peer_.get(), SHUT_WR);
  ASSERT_TRUE(rig->TurnUntil([&] { return rig->handler.ends() == 1; }));
  ASSERT_TRUE(Pipe(*left_, *right_).ok());
  rig->handler.on_message = Refuse;
  EXPECT_EQ(rig->Read(right_peer_.get(), 7), "request");
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kEnded);
  ExpectPassage(right_peer_.get(), left_peer_.get(), "answer");
}

TEST_P(PipeTest, ItMayBeginInsideTheTellingOfTheEnd) {
  StartTwo();
  rig->handler.on_message = [](Connection&, RingBuffer&) {};
  rig->handler.on_end = [&](Connection&) {
    ASSERT_TRUE(Pipe(*left_, *right_).ok());
    rig->handler.on_message = Refuse;
  };
  WriteAll(left_peer_.get(), "request");
  ::shutdown(left_peer_.get(), SHUT_WR);
  EXPECT_EQ(rig->Read(right_peer_.get(), 7), "request");
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kEnded);
  EXPECT_EQ(rig->handler.ends(), 1);
}

// Nobody but the peers knows what is all.
TEST_P(PipeTest, AStopLetsItGoOnUntilBothStreamsHaveEnded) {
  StartPiped();
  std::size_t sent = FillThrough(left_peer_.get());
  ASSERT_GT(right_->output_size(), 0U);
  rig->set().Drain(std::chrono::hours(1));
  ExpectPassage(right_peer_.get(), left_peer_.get(), Pattern(1 << 20));
  sent += WriteSome(left_peer_.get(), "more");
  ::shutdown(left_peer_.get(), SHUT_WR);
  std::string received;
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get(), &received), Stream::kEnded);
  EXPECT_EQ(received.size(), sent);
  EXPECT_EQ(rig->drained(), 0);
  ExpectPassage(right_peer_.get(), left_peer_.get(), "the answer");
  ::shutdown(right_peer_.get(), SHUT_WR);
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kEnded);
  ASSERT_TRUE(AwaitCloses(2));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->drained() == 1; }));
}

TEST_P(PipeTest, AStopThatCutsItResetsBoth) {
  StartPiped();
  ExpectPassage(left_peer_.get(), right_peer_.get(), "a part");
  ExpectPassage(right_peer_.get(), left_peer_.get(), "a part");
  rig->set().Drain(std::chrono::hours(1));
  rig->Turn(5);
  EXPECT_EQ(rig->handler.closes(), 0);
  rig->set().TerminateAll(Error::kStopped);
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kBroken);
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kBroken);
  ASSERT_TRUE(AwaitCloses(2));
  for (const Status& reason : rig->handler.reasons()) {
    EXPECT_EQ(reason.code(), Error::kStopped);
  }
}

TEST_P(PipeTest, AStopThatCutsItLeavesTheStreamThatWasWhole) {
  StartPiped();
  WriteAll(left_peer_.get(), "all");
  ::shutdown(left_peer_.get(), SHUT_WR);
  EXPECT_EQ(rig->Read(right_peer_.get(), 3), "all");
  // It is read no further: a reset would take the place of the end.
  EXPECT_TRUE(rig->TurnUntil([&] { return HasEnded(right_peer_.get()); }));
  rig->set().Drain(std::chrono::hours(1));
  rig->set().TerminateAll(Error::kStopped);
  ASSERT_TRUE(AwaitCloses(2));
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kEnded);
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kBroken);
}

TEST_P(PipeTest, WhatComesForOneThatWasShutDownAbortsBoth) {
  StartPiped();
  right_->Shutdown();
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kEnded);
  ExpectPassage(right_peer_.get(), left_peer_.get(), "still passed on");
  WriteAll(left_peer_.get(), "too late");
  ASSERT_TRUE(AwaitCloses(2));
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kBroken);
}

TEST_P(PipeTest, AResetIsPassedOnAsAReset) {
  StartPiped();
  ExpectPassage(left_peer_.get(), right_peer_.get(), "a part");
  Reset(std::move(left_peer_));
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kBroken);
  ASSERT_TRUE(AwaitCloses(2));
  EXPECT_EQ(rig->handler.reasons()[0].code(), std::errc::connection_reset);
  EXPECT_EQ(rig->handler.reasons()[1].code(), Error::kAborted);
}

TEST_P(PipeTest, AnAbortAbortsTheOther) {
  StartPiped();
  right_->Abort();
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kBroken);
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kBroken);
  ASSERT_TRUE(AwaitCloses(2));
}

TEST_P(PipeTest, ACloseSendsWhatTheOtherHasYetToSend) {
  StartPiped();
  const std::string text = Pattern(700'000);
  std::size_t written = 0;
  EXPECT_TRUE(rig->TurnUntil([&] {
    written +=
        WriteSome(left_peer_.get(), std::string_view(text).substr(written));
    return written == text.size();
  }));
  rig->Turn(50);
  left_->Close();
  std::string read;
  EXPECT_EQ(rig->ReadToEnd(left_peer_.get()), Stream::kEnded);
  left_peer_.Reset();
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get(), &read), Stream::kEnded);
  EXPECT_TRUE(read == text) << read.size();
  right_peer_.Reset();
  ASSERT_TRUE(AwaitCloses(2));
}

TEST_P(PipeTest, TimeLimitsGoOnAndBreakBoth) {
  options.limits.idle_timeout = std::chrono::seconds(5);
  StartPiped();
  rig->Pass(std::chrono::seconds(6));
  ASSERT_TRUE(AwaitCloses(2));
  EXPECT_EQ(rig->handler.reasons()[0].code(), Error::kIdleTimeout);
}

// ---- Back-pressure ----------------------------------------------------------

TEST_P(PipeTest, ASinkThatDoesNotReadHoldsTheSourceBack) {
  options.connection.high_watermark_bytes = 64 << 10;
  options.connection.low_watermark_bytes = 16 << 10;
  StartPiped(NarrowPair(), NarrowPair());
  const std::size_t held = FillThrough(left_peer_.get());
  EXPECT_TRUE(left_->is_reading_paused());
  EXPECT_FALSE(right_->is_reading_paused()) << "it is not the one to wait";
  EXPECT_LE(right_->output_size() + left_->input_size(),
            (64 << 10) + internal::Poller::kTurnBudgetBytes);
  // The other way is open all the while.
  ExpectPassage(right_peer_.get(), left_peer_.get(), Pattern(50'000));
  // And all comes through when it is read.
  EXPECT_EQ(rig->Read(right_peer_.get(), held).size(), held);
  EXPECT_TRUE(rig->TurnUntil([&] { return !left_->is_reading_paused(); }));
  EXPECT_EQ(rig->handler.writables(), 0);
}

TEST_P(PipeTest, WhatWasUnsentBeforeCounts) {
  options.connection.high_watermark_bytes = 64 << 10;
  options.connection.low_watermark_bytes = 16 << 10;
  StartTwo(NarrowPair(), NarrowPair());
  right_->Send(Pattern(100'000));
  rig->Turn(3);
  EXPECT_TRUE(right_->is_reading_paused()) << "by its own output";
  ASSERT_TRUE(Pipe(*left_, *right_).ok());
  EXPECT_TRUE(left_->is_reading_paused());
  EXPECT_FALSE(right_->is_reading_paused());
  EXPECT_EQ(rig->Read(right_peer_.get(), 100'000), Pattern(100'000));
  EXPECT_TRUE(rig->TurnUntil([&] { return !left_->is_reading_paused(); }));
}

TEST_P(PipeTest, BothWaysStuckHoldABoundedAmount) {
  options.connection.high_watermark_bytes = 64 << 10;
  options.connection.low_watermark_bytes = 16 << 10;
  StartPiped(NarrowPair(), NarrowPair());
  const std::size_t to_right = FillThrough(left_peer_.get());
  const std::size_t to_left = FillThrough(right_peer_.get());
  constexpr std::size_t kMost = (64 << 10) + internal::Poller::kTurnBudgetBytes;
  EXPECT_LE(right_->output_size() + left_->input_size(), kMost);
  EXPECT_LE(left_->output_size() + right_->input_size(), kMost);
  EXPECT_EQ(rig->Read(right_peer_.get(), to_right).size(), to_right);
  EXPECT_EQ(rig->Read(left_peer_.get(), to_left).size(), to_left);
}

TEST_P(PipeTest, AnEndWaitsForWhatIsHeldBack) {
  options.connection.high_watermark_bytes = 64 << 10;
  options.connection.low_watermark_bytes = 16 << 10;
  StartPiped(NarrowPair(), NarrowPair());
  const std::size_t held = FillThrough(left_peer_.get());
  ::shutdown(left_peer_.get(), SHUT_WR);
  rig->Turn(10);
  std::string read;
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get(), &read), Stream::kEnded);
  EXPECT_EQ(read.size(), held);
}

// ---- What is refused --------------------------------------------------------

TEST_P(PipeTest, RefusesWhatIsNoPairOfOpenConnections) {
  StartTwo();
  EXPECT_EQ(Pipe(*left_, *left_).code(), Error::kInvalidArgument);
  ConnectionRig other(options);
  const UniqueFd peer = other.Connect();
  Connection* const elsewhere = other.handler.handle().Find();
  ASSERT_NE(elsewhere, nullptr);
  EXPECT_EQ(Pipe(*left_, *elsewhere).code(), Error::kInvalidArgument);
  ASSERT_TRUE(Pipe(*left_, *right_).ok());
  EXPECT_EQ(Pipe(*left_, *right_).code(), Error::kInvalidArgument);
  const UniqueFd third_peer = rig->Connect();
  Connection* const third = rig->handler.handle().Find();
  EXPECT_EQ(Pipe(*third, *right_).code(), Error::kInvalidArgument);
  EXPECT_EQ(Pipe(*left_, *third).code(), Error::kInvalidArgument);
  const UniqueFd fourth_peer = rig->Connect();
  Connection* const fourth = rig->handler.handle().Find();
  fourth->Shutdown();
  EXPECT_EQ(Pipe(*third, *fourth).code(), Error::kInvalidArgument);
  fourth->Close();
  EXPECT_EQ(Pipe(*third, *fourth).code(), Error::kInvalidArgument);
  // All that changed nothing.
  ExpectPassage(left_peer_.get(), right_peer_.get(), "still there");
}

TEST_P(PipeTest, TheHandlersOnCloseMayThrow) {
  StartPiped();
  rig->handler.on_close = [](Connection&, const Status&) {
    throw std::runtime_error("in OnClose");
  };
  Reset(std::move(left_peer_));
  EXPECT_EQ(rig->ReadToEnd(right_peer_.get()), Stream::kBroken);
  ASSERT_TRUE(AwaitCloses(2));
}

}  // namespace
}  // namespace eddy::test
