// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example client tests: the proxy, and the programs that connect.

#include <fcntl.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "integration/example_test.h"
#include "support/client_test.h"
#include "support/receive_budget.h"

namespace eddy::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepsMemory = true;  // after its release, and shadows of it
#else
constexpr bool kKeepsMemory = false;
#endif

// Input: what a child reads: a file, or the end of a pipe.
struct Input {
  UniqueFd child_end;
  UniqueFd our_end;
};

Input InputByPipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Input InputByFile(const std::string& text) {
  std::string path = "/tmp/eddy-input-XXXXXX";
  const UniqueFd file(::mkstemp(path.data()));
  std::ofstream(path) << text;
  Input input;
  input.child_end = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ::unlink(path.c_str());
  return input;
}

void WriteInput(UniqueFd to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(to.get(), text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

class ExampleClientTest : public ExampleTest {
 protected:
  // echo_client, which connects to `address`.
  static ChildProcess::Exit RunEchoClient(const std::string& address,
                                          const Input& input,
                                          const std::string& backend) {
    ChildProcess child(ExamplePath("echo_client"),
                       {address, "--timeout", "1", "--backend", backend},
                       input.child_end.get());
    auto exit = child.WaitExit();
    EXPECT_TRUE(exit.has_value()) << "it does not end";
    return exit.value_or(ChildProcess::Exit());
  }
  ChildProcess::Exit RunEchoClient(const std::string& address,
                                   const Input& input) const {
    return RunEchoClient(address, input, BackendName());
  }
  std::string BackendName() const { return std::string(ToString(GetParam())); }
};
EDDY_ON_USABLE_BACKENDS(ExampleClientTest);

// ---- echo_client ------------------------------------------------------------

TEST_P(ExampleClientTest, EchoClientSendsAFileAndGetsItBack) {
  auto server = Start("echo");
  for (const std::size_t size : {0U, 10U, 5U << 20}) {
    const std::string text = Pattern(size);
    const auto exit =
        RunEchoClient(server.address().ToString(), InputByFile(text));
    EXPECT_EQ(exit.code, 0) << exit.errors;
    EXPECT_TRUE(exit.output == text) << exit.output.size();
    EXPECT_EQ(exit.errors, "");
  }
}

TEST_P(ExampleClientTest, EchoClientSendsAPipeAndGetsItBack) {
  auto server = Start("echo");
  const std::string text = Pattern(8 << 20);
  Input input = InputByPipe();
  std::thread writer([&] { WriteInput(std::move(input.our_end), text); });
  const auto exit = RunEchoClient(server.address().ToString(), input);
  writer.join();
  EXPECT_EQ(exit.code, 0) << exit.errors;
  EXPECT_TRUE(exit.output == text) << exit.output.size();
}

TEST_P(ExampleClientTest, EchoClientAnswersWhileItsInputIsOpen) {
  auto server = Start("echo");
  Input input = InputByPipe();
  ChildProcess child(ExamplePath("echo_client"),
                     {server.address().ToString(), "--backend", BackendName()},
                     input.child_end.get());
  ASSERT_EQ(::write(input.our_end.get(), "hello\n", 6), 6);
  EXPECT_EQ(child.output().ReadLine(), "hello");
  ASSERT_EQ(::write(input.our_end.get(), "again\n", 6), 6);
  EXPECT_EQ(child.output().ReadLine(), "again");
  input.our_end.Reset();
  const auto exit = child.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 0) << exit->errors;
}

TEST_P(ExampleClientTest, EchoClientIsHeldBackByAServerThatDoesNotRead) {
  const UniqueFd listener = ListenOnLoopback();
  Input input = InputByPipe();
  ::fcntl(input.our_end.get(), F_SETFL, O_NONBLOCK);
  ChildProcess child(
      ExamplePath("echo_client"),
      {os::LocalAddress(listener.get()).ToString(), "--backend", BackendName()},
      input.child_end.get());
  ASSERT_TRUE(AwaitReady(listener.get(), POLLIN));
  const UniqueFd peer(os::AcceptFrom(listener.get()).fd);
  // What goes in is what the system holds, and a mark's worth.
  constexpr std::size_t kMuch = std::size_t{64} << 20;
  const std::string block(1 << 16, 'x');
  std::size_t written = 0;
  pollfd room{input.our_end.get(), POLLOUT, 0};
  while (written < kMuch && ::poll(&room, 1, 300) == 1) {
    const ssize_t count =
        ::write(input.our_end.get(), block.data(), block.size());
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  EXPECT_LT(written, kMuch);
  // Read, it goes on.
  input.our_end.Reset();
  EXPECT_EQ(ReadAll(peer.get(), written).size(), written);
  std::string rest;
  EXPECT_EQ(AwaitEnd(peer, &rest), Stream::kEnded);
  EXPECT_EQ(rest, "");
}

TEST_P(ExampleClientTest, EchoClientsExitCodesTellTheCause) {
  const UniqueFd mute = BindOnLoopback();
  const auto refused =
      RunEchoClient(os::LocalAddress(mute.get()).ToString(), InputByFile("x"));
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.errors.find("Connection refused"), std::string::npos)
      << refused.errors;

  const CrowdedListener crowded;
  const auto late =
      RunEchoClient(crowded.address().ToString(), InputByFile("x"));
  EXPECT_EQ(late.code, 3);
  EXPECT_NE(late.errors.find("timed out"), std::string::npos) << late.errors;

  const UniqueFd listener = ListenOnLoopback();
  std::thread dropper([&] {
    AwaitReady(listener.get(), POLLIN);
    UniqueFd peer(os::AcceptFrom(listener.get()).fd);
    AwaitReady(peer.get(), POLLIN);  // it knows that it is connected
    Reset(std::move(peer));
  });
  const Input never_ends = InputByPipe();
  ASSERT_EQ(::write(never_ends.our_end.get(), "x", 1), 1);
  const auto lost =
      RunEchoClient(os::LocalAddress(listener.get()).ToString(), never_ends);
  dropper.join();
  EXPECT_EQ(lost.code, 4) << lost.errors;
}

TEST(ExampleClientProgramTest, EchoClientExplainsItself) {
  ChildProcess helped(ExamplePath("echo_client"), {"--help"});
  const auto help = helped.WaitExit();
  ASSERT_TRUE(help.has_value());
  EXPECT_EQ(help->code, 0);
  for (const auto* text : {"ADDRESS", "--timeout", "--backend", "exit codes"}) {
    EXPECT_NE(help->output.find(text), std::string::npos) << help->output;
  }
  EXPECT_EQ(help->output.find("--port"), std::string::npos) << help->output;
  const std::vector<std::vector<std::string>> wrong = {
      {}, {"127.0.0.1:1", "stray"}, {"127.0.0.1:1", "--timeout", "-1"}};
  for (const auto& arguments : wrong) {
    ChildProcess child(ExamplePath("echo_client"), arguments);
    const auto exit = child.WaitExit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 2);
    EXPECT_NE(exit->errors, "");
  }
}

