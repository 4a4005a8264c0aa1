// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerLimitsTest: servers at their limits of connections and descriptors.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/descriptors.h"
#include "support/faulty_syscalls.h"
#include "support/log_capture.h"
#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::Dial;
using test::Exchange;
using test::FaultySyscalls;
using test::Stream;
using test::TallyHandler;

// Counts the connections that are open at a time.
class CrowdHandler final : public TallyHandler {
 public:
  CrowdHandler() {
    on_connect = [this](Connection&) {
      const int present = ++present_;
      int most = most_;
      while (present > most && !most_.compare_exchange_weak(most, present)) {
      }
    };
    on_close = [this](Connection&) { --present_; };
  }
  int most() const { return most_; }

 private:
  std::atomic<int> present_ = 0;
  std::atomic<int> most_ = 0;
};

class ServerLimitsTest : public test::ServerTest {
 protected:
  // Serves 30 clients of whom no more than `limit` fit in, one after the other.
  void ServeAll(ServerOptions options, int most) {
    constexpr std::size_t kClients = 30;
    Server server(handler_, std::move(options));
    ASSERT_TRUE(server.Start().ok());
    std::vector<UniqueFd> clients = test::DialMany(server, kClients);
    // None is turned away: each is served when others have gone.
    while (!clients.empty()) {
      const auto served = std::ranges::find_if(clients, [](const auto& client) {
        test::WriteSome(client.get(), "x");
        std::string text;
        return test::ReadSome(client.get(), text) == Stream::kOpen &&
               !text.empty();
      });
      if (served != clients.end()) clients.erase(served);
    }
    ASSERT_TRUE(handler_.AwaitCloses(kClients));
    EXPECT_EQ(handler_.connects(), kClients);
    EXPECT_LE(handler_.most(), most);
  }

  CrowdHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerLimitsTest);

TEST_P(ServerLimitsTest, NeverMoreThanMaxConnectionsAreAccepted) {
  auto options = Options();
  options.max_connections = 3;
  ServeAll(std::move(options), 3);
}

TEST_P(ServerLimitsTest, WithReusePortEachLoopMayPassTheLimitByOne) {
  auto options = Options();
  options.max_connections = 3;
  options.reuse_port = true;
  ServeAll(std::move(options), 3 + 2);
}

TEST_P(ServerLimitsTest, OneThatWaitsIsNotAcceptedUntilAnotherCloses) {
  auto options = Options();
  options.max_connections = 1;
  Server server(handler_, std::move(options));
  ASSERT_TRUE(server.Start().ok());
  auto first = Dial(server);
  ASSERT_TRUE(handler_.AwaitConnects(1));
  const auto second = Dial(server);
  ASSERT_TRUE(test::AwaitReady(second.get(), POLLOUT));
  EXPECT_EQ(Exchange(first, "first"), "first");
  EXPECT_EQ(server.stats().accepted_count, 1U);
  first.Reset();
  EXPECT_EQ(Exchange(second, "second"), "second");
  EXPECT_EQ(server.connection_count(), 1U);
}

// ---- Descriptors ------------------------------------------------------------

TEST_P(ServerLimitsTest, WithoutDescriptorsPeersAreShedAndTheRestIsUnharmed) {
  const test::LogCapture log;
  Server server(handler_, Options());
  ASSERT_TRUE(server.Start().ok());
  const auto present = Dial(server);
  EXPECT_EQ(Exchange(present, "before"), "before");
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(*os::CreateSocket(Address::Family::kIpv4));
  }
  const os::SocketAddress name(server.address());
  {
    const test::DescriptorLimit limit(2);
    for (const auto& client : clients) {
      ::connect(client.get(), name.get(), name.size);
    }
    ASSERT_TRUE(
        test::Eventually([&] { return server.stats().shed_count == 8; }));
    EXPECT_EQ(Exchange(present, "meanwhile"), "meanwhile");
    EXPECT_EQ(log.Count("accepting pauses"), 1U);
  }
  EXPECT_EQ(server.connection_count(), 3U);
  // Those that were shed know.
  int ended = 0;
  for (const auto& client : clients) {
    std::string text;
    test::AwaitReady(client.get(), POLLOUT);
    if (test::ReadSome(client.get(), text) != Stream::kOpen) ++ended;
  }
  EXPECT_EQ(ended, 8);
  EXPECT_EQ(Exchange(Dial(server), "after"), "after");
}

class ServerStarvedRealTimeTest : public test::ServerTest {};
EDDY_ON_USABLE_BACKENDS(ServerStarvedRealTimeTest);

nanoseconds ProcessTime() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

TEST_P(ServerStarvedRealTimeTest, WantOfDescriptorsCostsLittleAndPasses) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    const test::LogCapture log;
    TallyHandler handler;
    Server server(handler, Options());
    ASSERT_TRUE(server.Start().ok());
    const auto present = Dial(server);
    EXPECT_EQ(Exchange(present, "before"), "before");
    UniqueFd waiting;
    {
      // Not even the reserve helps.
      FaultySyscalls faults;
      faults.Add(FaultySyscalls::Call::kAccept, {.error = error});
      waiting = Dial(server);
      const nanoseconds before = ProcessTime();
      std::this_thread::sleep_for(milliseconds(500));
      EXPECT_LE(ProcessTime() - before, milliseconds(25));
      EXPECT_GE(faults.fault_count(), 2U);
      EXPECT_EQ(Exchange(present, "meanwhile"), "meanwhile");
    }
    EXPECT_EQ(log.Count("accepting pauses"), 1U);
    EXPECT_EQ(Exchange(waiting, "after"), "after");
  }
}

}  // namespace
}  // namespace eddy
