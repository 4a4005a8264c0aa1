// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionTest: what tests of WebSocket servers and clients share.

#ifndef EDDY_SUPPORT_SESSION_TEST_H_
#define EDDY_SUPPORT_SESSION_TEST_H_

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eddy/ws.h"
#include "support/raw_web_socket.h"
#include "support/server_test.h"

namespace eddy::test {

// SessionEnd: what OnClose was told.
struct SessionEnd {
  ws::CloseCode code{};
  std::string reason;
};

// SessionTally: echoes, and keeps what happens. Hooks come before that.
//
// Thread: hooks are set before the server starts; the rest any.
class SessionTally : public ws::Handler {
 public:
  std::function<void(const ws::Request&, ws::Response&)> on_upgrade;
  std::function<void(ws::Session&)> on_connect;
  std::function<void(ws::Session&, ws::Message)> on_message;  // instead of echo
  std::function<void(ws::Session&)> on_ping;
  std::function<void(ws::Session&)> on_pong;
  std::function<void(ws::Session&)> on_writable;
  std::function<void(ws::Session&)> on_close;

  bool AwaitOpens(std::size_t count) const {
    return Await([=, this] { return opens_ >= count; });
  }
  bool AwaitMessages(std::size_t count) const {
    return Await([=, this] { return messages_.size() >= count; });
  }
  bool AwaitPings(std::size_t count) const {
    return Await([=, this] { return pings_.size() >= count; });
  }
  bool AwaitPongs(std::size_t count) const {
    return Await([=, this] { return pongs_.size() >= count; });
  }
  // The end of the n-th session that ended.
  SessionEnd AwaitEnd(std::size_t n = 1) const {
    if (!Await([=, this] { return ends_.size() >= n; })) {
      return {ws::CloseCode{0}, "no OnClose"};
    }
    const std::lock_guard lock(mutex_);
    return ends_[n - 1];
  }
  std::size_t opens() const { return Get(opens_); }
  std::size_t closes() const { return Get(ends_).size(); }
  std::vector<std::string> messages() const { return Get(messages_); }
  std::vector<std::string> pings() const { return Get(pings_); }
  std::vector<std::string> pongs() const { return Get(pongs_); }
  ws::SessionHandle last_handle() const { return Get(last_handle_); }

  void OnUpgrade(const ws::Request& request, ws::Response& response) override {
    if (on_upgrade) on_upgrade(request, response);
  }
  void OnConnect(ws::Session& session) override {
    if (on_connect) on_connect(session);
    Change([&] {
      ++opens_;
      last_handle_ = session.handle();
    });
  }
  void OnMessage(ws::Session& session, ws::Message message) override {
    Change([&] { messages_.emplace_back(message.text()); });
    if (on_message) return on_message(session, message);
    session.Send(message);
  }
  void OnPing(ws::Session& session, std::span<const std::byte> bytes) override {
    Change([&] { pings_.emplace_back(AsText(bytes)); });
    if (on_ping) on_ping(session);
  }
  void OnPong(ws::Session& session, std::span<const std::byte> bytes) override {
    Change([&] { pongs_.emplace_back(AsText(bytes)); });
    if (on_pong) on_pong(session);
  }
  void OnWritable(ws::Session& session) override {
    if (on_writable) on_writable(session);
  }
  void OnClose(ws::Session& session, ws::CloseCode code,
               std::string_view reason) override {
    Change([&] { ends_.push_back({code, std::string(reason)}); });
    if (on_close) on_close(session);
  }

 private:
  template <typename T>
  T Get(const T& member) const {
    const std::lock_guard lock(mutex_);
    return member;
  }
  template <typename Function>
  void Change(Function function) {
    const std::lock_guard lock(mutex_);
    function();
    changed_.notify_all();
  }
  template <typename Condition>
  bool Await(Condition condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::size_t opens_ = 0;
  std::vector<std::string> messages_;
  std::vector<std::string> pings_;
  std::vector<std::string> pongs_;
  std::vector<SessionEnd> ends_;
  ws::SessionHandle last_handle_;
};

// SessionTest: a test of WebSocket on each backend, with a server of its own.
class SessionTest : public ServerTest {
 protected:
  void Start(std::size_t num_loops = 1) {
    ServerOptions options = Options(num_loops);
    options.connection = connection_options;
    server = std::make_unique<ws::Server>(handler, std::move(options),
                                          session_options);
    const Status status = server->Start();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  // A connection of which the handshake is yet to be made.
  RawWebSocket Dial() { return RawWebSocket(ConnectTo(server->address())); }
  // One whose handshake has been made.
  RawWebSocket Open() {
    RawWebSocket client = Dial();
    EXPECT_TRUE(client.UpgradesWell());
    return client;
  }
  std::string Url(std::string_view target = "/") const {
    return "ws://" + server->address().ToString() + std::string(target);
  }

  ConnectionOptions connection_options;
  ws::Options session_options;
  SessionTally handler;
  std::unique_ptr<ws::Server> server;  // goes first
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_SESSION_TEST_H_