// ---- length_prefixed --connect ----------------------------------------------

TEST_P(ExampleClientTest, LengthPrefixedPrintsTheAnswersToItsWords) {
  auto server = Start("length_prefixed");
  const std::string address = server.address().ToString();
  ChildProcess client(ExamplePath("length_prefixed"),
                      {"--backend", BackendName(), "--connect", address, "one",
                       "two words", "three"});
  const auto exit = client.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 0) << exit->errors;
  EXPECT_EQ(exit->output, "ONE\nTWO WORDS\nTHREE\n");
}

TEST_P(ExampleClientTest, LengthPrefixedSaysWhyThereIsNoAnswer) {
  const UniqueFd mute = BindOnLoopback();
  ChildProcess client(ExamplePath("length_prefixed"),
                      {"--backend", BackendName(), "--connect",
                       os::LocalAddress(mute.get()).ToString(), "one"});
  const auto exit = client.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 1);
  EXPECT_EQ(exit->output, "");
  EXPECT_NE(exit->errors.find("Connection refused"), std::string::npos)
      << exit->errors;
}

// ---- tcp_proxy --------------------------------------------------------------

TEST_P(ExampleClientTest, TheProxyPassesEverythingOn) {
  auto server = Start("echo");
  auto proxy = Start("tcp_proxy", {"--to", server.address().ToString()});
  const std::string text = Pattern(5 << 20);
  Input input = InputByFile(text);
  const auto exit = RunEchoClient(proxy.address().ToString(), input);
  EXPECT_EQ(exit.code, 0) << exit.errors;
  EXPECT_TRUE(exit.output == text) << exit.output.size();
  EXPECT_EQ(proxy.StopWith(SIGTERM), "");
}

