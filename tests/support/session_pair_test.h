// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionPairTest: a test of WebSocket clients, with a server or without.

#ifndef EDDY_SUPPORT_SESSION_PAIR_TEST_H_
#define EDDY_SUPPORT_SESSION_PAIR_TEST_H_

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/session_test.h"

namespace eddy::test {

// SessionOutcome: what Connects told.
class SessionOutcome {
 public:
  ws::ConnectCallback Callback() {
    return [this](Result<ws::SessionHandle> result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  bool Await(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience,
                             [&] { return results_.size() >= count; });
  }
  Status status() {
    if (!Await()) return Status(Error::kTimeout, "nothing was told");
    const std::lock_guard lock(mutex_);
    return results_.front().status();
  }
  ws::SessionHandle handle() {
    if (!status().ok()) return {};
    const std::lock_guard lock(mutex_);
    return *results_.front();
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return results_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Result<ws::SessionHandle>> results_;
};

class SessionPairTest : public SessionTest {
 protected:
  SessionPairTest() {
    tally.on_message = [](ws::Session&, ws::Message) {};
  }
  void StartClient() {
    ClientOptions options;
    options.backend = GetParam();
    client =
        std::make_unique<ws::Client>(tally, options, client_session_options);
    const Status status = client->Start();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  void StartBoth() {
    Start();
    StartClient();
  }
  ConnectId Connect(std::string_view url, ws::ConnectOptions options = {}) {
    return client->Connect(url, std::move(options), outcome.Callback());
  }
  // A server that is not ours: accepts the client's connection and its request.
  RawWebSocket AcceptRaw(std::string* request = nullptr) {
    AwaitReady(listener.get(), POLLIN);
    RawWebSocket peer(UniqueFd(os::AcceptFrom(listener.get()).fd));
    const std::string head = peer.ReadHead();
    if (request != nullptr) *request = head;
    key = head.substr(head.find("Sec-WebSocket-Key: ") + 19, 24);
    return peer;
  }
  std::string RawUrl() const {
    return "ws://" + os::LocalAddress(listener.get()).ToString() + "/raw?q";
  }

  ws::Options client_session_options;
  SessionTally tally;
  SessionOutcome outcome;
  UniqueFd listener = ListenOnLoopback();
  std::string key;
  std::unique_ptr<ws::Client> client;  // goes first
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_SESSION_PAIR_TEST_H_
