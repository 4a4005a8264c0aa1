// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientTest: what tests of clients share.

#ifndef EDDY_SUPPORT_CLIENT_TEST_H_
#define EDDY_SUPPORT_CLIENT_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eddy/client.h"
#include "support/scripted_handler.h"
#include "support/server_test.h"

namespace eddy::test {

// Outcome: what one Connect, or several, told.
//
// Thread: any.
class Outcome {
 public:
  // A callback that tells this; it may outlive it.
  ConnectCallback Callback() {
    return [state = state_](Result<ConnectionHandle> result) {
      const std::lock_guard lock(state->mutex);
      state->results.push_back(std::move(result));
      state->changed.notify_all();
    };
  }
  std::size_t count() const {
    const std::lock_guard lock(state_->mutex);
    return state_->results.size();
  }
  // Waits until `count` were told. False: out of patience.
  bool Await(std::size_t count = 1) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(
        lock, kPatience, [&] { return state_->results.size() >= count; });
  }
  // Waits for the first and returns its failure; ok if there was none.
  Status status() const {
    if (!Await()) return Status(Error::kTimeout, "nothing was told");
    const std::lock_guard lock(state_->mutex);
    return state_->results.front().status();
  }
  // Waits for the first and returns the handle; one of nothing if it failed.
  ConnectionHandle handle() const {
    if (!status().ok()) return {};
    const std::lock_guard lock(state_->mutex);
    return *state_->results.front();
  }
  // How many were told of a failure.
  std::size_t failures() const {
    const std::lock_guard lock(state_->mutex);
    return static_cast<std::size_t>(std::ranges::count_if(
        state_->results, [](const auto& result) { return !result; }));
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Result<ConnectionHandle>> results;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// A handler whose messages go nowhere, for clients of echo servers.
inline void Swallow(Connection&, RingBuffer& input) { input.Clear(); }

// ClientTest: a client, and an echo server for it. At the end both are stopped,
// and each OnConnect must have had its OnClose.
class ClientTest : public ServerTest {
 protected:
  ClientTest() : server_options(Options(1)) {
    client_options.backend = GetParam();
    handler.on_message = Swallow;
  }
  ~ClientTest() override {
    Stop();
    EXPECT_EQ(handler.connects(), handler.closes());
    EXPECT_EQ(served.connects(), served.closes());
  }

  void StartServer() {
    server.emplace(served, std::move(server_options));
    server_options = Options(1);
    const Status status = server->Start();
    ASSERT_TRUE(status.ok()) << status.message();
    address = server->address().ToString();
  }
  // A client with loops of its own.
  void StartClient() {
    client.emplace(handler, client_options);
    const Status status = client->Start();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  void Start() {
    StartServer();
    StartClient();
  }
  // Ends both. For tests whose callbacks use what is theirs alone.
  void Stop() {
    client.reset();
    server.reset();
  }

  // Connects to the server and waits for what comes of it.
  Outcome Connect(ConnectOptions options = {}) {
    Outcome outcome;
    EXPECT_TRUE(
        client->Connect(address, std::move(options), outcome.Callback()));
    EXPECT_TRUE(outcome.Await());
    return outcome;
  }

  ScriptedHandler served;   // the server's
  ScriptedHandler handler;  // the client's
  ServerOptions server_options;
  ClientOptions client_options;
  std::optional<Server> server;
  std::optional<eddy::Client> client;
  std::string address;
};

// CrowdedListener: listens, does not accept, and has no room for more.
class CrowdedListener {
 public:
  CrowdedListener()
      : listener_(
            Unwrap(os::Listen(Address::Ipv4({127, 0, 0, 1}, 0), {.backlog = 1}),
                   "listen")) {
    for (int i = 0; i < 16; ++i) clients_.push_back(ConnectTo(address()));
    // The first of them have been connected, and so fill it.
    AwaitReady(clients_.front().get(), POLLOUT);
    AwaitReady(listener_.get(), POLLIN);
  }

  Address address() const { return os::LocalAddress(listener_.get()); }

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> clients_;
};

// Options for trying again soon.
inline ConnectOptions RetrySoon() {
  ConnectOptions options;
  options.retry = RetryOptions{.initial_delay = std::chrono::milliseconds(1),
                               .max_delay = std::chrono::milliseconds(5)};
  return options;
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_CLIENT_TEST_H_
