// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerStartTest: how a server starts, and why it does not.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/no_threads.h"
#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Dial;
using test::Exchange;
using test::TallyHandler;

class ServerStartTest : public test::ServerTest {};
EDDY_ON_USABLE_BACKENDS(ServerStartTest);

TEST_P(ServerStartTest, ServesOnEveryLoop) {
  TallyHandler handler;
  Server server(handler, Options(2));
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(server.backend(), GetParam());
  EXPECT_EQ(server.num_loops(), 2U);
  const auto clients = test::DialMany(server, 4);
  for (const auto& client : clients) {
    EXPECT_EQ(Exchange(client, "hello"), "hello");
  }
  EXPECT_EQ(handler.loops().size(), 2U);
}

TEST_P(ServerStartTest, RunServesUntilStop) {
  TallyHandler handler;
  Server server(handler, Options());
  server.RunAfter(milliseconds(1), [&server] { server.Stop(); });
  EXPECT_TRUE(server.Run().ok());
}

TEST_P(ServerStartTest, CannotBeStartedTwice) {
  TallyHandler handler;
  Server server(handler, Options());
  ASSERT_TRUE(server.Start().ok());
  const Status status = server.Start();
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  EXPECT_EQ(Exchange(Dial(server), "still there"), "still there");
}

TEST_P(ServerStartTest, CannotBeStartedOnceItHasStopped) {
  TallyHandler handler;
  Server server(handler, Options());
  ASSERT_TRUE(server.Start().ok());
  server.Stop();
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(server.Start().code(), Error::kStopped);
}

TEST_P(ServerStartTest, WaitWithoutStartSaysSo) {
  TallyHandler handler;
  Server server(handler, Options());
  EXPECT_EQ(server.Wait().code(), Error::kInvalidArgument);
}

TEST_P(ServerStartTest, PortZeroIsResolved) {
  TallyHandler handler;
  Server server(handler, Options());
  ASSERT_TRUE(server.Start().ok());
  EXPECT_NE(server.address().port(), 0);
  EXPECT_EQ(server.address().family(), Address::Family::kIpv4);
}

TEST_P(ServerStartTest, APortInUseIsNamed) {
  TallyHandler handler;
  Server first(handler, Options());
  ASSERT_TRUE(first.Start().ok());
  auto options = Options();
  options.address = first.address().ToString();
  Server second(handler, std::move(options));
  const Status status = second.Start();
  EXPECT_EQ(status.code(), std::errc::address_in_use);
  EXPECT_EQ(status.message().find("listen on 127.0.0.1:"), 0U)
      << status.message();
  // The start that failed did the first one no harm.
  EXPECT_EQ(Exchange(Dial(first), "hello"), "hello");
}

TEST_P(ServerStartTest, AnAddressThatCannotBeParsedIsNamed) {
  TallyHandler handler;
  auto options = Options();
  options.address = "nonsense";
  Server server(handler, std::move(options));
  const Status status = server.Start();
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  EXPECT_NE(status.message().find("nonsense"), std::string::npos);
}

TEST(ServerStartErrorTest, AForcedBackendThatIsNotThereIsNamed) {
  const auto usable = test::UsableBackends();
  for (const Backend backend :
       {Backend::kEpoll, Backend::kKqueue, Backend::kIoUring}) {
    if (std::ranges::count(usable, backend) != 0) continue;
    TallyHandler handler;
    Server server(handler, {.address = "127.0.0.1:0", .backend = backend});
    const Status status = server.Start();
    EXPECT_EQ(status.code(), Error::kUnsupported);
    EXPECT_NE(status.message().find(ToString(backend)), std::string::npos);
    EXPECT_EQ(server.backend(), Backend::kAuto);
  }
}

// ---- Options that contradict each other -------------------------------------

struct BadOption {
  std::string name;
  std::string cause;  // occurs in the message
  std::function<void(ServerOptions&)> set;
};

class ServerOptionsTest : public ::testing::TestWithParam<BadOption> {};

TEST_P(ServerOptionsTest, AreRefusedWithTheCause) {
  TallyHandler handler;
  ServerOptions options;
  options.address = "127.0.0.1:0";
  options.num_loops = 1;
  GetParam().set(options);
  Server server(handler, std::move(options));
  const Status status = server.Start();
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  EXPECT_NE(status.message().find(GetParam().cause), std::string::npos)
      << status.message();
}