TEST_P(ExampleClientTest, TheProxyMayStandBeforeItself) {
  auto server = Start("echo");
  Address target = server.address();
  std::vector<std::unique_ptr<ExampleProcess>> proxies;
  for (int i = 0; i < 5; ++i) {
    proxies.push_back(std::make_unique<ExampleProcess>(
        "tcp_proxy",
        std::vector<std::string>{"--port", "0", "--loops", "1", "--backend",
                                 BackendName(), "--to", target.ToString()}));
    target = proxies.back()->address();
  }
  const std::string text = Pattern(1 << 20);
  const auto exit = RunEchoClient(target.ToString(), InputByFile(text));
  EXPECT_EQ(exit.code, 0) << exit.errors;
  EXPECT_TRUE(exit.output == text) << exit.output.size();
}

TEST_P(ExampleClientTest, TheProxySaysThatNobodyIsBehindIt) {
  const UniqueFd mute = BindOnLoopback();
  auto proxy =
      Start("tcp_proxy", {"--to", os::LocalAddress(mute.get()).ToString()});
  const UniqueFd peer = ConnectTo(proxy.address());
  EXPECT_NE(AwaitEnd(peer), Stream::kOpen);
  EXPECT_NE(proxy.StopWith(SIGINT).find("Connection refused"),
            std::string::npos);
}

// The resident set of a process, in bytes.
std::size_t ResidentBytesOf(pid_t pid) {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_P(ExampleClientTest, TheProxyHoldsNoMoreForAPairThanItSays) {
  const UniqueFd listener = ListenOnLoopback();
  auto proxy =
      Start("tcp_proxy", {"--to", os::LocalAddress(listener.get()).ToString()});
  std::vector<UniqueFd> stuck;
  const auto stuff = [&](std::size_t pairs) {
    for (std::size_t i = 0; i < pairs; ++i) {
      stuck.push_back(ConnectTo(proxy.address()));
      EXPECT_TRUE(AwaitReady(listener.get(), POLLIN));
      stuck.emplace_back(os::AcceptFrom(listener.get()).fd);
    }
    // Until nothing goes in any more, on either side.
    for (int quiet = 0; quiet < 50; ++quiet) {
      std::vector<pollfd> rooms;
      for (const UniqueFd& peer : stuck) {
        if (FillUp(peer.get()) > 0) quiet = 0;
        rooms.push_back({peer.get(), POLLOUT, 0});
      }
      ::poll(rooms.data(), rooms.size(), 5);
    }
    return ResidentBytesOf(proxy.child().pid());
  };
  // What the loops hold whoever comes, a ring's buffers above all, is no
  // pair's.
  const std::size_t before = stuff(4);
  constexpr std::size_t kPairs = 8;
  const bool is_limited = ReceiveBudgetOf(GetParam()) < (std::size_t{1} << 20);
  const std::size_t most = std::size_t{is_limited ? 2U : 17U} << 20;
  const std::size_t after = stuff(kPairs);
  EXPECT_TRUE(kKeepsMemory || after < before + kPairs * most) << after - before;
}

}  // namespace
}  // namespace eddy::test
