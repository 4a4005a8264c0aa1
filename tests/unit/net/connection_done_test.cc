// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of connections: what send callbacks are told, and how often.

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/net/connection_rig_test.h"

namespace eddy::test {
namespace {

// The statuses that the callbacks of several sends got, in order.
using Told = std::vector<Status>;

class ConnectionDoneTest : public ConnectionRigTest {
 protected:
  SendCallback Tell() {
    return [this](const Status& status) {
      EXPECT_FALSE(is_in_send) << "inside Send";
      told.push_back(status);
    };
  }
  // Sends two large pieces, and one without bytes, from the loop.
  void SendThree() {
    static_cast<void>(rig->handler.handle().Post([this](Connection& c) {
      is_in_send = true;
      EXPECT_TRUE(c.Send(text, Tell()).ok());
      EXPECT_TRUE(c.Send(text, Tell()).ok());
      EXPECT_TRUE(c.Send(std::string_view(), Tell()).ok());
      is_in_send = false;
    }));
  }
  // All were told once, the last of them `status`.
  void ExpectTold(const Status& status) {
    EXPECT_TRUE(rig->TurnUntil([&] { return told.size() >= 3; }));
    rig->Turn(20);
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told.back(), status);
  }

  const std::string text = Pattern(1 << 20);
  Told told;
  bool is_in_send = false;
};

EDDY_ON_ALL_POLLERS(ConnectionDoneTest);

TEST_P(ConnectionDoneTest, OkWhenTheKernelHasTheBytes) {
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  rig->Turn(20);
  EXPECT_TRUE(told.empty()) << "the kernel can't have them yet";
  EXPECT_EQ(rig->Read(peer.get(), 2 * text.size()), text + text);
  ExpectTold(Status());
  EXPECT_EQ(told, Told(3));
}

TEST_P(ConnectionDoneTest, OkForWhatGoesOutAtOnce) {
  Start();
  const UniqueFd peer = rig->Connect();
  static_cast<void>(rig->handler.handle().Post([this](Connection& c) {
    is_in_send = true;
    for (const std::size_t size : {0u, 5u, 40'000u}) {
      EXPECT_TRUE(c.Send(std::string_view(text).substr(0, size), Tell()).ok());
    }
    is_in_send = false;
  }));
  ExpectTold(Status());
  EXPECT_EQ(told, Told(3));
}

TEST_P(ConnectionDoneTest, AResetTellsItsErrno) {
  Start();
  rig->handler.on_close = [this](Connection&, const Status& reason) {
    ASSERT_EQ(told.size(), 3u) << "the callbacks come before OnClose";
    EXPECT_EQ(told.back(), reason);
  };
  SocketPair pair = TcpPair();
  SetBufferBytes(pair.ours.get(), 4096);
  UniqueFd peer = rig->Adopt(std::move(pair));
  SendThree();
  rig->Turn(30);
  Reset(std::move(peer));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  ASSERT_EQ(told.size(), 3u);
  EXPECT_FALSE(told.back().ok());
}

TEST_P(ConnectionDoneTest, AbortTellsThatItWas) {
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  static_cast<void>(rig->handler.handle().Abort());
  ExpectTold(Error::kAborted);
}

TEST_P(ConnectionDoneTest, ACloseThatCantSendTellsTheTimeLimit) {
  options.connection.close_timeout = std::chrono::seconds(5);
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  static_cast<void>(rig->handler.handle().Close());
  rig->Turn(30);
  EXPECT_TRUE(told.empty());
  rig->Pass(std::chrono::seconds(6));
  ExpectTold(Error::kCloseTimeout);
}

TEST_P(ConnectionDoneTest, ACloseThatCanSendTellsOk) {
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  static_cast<void>(rig->handler.handle().Close());
  EXPECT_EQ(rig->Read(peer.get(), 2 * text.size()), text + text);
  ExpectTold(Status());
}

TEST_P(ConnectionDoneTest, TheOutputLimitIsTold) {
  options.connection.max_output_bytes = 3 << 20;
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  static_cast<void>(rig->handler.handle().Post([this](Connection& c) {
    EXPECT_EQ(c.Send(Pattern(2 << 20),
                     [](const Status&) {
                       ADD_FAILURE() << "Send had returned an error";
                     }),
              Status(Error::kOutputLimit));
  }));
  ExpectTold(Error::kOutputLimit);
}

// Each takes memory, though there is not one byte.
TEST_P(ConnectionDoneTest, CallbacksThatWaitCountAgainstTheLimit) {
  options.connection.max_output_bytes = 1 << 20;
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  std::size_t accepted = 0;
  static_cast<void>(rig->handler.handle().Post([&](Connection& c) {
    EXPECT_TRUE(c.Send(text.substr(0, text.size() / 2)).ok());
    while (accepted < (1 << 16)) {
      if (!c.Send(std::string_view(), Tell()).ok()) break;
      ++accepted;
    }
  }));
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kOutputLimit));
  EXPECT_GT(accepted, 0u);
  EXPECT_LE(accepted, (1u << 20) / 128);
  EXPECT_EQ(told, Told(accepted, Status(Error::kOutputLimit)));
}