std::size_t ChooseFirst(const Address&, std::span<const LoopLoad>) { return 0; }

const std::vector<BadOption> kBadOptions = {
    {"ReusePortAndRule", "reuse_port",
     [](ServerOptions& options) {
       options.reuse_port = true;
       options.load_balance = LoadBalance::kRoundRobin;
     }},
    {"ReusePortAndChooser", "reuse_port",
     [](ServerOptions& options) {
       options.reuse_port = true;
       options.choose_loop = ChooseFirst;
     }},
    {"RuleAndChooser", "choose_loop",
     [](ServerOptions& options) {
       options.load_balance = LoadBalance::kSourceHash;
       options.choose_loop = ChooseFirst;
     }},
    {"ReusePortAndUnix", "reuse_port",
     [](ServerOptions& options) {
       options.reuse_port = true;
       options.address = "unix:@eddy-reuse-port";
     }},
    {"Watermarks", "low_watermark_bytes",
     [](ServerOptions& options) {
       options.connection.low_watermark_bytes = 2;
       options.connection.high_watermark_bytes = 1;
     }},
    {"Backlog", "backlog", [](ServerOptions& options) { options.backlog = 0; }},
    {"Tick", "timer_tick",
     [](ServerOptions& options) { options.timer_tick = milliseconds(0); }},
    {"IdleTimeout", "idle_timeout",
     [](ServerOptions& options) { options.idle_timeout = -seconds(1); }},
    {"Spin", "spin",
     [](ServerOptions& options) { options.spin = -seconds(1); }},
    {"WriteStallTimeout", "write_stall_timeout",
     [](ServerOptions& options) {
       options.connection.write_stall_timeout = -seconds(1);
     }},
    {"HalfCloseTimeout", "half_close_timeout",
     [](ServerOptions& options) {
       options.connection.half_close_timeout = -seconds(1);
     }},
    {"LingerTimeout", "linger_timeout",
     [](ServerOptions& options) {
       options.connection.linger_timeout = -seconds(1);
     }},
    {"CloseTimeout", "close_timeout",
     [](ServerOptions& options) {
       options.connection.close_timeout = -seconds(1);
     }},
    {"HandshakeTimeout", "handshake_timeout",
     [](ServerOptions& options) {
       options.connection.handshake_timeout = -seconds(1);
     }},
};

INSTANTIATE_TEST_SUITE_P(Bad, ServerOptionsTest,
                         ::testing::ValuesIn(kBadOptions),
                         [](const auto& bad) { return bad.param.name; });

// ---- Handlers for each loop -------------------------------------------------

TEST_P(ServerStartTest, TheFactoryMakesAHandlerForEachLoop) {
  // Echoes on the one loop that it was made for.
  class OwnHandler final : public Handler {
   public:
    explicit OwnHandler(EventLoop& loop) : loop_(loop) {}
    void OnMessage(Connection& connection, RingBuffer& input) override {
      EXPECT_EQ(&connection.loop(), &loop_);
      EXPECT_TRUE(loop_.IsInLoopThread());
      ++messages_;  // by one thread: TSan would tell
      connection.Send(input);
    }

   private:
    EventLoop& loop_;
    int messages_ = 0;
  };
  std::vector<EventLoop*> made_for;
  Server server(
      [&](EventLoop& loop) {
        made_for.push_back(&loop);
        return std::make_unique<OwnHandler>(loop);
      },
      Options(3));
  ASSERT_TRUE(server.Start().ok());
  ASSERT_EQ(made_for.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(made_for[i], &server.loop(i));
  }
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(Exchange(Dial(server), "hello"), "hello");
  }
}

TEST_P(ServerStartTest, AFactoryThatMakesNothingIsAnError) {
  Server server([](EventLoop&) { return std::unique_ptr<Handler>(); },
                Options());
  EXPECT_EQ(server.Start().code(), Error::kInvalidArgument);
}

TEST_P(ServerStartTest, NoFactoryIsAnError) {
  Server server(Server::HandlerFactory(), Options());
  EXPECT_EQ(server.Start().code(), Error::kInvalidArgument);
}

