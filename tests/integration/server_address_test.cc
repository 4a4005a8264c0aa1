// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerAddressTest: where a server listens, and the sockets it accepts.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "support/server_test.h"

namespace eddy {
namespace {

using test::ConnectTo;
using test::Dial;
using test::Exchange;
using test::TallyHandler;

class ServerAddressTest : public test::ServerTest {
 protected:
  // Starts a server on `address`.
  Status Start(const std::string& address) {
    auto options = Options(1);
    options.address = address;
    server_ = std::make_unique<Server>(handler_, std::move(options));
    return server_->Start();
  }
  // What the server sees as the peer of `client`.
  Address PeerOf(const UniqueFd& client) {
    EXPECT_EQ(Exchange(client, "x"), "x");
    const auto addresses = std::make_shared<std::promise<Address>>();
    server_->ForEach([addresses](Connection& connection) {
      addresses->set_value(connection.peer_address());
    });
    return addresses->get_future().get();
  }

  TallyHandler handler_;
  std::unique_ptr<Server> server_;
};
EDDY_ON_USABLE_BACKENDS(ServerAddressTest);

Address Loopback6(std::uint16_t port) {
  return *Address::Parse("[::1]:" + std::to_string(port));
}

TEST_P(ServerAddressTest, APortAloneServesIpv4AndIpv6) {
  ASSERT_TRUE(Start(":0").ok());
  const auto port = server_->address().port();
  EXPECT_EQ(Exchange(ConnectTo(Address::Ipv4({127, 0, 0, 1}, port)), "four"),
            "four");
  EXPECT_EQ(Exchange(ConnectTo(Loopback6(port)), "six"), "six");
}

TEST_P(ServerAddressTest, AnIpv6AddressServesIpv6) {
  ASSERT_TRUE(Start("[::1]:0").ok());
  EXPECT_EQ(Exchange(Dial(*server_), "six"), "six");
}

TEST_P(ServerAddressTest, PeersThatAreMappedIntoIpv6AreShownAsIpv4) {
  ASSERT_TRUE(Start(":0").ok());
  const auto client =
      ConnectTo(Address::Ipv4({127, 0, 0, 1}, server_->address().port()));
  EXPECT_EQ(PeerOf(client), os::LocalAddress(client.get()));
  EXPECT_EQ(PeerOf(client).family(), Address::Family::kIpv4);
}

TEST_P(ServerAddressTest, TheListenersPortIsFreeAfterTheServer) {
  ASSERT_TRUE(Start("127.0.0.1:0").ok());
  const std::string address = server_->address().ToString();
  server_.reset();
  EXPECT_TRUE(Start(address).ok());
}

// ---- Unix sockets -----------------------------------------------------------

class ServerUnixTest : public ServerAddressTest {
 protected:
  ServerUnixTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "eddy-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~ServerUnixTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path path() const { return folder_ / "socket"; }
  std::string address() const { return "unix:" + path().string(); }

 private:
  std::filesystem::path folder_;
};
EDDY_ON_USABLE_BACKENDS(ServerUnixTest);

TEST_P(ServerUnixTest, APathIsServedAndUnlinkedAtTheEnd) {
  ASSERT_TRUE(Start(address()).ok());
  EXPECT_EQ(server_->address().ToString(), address());
  EXPECT_EQ(Exchange(Dial(*server_), "hello"), "hello");
  EXPECT_TRUE(std::filesystem::exists(path()));
  server_->Stop();
  EXPECT_TRUE(server_->Wait().ok());
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_P(ServerUnixTest, AnAbstractNameIsServed) {
  const std::string name = "unix:@eddy-test-" + std::to_string(::getpid());
  ASSERT_TRUE(Start(name).ok());
  EXPECT_EQ(server_->address().ToString(), name);
  EXPECT_EQ(Exchange(Dial(*server_), "hello"), "hello");
}

TEST_P(ServerUnixTest, AStalePathIsReplaced) {
  {
    const auto stale = os::Listen(Address::Unix(path().string()), {});
    ASSERT_TRUE(stale);
  }
  ASSERT_TRUE(std::filesystem::exists(path()));
  ASSERT_TRUE(Start(address()).ok());
  EXPECT_EQ(Exchange(Dial(*server_), "hello"), "hello");
}

TEST_P(ServerUnixTest, ALivePathIsRefusedAndLeftAlone) {
  ASSERT_TRUE(Start(address()).ok());
  {
    TallyHandler handler;
    auto options = Options(1);
    options.address = address();
    Server second(handler, std::move(options));
    const Status status = second.Start();
    EXPECT_EQ(status.code(), std::errc::address_in_use);
    EXPECT_NE(status.message().find("listen on unix:"), std::string::npos);
  }
  EXPECT_EQ(Exchange(Dial(*server_), "hello"), "hello");
}

TEST_P(ServerUnixTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path()) << "precious";
  EXPECT_EQ(Start(address()).code(), std::errc::address_in_use);
  server_.reset();
  std::string text;
  std::ifstream(path()) >> text;
  EXPECT_EQ(text, "precious");
}

// ---- Accepted sockets -------------------------------------------------------

// The server's end of the connection of `client`, found in this process.
int ServersEnd(const UniqueFd& client) {
  const Address local = os::LocalAddress(client.get());
  for (int fd = 0; fd < 1024; ++fd) {
    if (fd != client.get() && os::PeerAddress(fd) == local) return fd;
  }
  return -1;
}

int Option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

TEST_P(ServerAddressTest, AcceptedSocketsDoNotBlockAndAreClosedOnExec) {
  ASSERT_TRUE(Start("127.0.0.1:0").ok());
  const auto client = Dial(*server_);
  EXPECT_EQ(Exchange(client, "hello"), "hello");
  const int fd = ServersEnd(client);
  ASSERT_GE(fd, 0);
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(Option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(Option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_P(ServerAddressTest, NoDelayAndKeepAliveAreAsTheOptionsSay) {
  auto options = Options(1);
  options.connection.no_delay = false;
  options.connection.keep_alive = true;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto client = Dial(server);
  EXPECT_EQ(Exchange(client, "hello"), "hello");
  const int fd = ServersEnd(client);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(Option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_P(ServerAddressTest, WithReusePortEveryWorkerListens) {
  auto options = Options(3);
  options.reuse_port = true;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 150);
  for (const auto& client : clients) {
    EXPECT_EQ(Exchange(client, "hello"), "hello");
  }
  EXPECT_EQ(handler_.loops().size(), 3U);
  server.Stop();
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(handler_.closes(), 150U);
}

TEST_P(ServerAddressTest, WithReusePortAPortAloneServesIpv4AndIpv6) {
  auto options = Options(2);
  options.address = ":0";
  options.reuse_port = true;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto port = server.address().port();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Exchange(ConnectTo(Address::Ipv4({127, 0, 0, 1}, port)), "four"),
              "four");
    EXPECT_EQ(Exchange(ConnectTo(Loopback6(port)), "six"), "six");
  }
}

}  // namespace
}  // namespace eddy