TEST_P(ConnectionDoneTest, AnExceptionOfTheHandlerIsTold) {
  options.connection.auto_pause = false;
  Start();
  rig->handler.on_message = [](Connection&, RingBuffer&) {
    throw std::runtime_error("on purpose");
  };
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  rig->Turn(5);
  WriteAll(peer.get(), "x");
  ExpectTold(Error::kHandlerFailed);
  EXPECT_EQ(rig->handler.reasons().at(0), Status(Error::kHandlerFailed));
}

TEST_P(ConnectionDoneTest, StoppingIsTold) {
  Start();
  const UniqueFd peer = rig->Adopt(NarrowPair());
  SendThree();
  rig->Turn(5);
  rig->set().TerminateAll(Error::kStopped);
  ExpectTold(Error::kStopped);
}

// The poller will never be asked again.
TEST(ConnectionAbandonTest, ALoopThatCantGoOnTellsToo) {
  ConnectionRig rig;
  Told told;
  const UniqueFd peer = rig.Adopt(NarrowPair());
  const std::string text = Pattern(1 << 20);
  static_cast<void>(rig.handler.handle().Post([&](Connection& connection) {
    connection.Send(text,
                    [&](const Status& status) { told.push_back(status); });
  }));
  rig.Turn(5);
  rig.set().Abandon(Error::kStopped);
  EXPECT_EQ(told, Told(1, Error::kStopped));
  EXPECT_EQ(rig.handler.closes(), 1);
  EXPECT_EQ(rig.set().size(), 0u);
}

TEST_P(ConnectionDoneTest, AHandlesCallbackIsToldWhenItComesTooLate) {
  Start();
  const UniqueFd peer = rig->Connect();
  const ConnectionHandle handle = rig->handler.handle();
  static_cast<void>(handle.Abort());
  EXPECT_TRUE(handle.Send(text, Tell()).ok());
  EXPECT_TRUE(handle.Send(text, Tell()).ok());
  EXPECT_TRUE(rig->TurnUntil([&] { return rig->handler.closes() == 1; }));
  EXPECT_EQ(told, Told(2, Error::kClosed));
  EXPECT_EQ(handle.Send(text, Tell()), Status(Error::kClosed));
  EXPECT_EQ(told.size(), 2u);
}

// Callbacks may send, close and abort; none is told twice or forgotten.
TEST_P(ConnectionDoneTest, CallbacksMayGoOnSending) {
  Start();
  int left = 50;
  std::function<void(const Status&)> again;
  ConnectionHandle handle;
  Connection* connection = nullptr;
  rig->handler.on_connect = [&](Connection& c) { connection = &c; };
  const UniqueFd peer = rig->Connect();
  again = [&](const Status& status) {
    EXPECT_TRUE(status.ok());
    if (--left == 0) return connection->Close();
    connection->Send(std::string_view(text).substr(0, 30'000),
                     [&](const Status& s) { again(s); });
  };
  static_cast<void>(
      rig->handler.handle().Post([&](Connection&) { again(Status()); }));
  std::string read;
  EXPECT_EQ(rig->ReadToEnd(peer.get(), &read), Stream::kEnded);
  EXPECT_EQ(read.size(), 49u * 30'000u);
  EXPECT_EQ(left, 0);
}

TEST_P(ConnectionDoneTest, AbortInsideACallbackEndsTheRest) {
  Start();
  Connection* connection = nullptr;
  rig->handler.on_connect = [&](Connection& c) { connection = &c; };
  const UniqueFd peer = rig->Adopt(NarrowPair());
  static_cast<void>(rig->handler.handle().Post([&](Connection& c) {
    c.Send("x", [&](const Status& status) {
      told.push_back(status);
      connection->Abort();
    });
    c.Send(text, Tell());
    c.Send(text, Tell());
  }));
  ExpectTold(Error::kAborted);
  EXPECT_TRUE(told.front().ok());
}

}  // namespace
}  // namespace eddy::test
