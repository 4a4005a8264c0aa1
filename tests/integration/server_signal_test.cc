// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerSignalTest: StopOnSignals, each time in a process of its own.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "support/server_test.h"

namespace eddy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::Dial;
using test::TallyHandler;

class ServerSignalTest : public test::ServerTest {
 protected:
  ServerSignalTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  // Ends the process: with 0 if `is_right`.
  [[noreturn]] static void Leave(bool is_right) {
    std::fflush(nullptr);
    std::_Exit(is_right ? 0 : 1);
  }

  TallyHandler handler_;
};
EDDY_ON_USABLE_BACKENDS(ServerSignalTest);

const auto kCleanly = ::testing::ExitedWithCode(0);

TEST_P(ServerSignalTest, EitherSignalStopsTheServer) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          Server server(handler_, Options());
          bool is_right = server.StopOnSignals().ok();
          server.RunAfter(milliseconds(1), [signal] { std::raise(signal); });
          is_right = is_right && server.Run().ok();
          Leave(is_right);
        },
        kCleanly, "");
  }
}

TEST_P(ServerSignalTest, ItMayBeAskedForWhileTheServerRuns) {
  EXPECT_EXIT(
      {
        Server server(handler_, Options());
        bool is_right = server.Start().ok() && server.StopOnSignals().ok();
        std::raise(SIGTERM);
        is_right = is_right && server.Wait().ok();
        Leave(is_right);
      },
      kCleanly, "");
}

TEST_P(ServerSignalTest, ASecondSignalCutsTheDrain) {
  EXPECT_EXIT(
      {
        const std::string text = test::Pattern(std::size_t{24} << 20);
        handler_.on_connect = [&text](Connection& connection) {
          connection.Send(text);
        };
        Server server(handler_, Options());
        bool is_right =
            server.StopOnSignals(hours(1)).ok() && server.Start().ok();
        const auto client = Dial(server);
        is_right = is_right && handler_.AwaitConnects(1);
        std::raise(SIGTERM);
        // The drain has begun when the listener is closed.
        is_right = is_right && test::Eventually([&server] {
                     const auto late = Dial(server);
                     return test::AwaitReady(late.get(), POLLOUT) &&
                            os::TakeError(late.get()) == ECONNREFUSED;
                   });
        is_right = is_right && handler_.closes() == 0;
        std::raise(SIGINT);
        is_right = is_right && server.Wait().ok() && handler_.closes() == 1;
        Leave(is_right);
      },
      kCleanly, "");
}

TEST_P(ServerSignalTest, AfterTheServerSignalsDoWhatTheyDidBefore) {
  EXPECT_EXIT(
      {
        Server server(handler_, Options());
        static_cast<void>(server.StopOnSignals());
        static_cast<void>(server.Start());
        server.Stop();
        static_cast<void>(server.Wait());
        std::raise(SIGTERM);
        Leave(true);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

TEST_P(ServerSignalTest, SignalsAreLeftAloneByAServerThatCouldNotStart) {
  EXPECT_EXIT(
      {
        auto options = Options();
        options.address = "nonsense";
        Server server(handler_, std::move(options));
        static_cast<void>(server.StopOnSignals());
        static_cast<void>(server.Start());
        std::raise(SIGTERM);
        Leave(true);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

TEST_P(ServerSignalTest, SignalsAreLeftAloneByAServerThatWasStoppedBefore) {
  EXPECT_EXIT(
      {
        Server server(handler_, Options());
        static_cast<void>(server.StopOnSignals());
        server.Stop();
        std::raise(SIGTERM);
        Leave(true);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

TEST_P(ServerSignalTest, OneServerOfAProcessHasThem) {
  Server first(handler_, Options());
  Server second(handler_, Options());
  ASSERT_TRUE(first.StopOnSignals().ok());
  EXPECT_EQ(second.StopOnSignals().code(), Error::kInvalidArgument);
  EXPECT_EQ(first.StopOnSignals().code(), Error::kInvalidArgument);
}

TEST_P(ServerSignalTest, TheNextServerMayHaveThem) {
  for (int i = 0; i < 3; ++i) {
    Server server(handler_, Options());
    EXPECT_TRUE(server.StopOnSignals().ok());
    ASSERT_TRUE(server.Start().ok());
    server.Stop();
    EXPECT_TRUE(server.Wait().ok());
    EXPECT_EQ(server.StopOnSignals().code(), Error::kStopped);
  }
}

}  // namespace
}  // namespace eddy
