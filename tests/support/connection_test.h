// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionTest: a test of a server's connections, run on every backend.

#ifndef EDDY_SUPPORT_CONNECTION_TEST_H_
#define EDDY_SUPPORT_CONNECTION_TEST_H_

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "eddy/options.h"
#include "eddy/server.h"
#include "support/scripted_handler.h"
#include "support/server_test.h"
#include "support/socket_pair.h"

namespace eddy::test {

// The share of one processor that the whole process takes during `wall`.
inline double CpuShare(std::chrono::nanoseconds wall) {
  const auto used = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto before = used();
  std::this_thread::sleep_for(wall);
  return std::chrono::duration<double>(used() - before) /
         std::chrono::duration<double>(wall);
}

// ConnectionTest: options and handler are set, then Start is called. At the end
// the server is stopped, and every OnConnect must have had its OnClose.
class ConnectionTest : public ServerTest {
 protected:
  ConnectionTest() : options(Options(1)) {}
  ~ConnectionTest() override {
    Stop();
    EXPECT_EQ(handler.connects(), handler.closes());
  }

  void Start() { StartWith(handler); }
  void StartWith(Handler& of) {
    server.emplace(of, std::move(options));
    options = Options(1);
    const Status status = server->Start();
    ASSERT_TRUE(status.ok()) << status.message();
    address = server->address();
  }
  void Stop() {
    if (!server) return;
    server->Stop();
    EXPECT_TRUE(server->Wait().ok());
    server.reset();
  }

  // A client whose connect has succeeded; the server may not know of it yet.
  UniqueFd Connect() {
    UniqueFd fd = ConnectTo(address);
    EXPECT_TRUE(AwaitReady(fd.get(), POLLOUT));
    EXPECT_EQ(os::TakeError(fd.get()), 0);
    return fd;
  }
  // The same, and OnConnect has returned.
  UniqueFd ConnectAndAwait() {
    const int before = handler.connects();
    UniqueFd fd = Connect();
    EXPECT_TRUE(Eventually([&] { return handler.connects() > before; }));
    return fd;
  }
  // Calls `function` on the newest connection's loop and waits for its end.
  // False: the connection was gone.
  bool OnConnection(std::function<void(Connection&)> function) {
    return On(handler.handle(), std::move(function));
  }
  static bool On(const ConnectionHandle& handle,
                 std::function<void(Connection&)> function) {
    auto done = std::make_shared<std::promise<void>>();
    auto over = done->get_future();
    const Status posted =
        handle.Post([call = std::move(function),
                     promise = std::move(done)](Connection& connection) {
          call(connection);
          promise->set_value();
        });
    if (!posted.ok()) return false;
    try {
      over.get();
    } catch (const std::future_error&) {
      return false;  // destroyed uncalled
    }
    return true;
  }

  ScriptedHandler handler;
  ServerOptions options;
  std::optional<Server> server;
  Address address;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_CONNECTION_TEST_H_
