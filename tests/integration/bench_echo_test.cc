// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Bench echo tests: the raw baselines and the peers echo what they should, or
// nothing that is measured against them would mean anything.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "integration/example_test.h"

namespace eddy {
namespace {

using test::BenchPath;
using test::ChildProcess;
using test::Client;
using test::ServerProcess;

// Those that were built.
std::vector<std::string> EchoServers() {
  std::istringstream names(EDDY_BENCH_ECHO_SERVERS);
  std::vector<std::string> servers;
  for (std::string name; names >> name;) servers.push_back(name);
  return servers;
}

// Whether what it echoes are messages of WebSocket.
bool SpeaksWebSocket(const std::string& server) {
  return server.ends_with("ws_echo");
}

// EchoPair: what a client sends, and what comes back of it.
struct EchoPair {
  std::string sent;
  std::string echo;
};

// Messages of WebSocket are masked, if only with zeros, and echoes are not.
EchoPair EchoPairFor(const std::string& server) {
  if (!SpeaksWebSocket(server)) return {"x", "x"};
  const std::string text(4096, 'x');
  const std::string begin = {'\x82', '\x7e', '\x10', '\0'};
  EchoPair pair{begin + std::string(4, '\0') + text, begin + text};
  pair.sent[1] = '\xfe';
  return pair;
}

// A connection on which messages can be sent.
Client ConnectFor(const std::string& server, const Address& address) {
  Client client(address);
  if (!SpeaksWebSocket(server)) return client;
  client.Send(
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(client.ReadLine().starts_with("HTTP/1.1 101 "));
  while (client.ReadLine().size() > 1) {
  }
  return client;
}

// Sends `text` again and again, until `size` bytes are sent or the server takes
// no more for a while. Returns how many were sent.
std::size_t SendUntilStuck(int fd, const std::string& text, std::size_t size) {
  constexpr int kStuckMilliseconds = 300;
  std::string block;
  while (block.size() < 64 * 1024) block += text;
  std::size_t sent = 0;
  pollfd room{fd, POLLOUT, 0};
  while (sent < size && ::poll(&room, 1, kStuckMilliseconds) == 1) {
    const std::size_t at = sent % block.size();
    const ssize_t result =
        ::send(fd, block.data() + at, std::min(block.size() - at, size - sent),
               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (result < 0 && errno != EAGAIN) break;
    sent += static_cast<std::size_t>(std::max<ssize_t>(0, result));
  }
  return sent;
}

std::string NameOf(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

class BenchEchoTest : public ::testing::TestWithParam<std::string> {
 protected:
  static ServerProcess Start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--port", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ServerProcess(BenchPath(GetParam()), arguments);
  }

  // Has every byte compared that comes back for `messages` messages.
  static void ExpectEchoes(ServerProcess& server, const std::string& size,
                           const std::string& depth,
                           const std::string& messages) {
    std::vector<std::string> arguments = {
        "--connect", server.address().ToString(),
        "--verify",  "--connections",
        "20",        "--size",
        size,        "--depth",
        depth,       "--messages",
        messages,    "--warmup",
        "0",         "--timeout",
        "30",        "--json",
        "-"};
    if (SpeaksWebSocket(GetParam())) arguments.push_back("--ws");
    ChildProcess load(BenchPath("eddy_load"), arguments);
    const auto exit = load.WaitExit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 0)
        << size << " at depth " << depth << ": " << exit->errors;
  }
};

TEST_P(BenchEchoTest, EchoesSizesAndDepths) {
  auto server = Start();
  for (const std::string depth : {"1", "16"}) {
    ExpectEchoes(server, "1", depth, "2000");
    ExpectEchoes(server, "64", depth, "2000");
    ExpectEchoes(server, "4095", depth, "2000");
    ExpectEchoes(server, "64k", depth, "400");
    ExpectEchoes(server, "1m", depth, "40");
  }
  server.StopWith(SIGINT);
}

TEST_P(BenchEchoTest, StopsAtSigtermWithConnectionsOpen) {
  auto server = Start();
  const EchoPair pair = EchoPairFor(GetParam());
  Client client = ConnectFor(GetParam(), server.address());
  client.Send(pair.sent);
  EXPECT_EQ(client.Read(pair.echo.size()), pair.echo);
  server.StopWith(SIGTERM);
}

TEST_P(BenchEchoTest, DoesNotReadFromAReaderThatStalls) {
  constexpr std::size_t kMoreThanBuffers = 64 * 1024 * 1024;
  auto server = Start();
  const EchoPair pair = EchoPairFor(GetParam());
  Client client = ConnectFor(GetParam(), server.address());
  const std::size_t sent =
      SendUntilStuck(client.fd(), pair.sent, kMoreThanBuffers);
  EXPECT_LT(sent, kMoreThanBuffers);
  const std::size_t expected = sent / pair.sent.size() * pair.echo.size();
  EXPECT_EQ(client.Read(expected).size(), expected);
  server.StopWith(SIGINT);
}

INSTANTIATE_TEST_SUITE_P(Of, BenchEchoTest, ::testing::ValuesIn(EchoServers()),
                         NameOf);

class PeerTest : public BenchEchoTest {};

TEST_P(PeerTest, RunsOnSeveralLoops) {
  auto server = Start({"--loops", "2"});
  ExpectEchoes(server, "64", "1", "2000");
  server.StopWith(SIGINT);
}

TEST_P(PeerTest, RefusesBadArguments) {
  ChildProcess peer(BenchPath(GetParam()), {"--loops", "0"});
  const auto exit = peer.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 2);
  EXPECT_NE(exit->errors, "");
}

std::vector<std::string> Peers() {
  std::vector<std::string> peers = EchoServers();
  std::erase_if(peers,
                [](const auto& name) { return name.starts_with("raw"); });
  return peers;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PeerTest);
INSTANTIATE_TEST_SUITE_P(Of, PeerTest, ::testing::ValuesIn(Peers()), NameOf);

}  // namespace
}  // namespace eddy
