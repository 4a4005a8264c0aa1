// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerTest: what tests of servers share.

#ifndef EDDY_SUPPORT_SERVER_TEST_H_
#define EDDY_SUPPORT_SERVER_TEST_H_

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "eddy/eddy.h"
#include "support/backends.h"
#include "support/socket_pair.h"

namespace eddy::test {

// TallyHandler: echoes, and counts what happens. Hooks come before the counts.
//
// Thread: hooks are set before the server starts; the rest any.
class TallyHandler : public Handler {
 public:
  std::function<void(Connection&)> on_connect;
  std::function<void(Connection&, RingBuffer&)> on_message;  // instead of echo
  std::function<void(Connection&)> on_close;

  std::size_t connects() const {
    const std::lock_guard lock(mutex_);
    return connects_;
  }
  std::size_t closes() const { return reasons().size(); }
  // Why connections closed, in order.
  std::vector<Status> reasons() const {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }
  // How many connections each loop got.
  std::map<EventLoop*, std::size_t> loops() const {
    const std::lock_guard lock(mutex_);
    return loops_;
  }
  // Wait until so many connections were opened, or closed, since the start.
  bool AwaitConnects(std::size_t count) {
    return Await([=, this] { return connects_ >= count; });
  }
  bool AwaitCloses(std::size_t count) {
    return Await([=, this] { return reasons_.size() >= count; });
  }

  void OnConnect(Connection& connection) override {
    if (on_connect) on_connect(connection);
    Change([&] {
      ++connects_;
      ++loops_[&connection.loop()];
    });
  }
  void OnMessage(Connection& connection, RingBuffer& input) override {
    if (on_message) return on_message(connection, input);
    connection.Send(input);
  }
  void OnClose(Connection& connection, const Status& reason) override {
    if (on_close) on_close(connection);
    Change([&] { reasons_.push_back(reason); });
  }

 private:
  template <typename Function>
  void Change(Function function) {
    const std::lock_guard lock(mutex_);
    function();
    changed_.notify_all();
  }
  template <typename Condition>
  bool Await(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t connects_ = 0;
  std::map<EventLoop*, std::size_t> loops_;
  std::vector<Status> reasons_;
};

// A client of `server`, connected or about to be.
inline UniqueFd Dial(const Server& server) {
  return ConnectTo(server.address());
}

inline std::vector<UniqueFd> DialMany(const Server& server, std::size_t count) {
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < count; ++i) clients.push_back(Dial(server));
  return clients;
}

// Sends `text` and reads as much back.
inline std::string Exchange(const UniqueFd& client, std::string_view text) {
  AwaitReady(client.get(), POLLOUT);
  if (!WriteAll(client.get(), text)) return "(not sent)";
  return ReadAll(client.get(), text.size());
}

// Reads all that comes until the stream is over. How it was over: kOpen if
// patience was.
inline Stream AwaitEnd(const UniqueFd& client, std::string* text = nullptr) {
  std::string ignored;
  std::string& target = text != nullptr ? *text : ignored;
  for (;;) {
    if (!AwaitReady(client.get(), POLLIN)) return Stream::kOpen;
    const Stream stream = ReadSome(client.get(), target);
    if (stream != Stream::kOpen) return stream;
  }
}

// Looks again and again until `condition()` holds. For what nobody tells.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// ServerTest: a test of servers on each backend.
class ServerTest : public ::testing::TestWithParam<Backend> {
 protected:
  ServerOptions Options(std::size_t num_loops = 2) const {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.num_loops = num_loops;
    options.backend = GetParam();
    return options;
  }
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_SERVER_TEST_H_
