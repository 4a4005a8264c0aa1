// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ListenerTest: Accept and Dial.

#include "eddy/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "eddy/dial.h"
#include "os/socket.h"
#include "support/self_connect.h"
#include "support/socket_pair.h"

namespace eddy::test {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<Listener> Listen(std::string_view address,
                                 ListenerOptions options = {}) {
  return Unwrap(Listener::Create(address, options), "listen");
}

TEST(ListenerTest, ADialIsAccepted) {
  const std::string path =
      "unix:@eddy-listener-test-" + std::to_string(::getpid());
  for (const std::string& address :
       {std::string("127.0.0.1:0"), std::string("[::1]:0"), path}) {
    auto listener = Listen(address);
    const UniqueFd ours = Unwrap(Dial(listener->address().ToString()), "dial");
    const UniqueFd theirs = Unwrap(listener->Accept(), "accept");
    for (const UniqueFd* fd : {&ours, &theirs}) {
      EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
      EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
    }
    WriteAll(ours.get(), "hello");
    EXPECT_EQ(ReadAll(theirs.get(), 5), "hello");
  }
}

TEST(ListenerTest, AcceptWaits) {
  auto listener = Listen("127.0.0.1:0");
  std::thread dialer(
      [&] { EXPECT_TRUE(Dial(listener->address().ToString())); });
  EXPECT_TRUE(listener->Accept(kPatience));
  dialer.join();
}

TEST(ListenerTest, AcceptEndsWithItsTime) {
  auto listener = Listen("127.0.0.1:0");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(listener->Accept(milliseconds(10)).status().code(),
            Error::kTimeout);
  EXPECT_GE(std::chrono::steady_clock::now(), begin + milliseconds(10));
  EXPECT_EQ(listener->Accept(milliseconds(0)).status().code(), Error::kTimeout);
}

TEST(ListenerTest, CloseEndsEveryAccept) {
  auto listener = Listen("127.0.0.1:0");
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back(
        [&] { EXPECT_EQ(listener->Accept().status().code(), Error::kClosed); });
  }
  listener->Close();
  listener->Close();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(listener->Accept().status().code(), Error::kClosed);
  EXPECT_EQ(Dial(listener->address().ToString()).status().code(),
            std::errc::connection_refused);
}

TEST(ListenerTest, ListenersMayShareAPort) {
  auto first = Listen("127.0.0.1:0", {.reuse_port = true});
  const std::string address = first->address().ToString();
  auto second = Listen(address, {.reuse_port = true});
  EXPECT_EQ(second->address(), first->address());
  EXPECT_EQ(Listener::Create(address).status().code(),
            std::errc::address_in_use);
}

TEST(ListenerTest, AUnixPathGoesWithItsListener) {
  const std::string path =
      "/tmp/eddy-listener-test-" + std::to_string(::getpid());
  auto listener = Listen("unix:" + path);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  listener.reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(ListenerTest, WhatIsNoAddressIsRefused) {
  EXPECT_EQ(Listener::Create("nonsense").status().code(),
            Error::kInvalidArgument);
  EXPECT_EQ(Dial("nonsense").status().code(), Error::kInvalidArgument);
}

TEST(DialTest, ARefusalIsToldAtOnce) {
  const UniqueFd mute = BindOnLoopback();
  const std::string address = os::LocalAddress(mute.get()).ToString();
  const Status status = Dial(address).status();
  EXPECT_EQ(status.code(), std::errc::connection_refused);
  EXPECT_NE(status.message().find("connect to " + address), std::string::npos)
      << status.message();
}

// The system may choose the very port that nobody listens on.
TEST(DialTest, AConnectionToItselfIsARefusal) {
  const SelfConnect in_force;
  const std::string address = SelfConnect::address().ToString();
  const Status status = Dial(address).status();
  EXPECT_EQ(status.code(), std::errc::connection_refused);
  EXPECT_NE(status.message().find("connect to " + address), std::string::npos)
      << status.message();
}

TEST(DialTest, AListenerThatIsFullMakesItTimeOut) {
  const UniqueFd full = BindOnLoopback();
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const Address address = os::LocalAddress(full.get());
  std::vector<UniqueFd> crowd;
  for (int i = 0; i < 3; ++i) crowd.push_back(ConnectTo(address));
  const auto begin = std::chrono::steady_clock::now();
  const auto dialed = Dial(address.ToString(), {.timeout = milliseconds(20)});
  EXPECT_EQ(dialed.status().code(), Error::kTimeout);
  EXPECT_GE(std::chrono::steady_clock::now(), begin + milliseconds(20));
}

// Nothing tells when the backlog of a unix listener has room again.
TEST(DialTest, AUnixListenerThatIsFullIsWaitedFor) {
  const std::string name = "unix:@eddy-dial-test-" + std::to_string(::getpid());
  auto listener = Listen(name, {.backlog = 1});
  std::vector<UniqueFd> crowd;
  for (;;) {
    auto dialed = Dial(name, {.timeout = milliseconds(1)});
    if (!dialed) {
      EXPECT_EQ(dialed.status().code(), Error::kTimeout);
      break;
    }
    crowd.push_back(*std::move(dialed));
  }
  std::thread dialer([&] { EXPECT_TRUE(Dial(name, {.timeout = kPatience})); });
  for (std::size_t i = 0; i <= crowd.size(); ++i) {
    EXPECT_TRUE(listener->Accept(kPatience));
  }
  dialer.join();
}

TEST(DialTest, NoDelayIsAnOption) {
  auto listener = Listen("127.0.0.1:0");
  for (const bool on : {true, false}) {
    const UniqueFd fd =
        Unwrap(Dial(listener->address().ToString(), {.no_delay = on}), "dial");
    int value = -1;
    socklen_t size = sizeof(value);
    ASSERT_EQ(::getsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &value, &size),
              0);
    EXPECT_EQ(value != 0, on);
  }
}

}  // namespace
}  // namespace eddy::test
