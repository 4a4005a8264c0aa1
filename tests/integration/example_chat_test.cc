// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example chat tests: what line_chat tells to whom.

#include <deque>
#include <map>

#include "integration/example_test.h"
#include "os/socket.h"

namespace eddy {
namespace {

using test::Client;

class ExampleChatTest : public test::ExampleTest {
 protected:
  // A client that is asked for its name and has said it.
  static void Introduce(Client& client, const std::string& name,
                        const std::string& greeting) {
    EXPECT_EQ(client.ReadLine(), "your name?");
    client.Send(name + '\n');
    EXPECT_EQ(client.ReadLine(), greeting);
  }
};
EDDY_ON_USABLE_BACKENDS(ExampleChatTest);

TEST_P(ExampleChatTest, TellsTheOthersWhatOneSays) {
  auto server = Start("line_chat");
  Client anna(server.address());
  Introduce(anna, "anna", "here:");
  Client ben(server.address());
  Introduce(ben, "ben", "here: anna");
  EXPECT_EQ(anna.ReadLine(), "* ben came");
  Client stranger(server.address());
  EXPECT_EQ(stranger.ReadLine(), "your name?");

  ben.Send("hello\r\n");
  EXPECT_EQ(anna.ReadLine(), "ben: hello");
  anna.Send("good morning\n");
  EXPECT_EQ(ben.ReadLine(), "anna: good morning");  // and not his own line
  EXPECT_TRUE(stranger.HasNothing());
}

TEST_P(ExampleChatTest, WantsAnotherNameIfThatOneIsTaken) {
  auto server = Start("line_chat");
  Client anna(server.address());
  Introduce(anna, "anna", "here:");
  Client other(server.address());
  Introduce(other, "anna", "another name?");
  other.Send("\n");
  EXPECT_EQ(other.ReadLine(), "another name?");
  other.Send("ben\n");
  EXPECT_EQ(other.ReadLine(), "here: anna");
  EXPECT_EQ(anna.ReadLine(), "* ben came");
}

TEST_P(ExampleChatTest, QuitLeavesAndFreesTheName) {
  auto server = Start("line_chat");
  Client anna(server.address());
  Introduce(anna, "anna", "here:");
  Client ben(server.address());
  Introduce(ben, "ben", "here: anna");
  ben.Send("/quit\n");
  EXPECT_EQ(ben.ReadLine(), "");
  EXPECT_TRUE(ben.ReadToEnd());
  ::shutdown(ben.fd(), SHUT_WR);
  EXPECT_EQ(anna.ReadLine(), "* ben came");
  EXPECT_EQ(anna.ReadLine(), "* ben left");
  Client again(server.address());
  Introduce(again, "ben", "here: anna");
}

TEST_P(ExampleChatTest, TellsWhoWasLost) {
  auto server = Start("line_chat");
  Client anna(server.address());
  Introduce(anna, "anna", "here:");
  {
    Client ben(server.address());
    Introduce(ben, "ben", "here: anna");
    os::ResetOnClose(ben.fd());
  }
  EXPECT_EQ(anna.ReadLine(), "* ben came");
  EXPECT_EQ(anna.ReadLine(), "* ben left");
}

TEST_P(ExampleChatTest, EveryoneHearsEverythingInOneOrder) {
  auto server = Start("line_chat");
  constexpr int kMembers = 6;
  constexpr int kLines = 50;
  std::deque<Client> members;
  std::string here = "here:";
  for (int i = 0; i < kMembers; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    Introduce(members.emplace_back(server.address()), name, here);
    here += ' ' + name;
    for (int j = 0; j < i; ++j) {
      const auto index = static_cast<std::size_t>(j);
      EXPECT_EQ(members[index].ReadLine(), "* " + name + " came");
    }
  }
  for (int line = 0; line < kLines; ++line) {
    for (Client& member : members) member.Send(std::to_string(line) + '\n');
  }
  // What each one heard, but for the first two's lines, which they do not hear
  // themselves, is the same.
  std::vector<std::vector<std::string>> heard(kMembers);
  for (std::size_t i = 0; i < kMembers; ++i) {
    std::map<char, int> next;
    for (int j = 0; j < kLines * (kMembers - 1); ++j) {
      const std::string line = members[i].ReadLine();
      ASSERT_GE(line.size(), 4U);
      EXPECT_EQ(line.substr(1), ": " + std::to_string(next[line.front()]++));
      if (line.front() != 'a' && line.front() != 'b') heard[i].push_back(line);
    }
  }
  EXPECT_EQ(heard[0], heard[1]);
}

}  // namespace
}  // namespace eddy
