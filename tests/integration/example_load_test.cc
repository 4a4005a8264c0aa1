// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example load tests: the load generator against the servers it is meant for.

#include <cstdlib>

#include "integration/example_test.h"

namespace eddy {
namespace {

using test::BenchPath;
using test::ChildProcess;
using test::ServerProcess;

// The number that stands after "name": in `json`; -1 if none does.
double NumberIn(const std::string& json, const std::string& name) {
  const std::string key = '"' + name + "\":";
  const std::size_t at = json.find(key);
  return at == std::string::npos
             ? -1
             : std::strtod(json.c_str() + at + key.size(), nullptr);
}

// Loads `server` for 200 ms.
void ExpectItBearsLoad(ServerProcess& server) {
  ChildProcess load(
      BenchPath("eddy_load"),
      {"--connect", server.address().ToString(), "--connections", "8",
       "--duration", "0.2", "--warmup", "0.02", "--verify", "--server-pid",
       std::to_string(server.child().pid()), "--json", "-"});
  const auto exit = load.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 0) << exit->errors;
  EXPECT_GT(NumberIn(exit->output, "messages"), 0) << exit->output;
  EXPECT_GT(NumberIn(exit->output, "server_cpu_ns_per_message"), 0);
  EXPECT_EQ(NumberIn(exit->output, "connections_lost"), 0);
}

class ExampleLoadTest : public test::ExampleTest {};
EDDY_ON_USABLE_BACKENDS(ExampleLoadTest);

TEST_P(ExampleLoadTest, EchoBearsLoad) {
  auto server = Start("echo");
  ExpectItBearsLoad(server);
  server.StopWith(SIGINT);
}

TEST(LoadTest, TellsWakeupsAndTheLatencyDistribution) {
  ServerProcess server(BenchPath("raw_epoll_echo"), {"--port", "0"});
  // At this rate the server sleeps between messages, unless it is starved.
  ChildProcess load(
      BenchPath("eddy_load"),
      {"--connect", server.address().ToString(), "--connections", "1", "--rate",
       "100", "--messages", "20", "--warmup", "0", "--server-pid",
       std::to_string(server.child().pid()), "--json", "-"});
  const auto exit = load.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 0) << exit->errors;
  EXPECT_GT(NumberIn(exit->output, "messages_per_wakeup"), 0) << exit->output;
  const double median = NumberIn(exit->output, "50");
  EXPECT_GT(median, 0) << exit->output;
  EXPECT_GE(NumberIn(exit->output, "99.99"), median) << exit->output;
  server.StopWith(SIGINT);
}

}  // namespace
}  // namespace eddy
