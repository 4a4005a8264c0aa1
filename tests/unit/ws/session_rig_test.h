// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionRigTest: a test of sessions whose time passes when it says so, on the
// machine's poller and on fakes of several seeds.

#ifndef EDDY_UNIT_WS_SESSION_RIG_TEST_H_
#define EDDY_UNIT_WS_SESSION_RIG_TEST_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/initiator.h"
#include "net/stream_connection.h"
#include "support/frames.h"
#include "support/raw_web_socket.h"
#include "support/session_test.h"
#include "unit/net/connection_rig_test.h"
#include "ws/endpoint.h"
#include "ws/upgrade.h"

namespace eddy::test {

// SessionRigTest: one session, of a server or a client, and its peer.
//
// Thread: one; so nothing of `handler` may be awaited, TurnUntil is for that.
class SessionRigTest : public ConnectionRigTest, private internal::Initiator {
 protected:
  // Makes the session, the test's end of which is `peer`.
  void OpenServer(SocketPair pair = NarrowPair()) {
    Open(std::move(pair), nullptr);
    WriteAll(peer.get(), std::string(kUpgrade) + "\r\n");
    EXPECT_TRUE(ReadHead().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(handler.opens(), 1U);
  }
  void OpenClient(SocketPair pair = NarrowPair()) {
    const auto plan = std::make_shared<internal::ClientPlan>();
    plan->url = *internal::ParseUrl("ws://127.0.0.1/rig");
    plan_ = plan;
    Open(std::move(pair), this);
    const std::string head = ReadHead();
    const std::string name = "Sec-WebSocket-Key: ";
    const std::string key = head.substr(head.find(name) + name.size(), 24);
    WriteAll(peer.get(),
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                 AcceptKey(key) + "\r\n\r\n");
    EXPECT_TRUE(rig->TurnUntil([&] { return handler.opens() == 1; }));
  }
  // Only the connection.
  void Open(SocketPair pair, internal::Initiator* initiator) {
    endpoint_.emplace(handler, session_options);
    options.handler = &*endpoint_;
    Start();
    peer = std::move(pair.peer);
    rig->set().Adopt(std::move(pair.ours), {}, initiator);
  }

  // What comes, up to its empty line at the least.
  std::string ReadHead() {
    std::string head;
    EXPECT_TRUE(rig->TurnUntil([&] {
      ReadSome(peer.get(), head);
      return head.find("\r\n\r\n") != std::string::npos;
    }));
    return head;
  }
  ws::Session& session() {
    ws::Session* const found = handler.last_handle().Find();
    EXPECT_NE(found, nullptr);
    return *found;
  }
  // Sends until at least `size` bytes wait, whatever the kernel takes.
  void FillOutput(std::size_t size) {
    const std::string text(16 << 10, 'x');
    while (session().output_size() < size) {
      ASSERT_TRUE(session().Send(text).ok());
      rig->Turn(30);
    }
  }
  // Turns until nothing moves any more.
  void Settle() { rig->Turn(60); }
  // Nothing ends the session before `time` has passed, and then it ends.
  void ExpectEndAfter(std::chrono::nanoseconds time, ws::CloseCode code) {
    rig->Pass(time - std::chrono::milliseconds(50));
    Settle();
    EXPECT_EQ(handler.closes(), 0U);
    rig->Pass(std::chrono::milliseconds(100));
    Settle();
    ASSERT_EQ(handler.closes(), 1U);
    EXPECT_EQ(handler.AwaitEnd().code, code);
  }

  ws::Options session_options;
  SessionTally handler;
  UniqueFd peer;

 private:
  void OnAdopted(internal::StreamConnection&) override {}
  void OnAnnouncing(internal::StreamConnection& connection) override {
    connection.Emplace<internal::PlanRef>(plan_);
  }
  void OnAnnounced(internal::StreamConnection&) override {}
  void OnGone(const Status&, bool) override {}

  void TearDown() override { rig.reset(); }

  std::optional<internal::Endpoint> endpoint_;
  internal::PlanRef plan_;
};

}  // namespace eddy::test

#endif  // EDDY_UNIT_WS_SESSION_RIG_TEST_H_
