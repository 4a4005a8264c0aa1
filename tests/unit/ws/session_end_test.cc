// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionEndTest: how long the end of a session may take.

#include <gtest/gtest.h>

#include <chrono>

#include "unit/ws/session_rig_test.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::CloseFrame;
using ws::CloseCode;

class SessionEndTest : public test::SessionRigTest {
 protected:
  SessionEndTest() {
    // The connection sets no limit: what ends the session is the session's.
    options.connection.close_timeout = {};
    options.connection.linger_timeout = std::chrono::hours(1);
    session_options.ping_interval = {};
    session_options.close_timeout = seconds(2);
  }
};
EDDY_ON_ALL_POLLERS(SessionEndTest);

TEST_P(SessionEndTest, ThePeersCloseDoesNotEndTheTimeLimitOfOurs) {
  OpenServer();
  FillOutput(200'000);
  EXPECT_TRUE(session().Close().ok());
  Settle();
  rig->Pass(seconds(1));
  test::WriteAll(peer.get(), CloseFrame(1000));
  Settle();
  ExpectEndAfter(seconds(1), CloseCode::kNormal);
}

TEST_P(SessionEndTest, AClientsTimeLimitDoesNotBeginAnewWithThePeersClose) {
  OpenClient();
  EXPECT_TRUE(session().Close().ok());
  Settle();
  rig->Pass(seconds(1));
  test::WriteAll(peer.get(), CloseFrame(1000, {}, false));
  Settle();
  ExpectEndAfter(seconds(1), CloseCode::kNormal);
}

TEST_P(SessionEndTest, ACloseOfThePeersHasTheTimeLimitToo) {
  OpenServer();
  FillOutput(200'000);
  rig->Pass(seconds(1));
  test::WriteAll(peer.get(), CloseFrame(4001));
  Settle();
  ExpectEndAfter(seconds(2), CloseCode{4001});
}

TEST_P(SessionEndTest, AClientWaitsForTheServersEndAndNoLonger) {
  OpenClient();
  test::WriteAll(peer.get(), CloseFrame(4001, {}, false));
  Settle();
  ExpectEndAfter(seconds(2), CloseCode{4001});
}

TEST_P(SessionEndTest, AFailureHasTheTimeLimitToo) {
  OpenServer();
  FillOutput(200'000);
  test::WriteAll(peer.get(), test::Frame(test::kFin | 3, "x"));
  Settle();
  ExpectEndAfter(seconds(2), CloseCode::kProtocolError);
}

TEST_P(SessionEndTest, WhoDoesNotAnswerACloseIsLeftInTime) {
  OpenServer();
  EXPECT_TRUE(session().Close().ok());
  Settle();
  ExpectEndAfter(seconds(2), CloseCode::kAbnormal);
}

}  // namespace
}  // namespace eddy
