// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example program tests: what all example programs have in common.

#include <algorithm>
#include <tuple>

#include "integration/example_test.h"

namespace eddy {
namespace {

using test::ChildProcess;
using test::Client;
using test::ExamplePath;
using test::ExampleProcess;

const std::vector<std::string> kExamples = {"async_send",    "echo",
                                            "idle_timeout",  "length_prefixed",
                                            "line_chat",     "max_connections",
                                            "push",          "slow_consumers",
                                            "tcp_proxy",     "watcher_echo",
                                            "watcher_proxy", "watcher_push"};

// Runs a program that does not serve, to its end.
ChildProcess::Exit RunToEnd(const std::string& name,
                            const std::vector<std::string>& arguments) {
  ChildProcess child(ExamplePath(name), arguments);
  auto exit = child.WaitExit();
  EXPECT_TRUE(exit.has_value()) << name << " does not end";
  return exit.value_or(ChildProcess::Exit());
}

std::string NameOfExample(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

class ExampleProgramTest : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Of, ExampleProgramTest, ::testing::ValuesIn(kExamples),
                         NameOfExample);

TEST_P(ExampleProgramTest, ExplainsItsOptions) {
  const auto exit = RunToEnd(GetParam(), {"--help"});
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(exit.errors, "");
  EXPECT_EQ(exit.output.rfind(GetParam() + ": ", 0), 0U) << exit.output;
  for (const auto* option : {"--port", "--loops", "--backend"}) {
    EXPECT_NE(exit.output.find(option), std::string::npos) << exit.output;
  }
}

TEST_P(ExampleProgramTest, RefusesArgumentsThatAreWrong) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--unknown"},        {"stray"},          {"--port", "70000"},
      {"--port", "-1"},     {"--port", "abc"},  {"--port"},
      {"--loops", "abc"},   {"--loops", "-1"},  {"--loops"},
      {"--backend", "foo"}, {"--backend", "1"}, {"--backend"}};
  for (const auto& arguments : wrong) {
    const auto exit = RunToEnd(GetParam(), arguments);
    EXPECT_EQ(exit.code, 2) << arguments.front();
    EXPECT_EQ(exit.output, "");
    // The complaint names what is wrong.
    for (const auto& argument : arguments) {
      EXPECT_NE(exit.errors.find(argument), std::string::npos) << exit.errors;
    }
  }
}

TEST_P(ExampleProgramTest, SaysThatThePortIsTaken) {
  ExampleProcess first(GetParam(), {"--port", "0"});
  const auto exit =
      RunToEnd(GetParam(), {"--port", std::to_string(first.address().port())});
  EXPECT_EQ(exit.code, 1);
  EXPECT_EQ(exit.output, "");
  EXPECT_NE(exit.errors.find("Address already in use"), std::string::npos)
      << exit.errors;
}

TEST_P(ExampleProgramTest, SaysWhyABackendIsNotThere) {
  const auto usable = test::UsableBackends();
  for (const Backend backend :
       {Backend::kEpoll, Backend::kKqueue, Backend::kIoUring}) {
    if (std::find(usable.begin(), usable.end(), backend) != usable.end()) {
      continue;
    }
    const std::string name(ToString(backend));
    const auto exit = RunToEnd(GetParam(), {"--port", "0", "--backend", name});
    EXPECT_EQ(exit.code, 1);
    EXPECT_EQ(exit.output, "");
    EXPECT_NE(exit.errors.find(name), std::string::npos) << exit.errors;
  }
}

// Of an example, a backend and the signal that stops it.
using SignalParam = std::tuple<std::string, Backend, int>;

std::string NameOfSignalTest(
    const ::testing::TestParamInfo<SignalParam>& info) {
  const auto& [example, backend, signal] = info.param;
  return example + '_' + std::string(ToString(backend)) +
         (signal == SIGINT ? "_SIGINT" : "_SIGTERM");
}

class ExampleSignalTest : public ::testing::TestWithParam<SignalParam> {};
INSTANTIATE_TEST_SUITE_P(
    Of, ExampleSignalTest,
    ::testing::Combine(::testing::ValuesIn(kExamples),
                       ::testing::ValuesIn(test::UsableBackends()),
                       ::testing::Values(SIGINT, SIGTERM)),
    NameOfSignalTest);

TEST_P(ExampleSignalTest, StopsWellWithClients) {
  const auto& [example, backend, signal] = GetParam();
  const std::string name(ToString(backend));
  ExampleProcess server(example,
                        {"--port", "0", "--loops", "2", "--backend", name});
  EXPECT_EQ(server.intro(), "running on " + name + ", worker loops: 2");
  const Client first(server.address());
  const Client second(server.address());
  server.StopWith(signal);
}

}  // namespace
}  // namespace eddy
