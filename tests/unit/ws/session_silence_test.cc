// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionSilenceTest: which peers are taken for lost.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "unit/ws/session_rig_test.h"

namespace eddy {
namespace {

using std::chrono::seconds;
using test::Frame;
using test::kFin;
using test::kPong;
using ws::CloseCode;

class SessionSilenceTest : public test::SessionRigTest {
 protected:
  SessionSilenceTest() {
    session_options.ping_interval = seconds(2);
    session_options.pong_timeout = seconds(3);
  }
  // The peer reads some of what is there.
  void ReadSome(std::size_t count) {
    std::array<char, 8192> block;
    const ssize_t result =
        ::recv(peer.get(), block.data(), std::min(count, block.size()), 0);
    if (result > 0) read.append(block.data(), static_cast<size_t>(result));
    Settle();
  }
  // How many seconds pass until the session is lost; `each` is done in each.
  template <typename Function>
  int CountSeconds(int limit, Function each) {
    for (int i = 0; i < limit; ++i) {
      each();
      rig->Pass(seconds(1));
      Settle();
      if (handler.closes() != 0) return i + 1;
    }
    return limit;
  }

  std::string read;  // by the peer
};
EDDY_ON_ALL_POLLERS(SessionSilenceTest);

TEST_P(SessionSilenceTest, WhoTakesNothingAndSaysNothingIsLost) {
  OpenServer();
  FillOutput(100'000);
  Settle();
  const int count = CountSeconds(20, [] {});
  EXPECT_GE(count, 5);
  EXPECT_LE(count, 8);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionSilenceTest, WhoIsPausedByItsOutputIsLostTheSame) {
  OpenServer();
  FillOutput(options.connection.high_watermark_bytes + 1);
  EXPECT_TRUE(session().is_reading_paused());
  EXPECT_LE(CountSeconds(20, [] {}), 8);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionSilenceTest, WhoTakesALittleNowAndThenStays) {
  OpenServer();
  FillOutput(400'000);
  EXPECT_EQ(CountSeconds(50, [this] { ReadSome(6'000); }), 50);
  EXPECT_EQ(handler.closes(), 0U);
  EXPECT_GT(session().output_size(), 0U);
}

TEST_P(SessionSilenceTest, WhoTakesWhatTheSystemHoldsStays) {
  OpenServer(test::UnixPair());
  const std::string text(1'000, 'x');
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(session().Send(text).ok());
    Settle();
  }
  EXPECT_EQ(session().output_size(), 0U);
  EXPECT_EQ(CountSeconds(20, [this] { ReadSome(2'000); }), 20);
  EXPECT_EQ(handler.closes(), 0U);
}

TEST_P(SessionSilenceTest, WhoTakesPingsAndDoesNotAnswerIsLost) {
  OpenServer();
  const int count = CountSeconds(20, [this] { ReadSome(100); });
  EXPECT_GE(count, 5);
  EXPECT_LE(count, 8);
}

// The answer has come, and is yet to be read when time is up.
TEST_P(SessionSilenceTest, AnAnswerAtTheLastMomentIsHeard) {
  OpenServer();
  rig->Pass(seconds(2));
  Settle();
  ASSERT_FALSE(rig->Read(peer.get(), 1).empty());
  test::WriteAll(peer.get(), Frame(kFin | kPong));
  rig->Pass(seconds(3) + std::chrono::milliseconds(10));
  Settle();
  EXPECT_EQ(handler.pongs().size(), 1U);
  EXPECT_EQ(handler.closes(), 0U);
}

TEST_P(SessionSilenceTest, WhoTakesAllAtTheLastMomentIsAskedAgain) {
  const std::string ping = Frame(kFin | test::kPing, {}, false);
  OpenServer();
  FillOutput(20'000);
  Settle();
  EXPECT_EQ(CountSeconds(6, [] {}), 6);
  EXPECT_EQ(handler.closes(), 0U);
  while (session().output_size() != 0) ReadSome(8'000);
  for (int i = 0; i < 10; ++i) ReadSome(8'000);
  EXPECT_EQ(read.find(ping), std::string::npos);
  EXPECT_EQ(CountSeconds(4, [this] { ReadSome(8'000); }), 4);
  EXPECT_EQ(handler.closes(), 0U);
  EXPECT_NE(read.find(ping), std::string::npos);
}

TEST_P(SessionSilenceTest, WhoSendsAndTakesNothingStays) {
  OpenServer();
  FillOutput(100'000);
  EXPECT_EQ(CountSeconds(20,
                         [this] {
                           test::WriteAll(peer.get(), Frame(kFin | kPong));
                           Settle();
                         }),
            20);
  EXPECT_EQ(handler.closes(), 0U);
}

TEST_P(SessionSilenceTest, WhoIsPausedByTheProgramStays) {
  OpenServer();
  FillOutput(100'000);
  session().PauseReading();
  EXPECT_EQ(CountSeconds(20, [] {}), 20);
  EXPECT_EQ(handler.closes(), 0U);
}

}  // namespace
}  // namespace eddy
