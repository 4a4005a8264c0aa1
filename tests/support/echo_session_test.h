// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EchoSessionTest: a server or a client that echoes, and peers that are not
// ours.

#ifndef EDDY_SUPPORT_ECHO_SESSION_TEST_H_
#define EDDY_SUPPORT_ECHO_SESSION_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "os/socket.h"
#include "support/session_test.h"

namespace eddy::test {

enum class Side { kServer, kClient };

// EchoSessionTest: a test of either side of WebSocket on each backend.
class EchoSessionTest : public SessionTest {
 protected:
  // Starts what is tested.
  void StartSide(Side side) {
    side_ = side;
    if (side == Side::kServer) return Start();
    ClientOptions options;
    options.backend = GetParam();
    client_ = std::make_unique<ws::Client>(handler, options, session_options);
    const Status status = client_->Start();
    ASSERT_TRUE(status.ok()) << status.message();
  }

  // A session's peer, with the handshake made. `extensions` is what it offers
  // or, to a client, what it agrees to. It sends what it writes at once.
  RawWebSocket OpenPeer(const std::string& extensions = {}) {
    const std::string line =
        extensions.empty() ? extensions
                           : "Sec-WebSocket-Extensions: " + extensions + "\r\n";
    RawWebSocket peer = side_ == Side::kServer ? Dial() : AcceptClient();
    os::SetNoDelay(peer.fd(), true);
    if (side_ == Side::kServer) {
      head = peer.Upgrade(line);
      EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
      return peer;
    }
    head = peer.ReadHead();
    peer.Write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
        AcceptKey(HeaderOfHead("Sec-WebSocket-Key")) + "\r\n" + line + "\r\n");
    return peer;
  }

  // Of the head that came last; empty if there is none.
  std::string HeaderOfHead(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }

  // Whether the side that is tested is to be sent masked frames.
  bool is_masked() const { return side_ == Side::kServer; }
  Side side() const { return side_; }

  // The peer closes, and the session is over.
  void ClosePeer(RawWebSocket peer) {
    peer.Write(CloseFrame(1000, {}, is_masked()));
    EXPECT_EQ(peer.ReadClose(), 1000);
    ExpectEnd(std::move(peer), true, ws::CloseCode::kNormal);
  }
  // After the close frame. A client leaves the stream's end to a server that
  // closed as it should.
  void ExpectEnd(RawWebSocket peer, bool has_closed, ws::CloseCode code) {
    if (side_ == Side::kServer || !has_closed) {
      EXPECT_TRUE(peer.HasEndedWell());
    }
    peer.Take().Reset();
    EXPECT_EQ(handler.AwaitEnd(++ends_).code, code);
  }

  std::string head;  // what came in the last handshake

 private:
  RawWebSocket AcceptClient() {
    client_->Connect("ws://" + os::LocalAddress(listener_.get()).ToString());
    AwaitReady(listener_.get(), POLLIN);
    return RawWebSocket(UniqueFd(os::AcceptFrom(listener_.get()).fd));
  }

  Side side_ = Side::kServer;
  std::size_t ends_ = 0;
  UniqueFd listener_ = ListenOnLoopback();
  std::unique_ptr<ws::Client> client_;  // goes first
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_ECHO_SESSION_TEST_H_
