// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadBalancerTest: the rules, and rules of one's own that go wrong.

#include "net/load_balancer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/idle_poller.h"
#include "support/log_capture.h"

namespace eddy {
namespace {

using internal::LoadBalancer;

Address Peer(unsigned host, unsigned port = 1000) {
  return Address::Ipv4({127, 0, static_cast<std::uint8_t>(host >> 8),
                        static_cast<std::uint8_t>(host)},
                       static_cast<std::uint16_t>(port));
}

class LoadBalancerTest : public ::testing::Test {
 protected:
  LoadBalancer Make(LoadBalance rule, LoopChooser chooser = nullptr) {
    return {*manual_.loop, rule, std::move(chooser)};
  }

  test::ManualLoop manual_;
  std::vector<LoopLoad> loads_{4};
};

TEST_F(LoadBalancerTest, RoundRobinTakesEachLoopInTurn) {
  auto balancer = Make(LoadBalance::kRoundRobin);
  std::vector<LoopLoad> loads(100);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(balancer.Choose(Peer(1), loads), i % 100);
  }
}

TEST_F(LoadBalancerTest, LeastConnectionsTakesTheFirstOfTheLeast) {
  auto balancer = Make(LoadBalance::kLeastConnections);
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::vector<LoopLoad> loads(1 + random() % 100);
    for (auto& load : loads) load.connection_count = 1 + random() % 10;
    const std::size_t choice = balancer.Choose(Peer(1), loads);
    ASSERT_LT(choice, loads.size());
    for (std::size_t k = 0; k < loads.size(); ++k) {
      const auto least = loads[choice].connection_count;
      ASSERT_GE(loads[k].connection_count, least);
      ASSERT_TRUE(k >= choice || loads[k].connection_count > least);
    }
  }
}

TEST_F(LoadBalancerTest, SourceHashIsOfTheHostAlone) {
  auto balancer = Make(LoadBalance::kSourceHash);
  for (unsigned host = 0; host < 100; ++host) {
    const std::size_t choice = balancer.Choose(Peer(host, 1), loads_);
    for (unsigned port = 2; port < 20; ++port) {
      EXPECT_EQ(balancer.Choose(Peer(host, port), loads_), choice);
    }
  }
}

TEST_F(LoadBalancerTest, SourceHashSpreadsHosts) {
  auto balancer = Make(LoadBalance::kSourceHash);
  std::array<int, 4> counts{};
  for (unsigned host = 0; host < 4000; ++host) {
    ++counts.at(balancer.Choose(Peer(host), loads_));
  }
  for (const int count : counts) {
    EXPECT_GT(count, 800);
    EXPECT_LT(count, 1200);
  }
}

TEST_F(LoadBalancerTest, ARuleOfOnesOwnSeesThePeerAndTheLoads) {
  loads_[2].connection_count = 7;
  auto balancer = Make(LoadBalance::kRoundRobin,
                       [](const Address& peer, std::span<const LoopLoad> all) {
                         EXPECT_EQ(peer, Peer(9));
                         EXPECT_EQ(all.size(), 4U);
                         return all[2].connection_count == 7 ? 3U : 0U;
                       });
  EXPECT_EQ(balancer.Choose(Peer(9), loads_), 3U);
}

TEST_F(LoadBalancerTest, AnAnswerThatIsNoLoopIsLoggedAndTheLoopsTakeTurns) {
  const test::LogCapture log;
  auto balancer = Make(
      LoadBalance::kRoundRobin,
      [](const Address&, std::span<const LoopLoad> all) { return all.size(); });
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(balancer.Choose(Peer(1), loads_), i % 4);
  }
  EXPECT_EQ(log.Count("choose_loop answered 4, there are 4 loops"), 8U);
}

TEST_F(LoadBalancerTest, AnExceptionIsLoggedAndCountedAndTheLoopsTakeTurns) {
  const test::LogCapture log;
  auto balancer =
      Make(LoadBalance::kRoundRobin,
           [](const Address&, std::span<const LoopLoad>) -> std::size_t {
             throw std::runtime_error("undecided");
           });
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(balancer.Choose(Peer(1), loads_), i % 4);
  }
  EXPECT_EQ(log.Count("an exception left a choose_loop: undecided"), 8U);
  EXPECT_EQ(manual_.loop->exception_count(), 8U);
}

}  // namespace
}  // namespace eddy
