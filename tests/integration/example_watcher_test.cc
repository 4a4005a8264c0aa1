// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example watcher tests: what the examples with watchers do.

#include <poll.h>

#include <cstdio>
#include <deque>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "integration/example_test.h"
#include "os/socket.h"
#include "support/client_test.h"
#include "support/pattern.h"

namespace eddy {
namespace {

using test::Client;
using test::ExampleProcess;
using test::Pattern;

class ExampleWatcherTest : public test::ExampleTest {
 protected:
  ExampleProcess StartProxy(const Address& to) {
    return Start("watcher_proxy", {"--to", to.ToString()});
  }
};
EDDY_ON_USABLE_BACKENDS(ExampleWatcherTest);

TEST_P(ExampleWatcherTest, EchoSendsBackWhateverComesOnAnyLoop) {
  auto server = Start("watcher_echo");
  for (std::size_t i = 0; i < 20; ++i) {
    Client client(server.address());
    const std::string text = Pattern(100'000, i);
    std::thread sender([&] { client.Send(text); });
    EXPECT_EQ(client.Read(text.size()), text);
    sender.join();
    os::ShutdownWrite(client.fd());
    EXPECT_TRUE(client.ReadToEnd());
  }
}

TEST_P(ExampleWatcherTest, PushSendsEachLineToEveryone) {
  auto server = Start("watcher_push", {"--period-ms", "5"});
  Client clients[] = {Client(server.address()), Client(server.address())};
  for (Client& client : clients) {
    client.Send("it does not listen to this");
    unsigned first = 0;
    ASSERT_EQ(std::sscanf(client.ReadLine().c_str(), "line %u", &first), 1);
    // One that was not taken in time may be left out, but none comes twice.
    for (int i = 0; i < 5; ++i) {
      unsigned next = 0;
      ASSERT_EQ(std::sscanf(client.ReadLine().c_str(), "line %u", &next), 1);
      EXPECT_GT(next, first);
      first = next;
    }
  }
}

TEST_P(ExampleWatcherTest, ProxyPassesOnBytesAndEnds) {
  auto echo = Start("watcher_echo");
  auto proxy = StartProxy(echo.address());
  Client client(proxy.address());
  const std::string text = Pattern(1'000'000);
  std::thread sender([&] {
    client.Send(text);
    os::ShutdownWrite(client.fd());
  });
  EXPECT_EQ(client.Read(text.size()), text);
  EXPECT_TRUE(client.ReadToEnd());
  sender.join();
}

TEST_P(ExampleWatcherTest, ProxyRefusesWhomItCannotPassOn) {
  const UniqueFd mute = test::BindOnLoopback();
  auto proxy = StartProxy(os::LocalAddress(mute.get()));
  Client client(proxy.address());
  client.ReadToEnd();
  EXPECT_TRUE(client.HasNothing());
  EXPECT_NE(proxy.child().errors().ReadLine().value_or("").find("refused"),
            std::string::npos);
}

// Each waits for those before it; the last would be out of patience.
TEST_P(ExampleWatcherTest, ProxyIsNotHeldUpForLongByAServerThatDoesNotAnswer) {
  const test::CrowdedListener crowded;
  ExampleProcess proxy("watcher_proxy",
                       {"--port", "0", "--loops", "1", "--backend",
                        std::string(ToString(GetParam())), "--to",
                        crowded.address().ToString()});
  std::deque<Client> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(proxy.address());
  EXPECT_TRUE(clients.back().ReadToEnd());
  EXPECT_NE(proxy.StopWith(SIGTERM).find("timed out"), std::string::npos);
}

// Resident memory in KiB.
long ResidentSize(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    long size = 0;
    if (std::sscanf(line.c_str(), "VmRSS: %ld", &size) == 1) return size;
  }
  return 0;
}

TEST_P(ExampleWatcherTest, ProxyHoldsNothingForASlowDestination) {
  const UniqueFd listener = test::ListenOnLoopback();
  auto proxy = StartProxy(os::LocalAddress(listener.get()));
  Client source(proxy.address());
  ASSERT_TRUE(test::AwaitReady(listener.get(), POLLIN));
  const UniqueFd sink(os::AcceptFrom(listener.get()).fd);
  source.Send("x");
  ASSERT_EQ(test::ReadAll(sink.get(), 1), "x");
  const long before = ResidentSize(proxy.child().pid());
  const std::string text = Pattern(std::size_t{64} << 20);
  std::size_t sent = 0;
  const auto send_what_is_taken = [&] {
    pollfd ready{source.fd(), POLLOUT, 0};
    while (sent < text.size() && ::poll(&ready, 1, 300) == 1) {
      sent += test::WriteSome(source.fd(), std::string_view(text).substr(sent));
    }
  };
  send_what_is_taken();
  EXPECT_LT(sent, text.size()) << "somebody holds all of it";
  const long during = ResidentSize(proxy.child().pid());
  std::thread sender([&] {
    while (sent < text.size()) send_what_is_taken();
  });
  const std::string received = test::ReadAll(sink.get(), text.size());
  sender.join();
  const long after = ResidentSize(proxy.child().pid());
  EXPECT_TRUE(received == text);
  // Sanitizers add some of their own.
  constexpr long kSlackKib = 16 << 10;
  EXPECT_LT(during - before, kSlackKib);
  EXPECT_LT(after - before, kSlackKib);
}

}  // namespace
}  // namespace eddy