TEST_P(ServerStartTest, AFactoryThatThrowsIsAnError) {
  Server server(
      [](EventLoop&) -> std::unique_ptr<Handler> {
        throw std::runtime_error("no handler today");
      },
      Options());
  const Status status = server.Start();
  EXPECT_EQ(status.code(), Error::kHandlerFailed);
  EXPECT_NE(status.message().find("no handler today"), std::string::npos);
}

#if defined(__GLIBC__)
TEST_P(ServerStartTest, AThreadThatCannotBeHadIsAnErrorAndThePortIsFree) {
  TallyHandler handler;
  std::string address;
  for (const bool reuse_port : {false, true}) {
    auto options = Options();
    options.reuse_port = reuse_port;
    if (!address.empty()) options.address = address;
    int called = 0;
    Server server(handler, std::move(options));
    EXPECT_TRUE(server.loop(0).Post([&called] { ++called; }).ok());
    const test::NoThreads no_threads;
    EXPECT_EQ(server.Start().code(), std::errc::resource_unavailable_try_again);
    address = server.address().ToString();
    server.ForEach([&called](Connection&) { ++called; });
    server.Stop();
    EXPECT_EQ(server.Wait().code(), server.Start().code());
  }
}
#endif

// ---- A server that could not start ------------------------------------------

TEST_P(ServerStartTest, WaitAndStopOnSignalsTellWhatStartTold) {
  TallyHandler handler;
  for (const bool is_found_by_constructor : {false, true}) {
    auto options = Options();
    if (is_found_by_constructor) {
      options.backlog = 0;
    } else {
      options.address = "nonsense";
    }
    Server server(handler, std::move(options));
    const Status status = server.Start();
    ASSERT_EQ(status.code(), Error::kInvalidArgument);
    EXPECT_EQ(server.Wait().message(), status.message());
    server.Stop();
    EXPECT_EQ(server.Wait().message(), status.message());
    EXPECT_EQ(server.StopOnSignals().message(), status.message());
  }
}

TEST_P(ServerStartTest, AStartThatCameAfterStopIsNoFailureToWait) {
  TallyHandler handler;
  Server server(handler, Options());
  server.Stop();
  EXPECT_EQ(server.Start().code(), Error::kStopped);
  EXPECT_TRUE(server.Wait().ok());
  EXPECT_EQ(server.StopOnSignals().code(), Error::kStopped);
}

// ---- What was asked of a server that never ran ------------------------------

TEST_P(ServerStartTest, ForgetsWhatItWasAskedForIfItNeverStarts) {
  TallyHandler handler;
  int called = 0;
  {
    Server server(handler, Options());
    server.RunAfter(milliseconds(0), [&called] { ++called; });
    server.ForEach([&called](Connection&) { ++called; });
    EXPECT_TRUE(server.StopOnSignals().ok());
    server.Stop();
    server.ForEach([&called](Connection&) { ++called; });
    server.Broadcast(Payload(std::string_view("to nobody")));
  }
  EXPECT_EQ(called, 0);
}

TEST_P(ServerStartTest, ForgetsWhatItWasAskedForIfItCannotStart) {
  TallyHandler handler;
  int called = 0;
  {
    auto options = Options();
    options.address = "nonsense";
    Server server(handler, std::move(options));
    EXPECT_TRUE(server.StopOnSignals().ok());
    const Status status = server.Start();
    EXPECT_EQ(status.code(), Error::kInvalidArgument);
    server.ForEach([&called](Connection&) { ++called; });
    EXPECT_EQ(server.StopOnSignals().code(), status.code());
  }
  EXPECT_EQ(called, 0);
}

TEST_P(ServerStartTest, TasksOfItsLoopsRunAlsoIfItNeverStarts) {
  TallyHandler handler;
  int called = 0;
  {
    Server server(handler, Options());
    EXPECT_TRUE(server.loop(0)
                    .Post([&] {
                      // All of the server is there.
                      called += server.num_loops() == 2 ? 1 : 0;
                      called += server.stats().accepted_count == 0 ? 1 : 0;
                    })
                    .ok());
  }
  EXPECT_EQ(called, 2);
}

}  // namespace
}  // namespace eddy
