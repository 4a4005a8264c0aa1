// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerBalanceTest: which loop gets a connection.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/log_capture.h"
#include "support/server_test.h"

namespace eddy {
namespace {

using test::Dial;
using test::TallyHandler;

class ServerBalanceTest : public test::ServerTest {
 protected:
  // The counts of the loops in their order.
  std::vector<std::size_t> Counts(Server& server) const {
    const auto loops = handler_.loops();
    std::vector<std::size_t> counts;
    for (std::size_t i = 0; i < server.num_loops(); ++i) {
      const auto found = loops.find(&server.loop(i));
      counts.push_back(found == loops.end() ? 0 : found->second);
    }
    return counts;
  }
  // Opens `count` connections, one after the other.
  std::vector<UniqueFd> OpenSome(Server& server, std::size_t count) {
    std::vector<UniqueFd> clients;
    const std::size_t before = handler_.connects();
    for (std::size_t i = 1; i <= count; ++i) {
      clients.push_back(Dial(server));
      EXPECT_TRUE(handler_.AwaitConnects(before + i));
    }
    return clients;
  }

  TallyHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerBalanceTest);

TEST_P(ServerBalanceTest, NineConnectionsInTurnOnFourLoops) {
  Server server(handler_, Options(4));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 9);
  ASSERT_TRUE(handler_.AwaitConnects(9));
  EXPECT_EQ(Counts(server), (std::vector<std::size_t>{3, 2, 2, 2}));
}

TEST_P(ServerBalanceTest, LeastConnectionsFillsAllLoopsEvenly) {
  auto options = Options(4);
  options.load_balance = LoadBalance::kLeastConnections;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = test::DialMany(server, 200);
  ASSERT_TRUE(handler_.AwaitConnects(200));
  EXPECT_EQ(Counts(server), (std::vector<std::size_t>{50, 50, 50, 50}));
}

TEST_P(ServerBalanceTest, LeastConnectionsFillsUpTheLoopThatLostSome) {
  auto options = Options(3);
  options.load_balance = LoadBalance::kLeastConnections;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  auto clients = OpenSome(server, 9);
  EXPECT_EQ(Counts(server), (std::vector<std::size_t>{3, 3, 3}));
  // Every third one went to loop 1.
  for (const std::size_t i : {1U, 4U, 7U}) clients[i].Reset();
  ASSERT_TRUE(handler_.AwaitCloses(3));
  ASSERT_TRUE(test::Eventually([&] { return server.connection_count() == 6; }));
  const auto more = OpenSome(server, 3);
  EXPECT_EQ(Counts(server), (std::vector<std::size_t>{3, 6, 3}));
}

TEST_P(ServerBalanceTest, SourceHashGivesAllOfAHostToOneLoop) {
  auto options = Options(4);
  options.load_balance = LoadBalance::kSourceHash;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = OpenSome(server, 20);
  EXPECT_EQ(handler_.loops().size(), 1U);
}

#if defined(__linux__)
TEST_P(ServerBalanceTest, SourceHashSpreadsHostsOverTheLoops) {
  auto options = Options(2);
  options.load_balance = LoadBalance::kSourceHash;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  std::vector<UniqueFd> clients;
  for (std::uint8_t host = 1; host <= 64; ++host) {
    clients.push_back(*os::CreateSocket(Address::Family::kIpv4));
    const os::SocketAddress from(Address::Ipv4({127, 0, 0, host}, 0));
    ASSERT_EQ(::bind(clients.back().get(), from.get(), from.size), 0);
    const os::SocketAddress to(server.address());
    ::connect(clients.back().get(), to.get(), to.size);
  }
  ASSERT_TRUE(handler_.AwaitConnects(64));
  const auto counts = Counts(server);
  EXPECT_GE(*std::ranges::min_element(counts), 10U);
}
#endif

TEST_P(ServerBalanceTest, ARuleOfOnesOwnDecides) {
  auto options = Options(3);
  options.choose_loop = [](const Address& peer, std::span<const LoopLoad>) {
    EXPECT_EQ(peer.family(), Address::Family::kIpv4);
    return std::size_t{2};
  };
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = OpenSome(server, 5);
  EXPECT_EQ(Counts(server), (std::vector<std::size_t>{0, 0, 5}));
}

TEST_P(ServerBalanceTest, ARuleThatFailsIsLoggedAndCountedAndNobodyIsLost) {
  const test::LogCapture log;
  auto options = Options(2);
  options.choose_loop = [](const Address&,
                           std::span<const LoopLoad>) -> std::size_t {
    throw std::runtime_error("undecided");
  };
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  const auto clients = OpenSome(server, 4);
  EXPECT_EQ(Counts(server), (std::vector<std::size_t>{2, 2}));
  EXPECT_EQ(server.stats().exception_count, 4U);
  EXPECT_EQ(log.Count("undecided"), 4U);
}

}  // namespace
}  // namespace eddy
