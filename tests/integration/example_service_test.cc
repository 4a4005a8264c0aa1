// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example service tests: what each example server does, but for the chat.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>

#include "integration/example_test.h"
#include "os/socket.h"

namespace eddy {
namespace {

using std::string_literals::operator""s;
using test::Client;
using test::Pattern;

class ExampleServiceTest : public test::ExampleTest {};
EDDY_ON_USABLE_BACKENDS(ExampleServiceTest);

TEST_P(ExampleServiceTest, EchoSendsBackWhateverComes) {
  auto server = Start("echo");
  Client client(server.address());
  const std::string text = Pattern(100'000);
  client.Send(text);
  EXPECT_EQ(client.Read(text.size()), text);
}

// The number of "line 12", or of what begins so.
std::optional<std::uint64_t> NumberOf(const std::string& line) {
  unsigned long long number = 0;
  if (std::sscanf(line.c_str(), "line %llu", &number) != 1) return {};
  return number;
}

TEST_P(ExampleServiceTest, PushSendsEachLineToEveryone) {
  auto server = Start("push", {"--period-ms", "5"});
  Client clients[] = {Client(server.address()), Client(server.address())};
  for (Client& client : clients) {
    client.Send("it does not listen to this");
    const auto first = NumberOf(client.ReadLine());
    ASSERT_TRUE(first.has_value());
    for (std::uint64_t i = 1; i < 5; ++i) {
      EXPECT_EQ(client.ReadLine(), "line " + std::to_string(*first + i));
    }
  }
}

TEST_P(ExampleServiceTest, MaxConnectionsLetsOneWaitUntilAnotherLeaves) {
  auto server = Start("max_connections", {"--max", "1"});
  std::optional<Client> first(server.address());
  EXPECT_EQ(first->ReadLine(), "welcome");
  Client second(server.address());
  // Had it been accepted, it would know by the end of this.
  for (int i = 0; i < 10; ++i) {
    first->Send("hello\n");
    EXPECT_EQ(first->ReadLine(), "hello");
  }
  EXPECT_TRUE(second.HasNothing());
  first.reset();
  EXPECT_EQ(second.ReadLine(), "welcome");
  second.Send("hello\n");
  EXPECT_EQ(second.ReadLine(), "hello");
}

TEST_P(ExampleServiceTest, IdleTimeoutClosesWhoSaysNothing) {
  auto server = Start("idle_timeout", {"--idle-ms", "50"});
  Client client(server.address());
  const std::string name = os::LocalAddress(client.fd()).ToString();
  EXPECT_TRUE(client.ReadToEnd());
  EXPECT_EQ(server.child().errors().ReadLine(),
            name + " closed: idle for too long");
}

TEST_P(ExampleServiceTest, IdleTimeoutLogsWhoWasDone) {
  auto server = Start("idle_timeout", {"--idle-ms", "60000"});
  std::optional<Client> client(server.address());
  const std::string name = os::LocalAddress(client->fd()).ToString();
  client->Send("hello\n");
  EXPECT_EQ(client->ReadLine(), "hello");
  client.reset();
  EXPECT_EQ(server.child().errors().ReadLine(),
            name + " closed: the peer was done");
}

// What a line of slow_consumers says.
struct FeedLine {
  unsigned long long number = 0;
  unsigned long long skipped = 0;
};

FeedLine ReadFeedLine(Client& client) {
  FeedLine line;
  const std::string text = client.ReadLine();
  EXPECT_EQ(std::sscanf(text.c_str(), "line %llu, %llu skipped so far",
                        &line.number, &line.skipped),
            2)
      << text.substr(0, 60);
  return line;
}

// Of lines that come before the system has no room for more.
constexpr int kMostLines = 10'000;

TEST_P(ExampleServiceTest, SlowConsumersSkipsWhoDoesNotRead) {
  auto server = Start("slow_consumers", {"--period-ms", "1"});
  Client slow(server.address());
  Client quick(server.address());
  // Should the quick one miss lines too, they do not count.
  unsigned long long missed = 0;
  FeedLine line = ReadFeedLine(quick);
  for (int i = 0; i < kMostLines && line.skipped <= missed; ++i) {
    const FeedLine next = ReadFeedLine(quick);
    missed += next.number - line.number - 1;
    line = next;
  }
  ASSERT_GT(line.skipped, missed);
  // Now the slow one finds a gap in what was sent to it.
  FeedLine last = ReadFeedLine(slow);
  FeedLine next = ReadFeedLine(slow);
  for (int i = 0; i < kMostLines && next.number == last.number + 1; ++i) {
    last = next;
    next = ReadFeedLine(slow);
  }
  EXPECT_GT(next.number, last.number + 1);
}

TEST_P(ExampleServiceTest, AsyncSendAnswersInOrder) {
  auto server = Start("async_send");
  Client client(server.address());
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "line " + std::to_string(i) + '\n';
  client.Send(lines);
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(client.ReadLine(),
              std::string(number.rbegin(), number.rend()) + " enil");
  }
}

// Stops async_send. Returns how many buffers it had made.
int StopAndCountBuffers(test::ServerProcess& server) {
  int made = 0;
  const std::string said = server.StopWith(SIGTERM);
  EXPECT_EQ(std::sscanf(said.c_str(), "made %d buffers", &made), 1) << said;
  EXPECT_GE(made, 1);
  return made;
}

TEST_P(ExampleServiceTest, AsyncSendUsesItsBuffersAgain) {
  auto server = Start("async_send");
  Client client(server.address());
  constexpr int kLines = 100;
  for (int i = 0; i < kLines; ++i) {
    client.Send("abc\n");
    ASSERT_EQ(client.ReadLine(), "cba");
  }
  EXPECT_LT(StopAndCountBuffers(server), kLines / 10);
}

// Each line takes a buffer, and none comes back while lines that arrived
// together are handed over: unless the client is paused, it takes thousands.
TEST_P(ExampleServiceTest, AsyncSendHoldsBackWhoSendsFasterThanItAnswers) {
  auto server = Start("async_send");
  Client client(server.address());
  constexpr int kLines = 100'000;
  std::string lines;
  for (int i = 0; i < kLines; ++i) lines += "a\n";
  std::thread sender([&] { client.Send(lines); });
  EXPECT_EQ(client.Read(lines.size()), lines);
  sender.join();
  EXPECT_LE(StopAndCountBuffers(server), 100);
}

TEST_P(ExampleServiceTest, AsyncSendOutlivesClientsThatDoNotWait) {
  auto server = Start("async_send");
  for (int i = 0; i < 20; ++i) Client(server.address()).Send("abc\ndef\n");
  Client client(server.address());
  client.Send("abc\n");
  EXPECT_EQ(client.ReadLine(), "cba");
  server.StopWith(SIGINT);
}

TEST_P(ExampleServiceTest, LengthPrefixedAnswersEachMessage) {
  auto server = Start("length_prefixed");
  Client client(server.address());
  // One in pieces, which come one after the other; then two at once.
  client.Send("\0\0"s);
  client.Send("\0\5he"s);
  client.Send("llo");
  EXPECT_EQ(client.Read(9), "\0\0\0\5HELLO"s);
  client.Send("\0\0\0\1x\0\0\0\0"s);
  EXPECT_EQ(client.Read(9), "\0\0\0\1X\0\0\0\0"s);
}

TEST_P(ExampleServiceTest, LengthPrefixedClosesWhoSendsNonsense) {
  auto server = Start("length_prefixed");
  Client other(server.address());
  Client client(server.address());
  client.Send("\xFF\xFF\xFF\xFFhello");
  EXPECT_EQ(client.Read(1), "");
  other.Send("\0\0\0\1x"s);
  EXPECT_EQ(other.Read(5), "\0\0\0\1X"s);
}

}  // namespace
}  // namespace eddy
