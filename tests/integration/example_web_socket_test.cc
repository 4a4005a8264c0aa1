// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Example WebSocket tests: ws_echo, ws_push, ws_chat and ws_client.

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "integration/example_test.h"
#include "support/pattern.h"
#include "support/raw_web_socket.h"

namespace eddy::test {
namespace {

// The head of a request for a WebSocket of the chat.
std::string ChatUpgrade(const std::string& path, const std::string& more) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: chat.example:1833\r\nUpgrade: websocket\r\n"
         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more + "\r\n";
}

// ChatMember: a connection to the chat.
class ChatMember {
 public:
  explicit ChatMember(const Address& server) : socket_(ConnectTo(server)) {
    socket_.Write(
        ChatUpgrade("/socket", "Origin: http://chat.example:1833\r\n"));
    EXPECT_TRUE(socket_.ReadHead().starts_with("HTTP/1.1 101 "));
  }

  RawWebSocket& socket() { return socket_; }
  void Send(const std::string& json) { socket_.Write(TextFrame(json)); }
  void Join(const std::string& room, const std::string& name) {
    Send(R"({"type":"join","room":")" + room + R"(","name":")" + name +
         R"("})");
  }
  void Say(const std::string& json_text) {
    Send(R"({"type":"say","text":")" + json_text + R"("})");
  }
  std::string Hear() { return socket_.ReadText(); }

 private:
  RawWebSocket socket_;
};

std::string Came(const std::string& name, int count) {
  return R"({"type":"join","name":")" + name + R"(","count":)" +
         std::to_string(count) + '}';
}

std::string Left(const std::string& name, int count) {
  return R"({"type":"leave","name":")" + name + R"(","count":)" +
         std::to_string(count) + '}';
}

std::string Welcome(const std::string& name, int count,
                    const std::string& members) {
  return R"({"type":"welcome","name":")" + name + R"(","count":)" +
         std::to_string(count) + R"(,"members":[)" + members + "]}";
}

std::string Said(const std::string& name, const std::string& json_text) {
  return R"({"type":"say","name":")" + name + R"(","text":")" + json_text +
         R"("})";
}

class ExampleWebSocketTest : public ExampleTest {
 protected:
  // What the server answers to a plain request.
  static std::string Get(const Address& server, const std::string& path) {
    RawWebSocket socket(ConnectTo(server));
    socket.Write("GET " + path + " HTTP/1.1\r\nHost: here\r\n\r\n");
    const std::string head = socket.ReadHead();
    return head + socket.ReadRest();
  }
  // The first line of the answer to a request for a WebSocket of the chat.
  static std::string Upgrade(const Address& server, const std::string& path,
                             const std::string& more) {
    RawWebSocket socket(ConnectTo(server));
    socket.Write(ChatUpgrade(path, more));
    const std::string head = socket.ReadHead();
    return head.substr(0, head.find('\r'));
  }
  std::string BackendName() const { return std::string(ToString(GetParam())); }
};
EDDY_ON_USABLE_BACKENDS(ExampleWebSocketTest);

// ---- ws_echo and ws_push ----------------------------------------------------

TEST_P(ExampleWebSocketTest, EchoSendsMessagesBack) {
  auto server = Start("ws_echo");
  RawWebSocket socket(ConnectTo(server.address()));
  ASSERT_TRUE(socket.UpgradesWell());
  socket.Write(TextFrame("hello"));
  EXPECT_EQ(socket.ReadText(), "hello");
  const std::string large = Pattern(300000);
  socket.Write(Frame(kBinary, large) + Frame(kFin | kCont, "end"));
  const auto answer = socket.ReadFrame();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->first, kFin | kBinary);
  EXPECT_TRUE(answer->payload == large + "end") << answer->payload.size();
  socket.Write(CloseFrame(3001));
  EXPECT_EQ(socket.ReadClose(), 3001);
}

TEST_P(ExampleWebSocketTest, EchoCompressesOnlyIfItIsTold) {
  constexpr std::string_view kOffer =
      "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  for (const bool deflate : {false, true}) {
    auto server = deflate ? Start("ws_echo", {"--deflate"}) : Start("ws_echo");
    RawWebSocket socket(ConnectTo(server.address()));
    const std::string head = socket.Upgrade(kOffer);
    EXPECT_EQ(head.find("permessage-deflate") != head.npos, deflate) << head;
    socket.Write(TextFrame(std::string(10000, 'x')));
    const auto answer = socket.ReadFrame();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ((answer->first & kRsv1) != 0, deflate);
    EXPECT_EQ(answer->payload.size() < 1000, deflate);
  }
}

TEST_P(ExampleWebSocketTest, ServersSayGoodbyeToTheirSessions) {
  for (const int signal : {SIGINT, SIGTERM}) {
    auto server = Start("ws_echo");
    RawWebSocket socket(ConnectTo(server.address()));
    ASSERT_TRUE(socket.UpgradesWell());
    server.child().Signal(signal);
    EXPECT_EQ(socket.ReadClose(), 1001);
    socket.Write(CloseFrame(1001));
    EXPECT_TRUE(socket.HasEndedWell());
    const auto exit = server.child().WaitExit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 0) << exit->errors;
  }
}

TEST_P(ExampleWebSocketTest, PushTellsAllTheSame) {
  auto server = Start("ws_push", {"--every", "20"});
  RawWebSocket anna(ConnectTo(server.address()));
  ASSERT_TRUE(anna.UpgradesWell());
  EXPECT_TRUE(anna.ReadText().ends_with(",\"members\":1}"));
  RawWebSocket ben(ConnectTo(server.address()));
  ASSERT_TRUE(ben.UpgradesWell());
  const std::string first = ben.ReadText();
  EXPECT_TRUE(first.starts_with("{\"tick\":")) << first;
  EXPECT_TRUE(first.ends_with(",\"members\":2}")) << first;
  std::string heard = anna.ReadText();
  while (heard != first && heard.starts_with('{')) heard = anna.ReadText();
  EXPECT_EQ(heard, first);
  const std::string second = ben.ReadText();
  const int tick = std::atoi(first.c_str() + std::string("{\"tick\":").size());
  EXPECT_EQ(second,
            "{\"tick\":" + std::to_string(tick + 1) + ",\"members\":2}");
  EXPECT_EQ(anna.ReadText(), second);
}

// ---- ws_client --------------------------------------------------------------

TEST_P(ExampleWebSocketTest, ClientSendsItsLinesAndWritesTheAnswers) {
  auto server = Start("ws_echo", {"--deflate"});
  std::string lines;
  for (int i = 0; i < 20000; ++i) lines += "line " + std::to_string(i) + '\n';
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd input(ends[0]);
  UniqueFd writer(ends[1]);
  for (const bool deflate : {false, true}) {
    std::string path = ::testing::TempDir() + "eddy-lines-XXXXXX";
    const UniqueFd file(::mkstemp(path.data()));
    ::unlink(path.c_str());
    ASSERT_EQ(::write(file.get(), lines.data(), lines.size()),
              static_cast<ssize_t>(lines.size()));
    ::lseek(file.get(), 0, SEEK_SET);
    std::vector<std::string> arguments = {
        "--connect", "ws://" + server.address().ToString() + "/any?thing",
        "--backend", BackendName()};
    if (deflate) arguments.emplace_back("--deflate");
    ChildProcess client(ExamplePath("ws_client"), arguments, file.get());
    const auto exit = client.WaitExit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 0) << exit->errors;
    EXPECT_TRUE(exit->output == lines) << exit->output.size();
  }
  // It answers while its input is open.
  ChildProcess client(ExamplePath("ws_client"),
                      {"--connect", "ws://" + server.address().ToString(),
                       "--backend", BackendName()},
                      input.get());
  ASSERT_EQ(::write(writer.get(), "hello\nre", 8), 8);
  EXPECT_EQ(client.output().ReadLine(), "hello");
  ASSERT_EQ(::write(writer.get(), "st", 2), 2);
  writer.Reset();
  EXPECT_EQ(client.output().ReadLine(), "rest");
  const auto exit = client.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 0) << exit->errors;
}

TEST_P(ExampleWebSocketTest, ClientsExitCodesTellTheCause) {
  const UniqueFd mute = BindOnLoopback();
  const UniqueFd silent = ListenOnLoopback();
  auto chat = Start("ws_chat");
  auto echo = Start("ws_echo");
  struct Case {
    std::string url;
    int code;
    std::string message;
  };
  const auto url = [](const UniqueFd& fd) {
    return "ws://" + os::LocalAddress(fd.get()).ToString();
  };
  for (const Case& expected : std::vector<Case>{
           {url(mute), 1, "Connection refused"},
           {"ws://" + chat.address().ToString() + "/none", 1, "404"},
           {"http://127.0.0.1:1/", 1, "ws"},
           {url(silent), 3, "time"}}) {
    ChildProcess client(ExamplePath("ws_client"),
                        {"--connect", expected.url, "--timeout", "1",
                         "--backend", BackendName()});
    const auto exit = client.WaitExit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, expected.code) << expected.url << exit->errors;
    EXPECT_NE(exit->errors.find(expected.message), std::string::npos)
        << exit->errors;
  }
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd input(ends[0]);
  const UniqueFd writer(ends[1]);
  ChildProcess client(ExamplePath("ws_client"),
                      {"--connect", "ws://" + echo.address().ToString()},
                      input.get());
  ASSERT_EQ(::write(writer.get(), "x\n", 2), 2);
  EXPECT_EQ(client.output().ReadLine(), "x");
  echo.child().Signal(SIGTERM);
  const auto exit = client.WaitExit();
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 4);
  EXPECT_NE(exit->errors.find("1001"), std::string::npos) << exit->errors;
}

// ---- ws_chat ----------------------------------------------------------------

TEST_P(ExampleWebSocketTest, ChatServesItsPageAndNothingElse) {
  auto server = Start("ws_chat");
  const std::string page = Get(server.address(), "/");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 ")) << page;
  EXPECT_NE(page.find("text/html; charset=utf-8"), page.npos);
  EXPECT_NE(page.find("Content-Security-Policy: default-src 'none'"),
            page.npos);
  EXPECT_TRUE(page.ends_with("</html>\n"));
  for (const auto* path : {"/style.css", "/chat.js", "/icon.svg"}) {
    EXPECT_TRUE(Get(server.address(), path).starts_with("HTTP/1.1 200 "));
    // The page uses each, and nothing from elsewhere.
    EXPECT_NE(page.find('"' + std::string(path).substr(1) + '"'), page.npos);
  }
  EXPECT_EQ(page.find("//", page.find("<!doctype")), page.npos);
  for (const auto* path : {"/none", "/socket", "/../chat.js", "//"}) {
    EXPECT_TRUE(Get(server.address(), path).starts_with("HTTP/1.1 404 "))
        << path;
  }
}

TEST_P(ExampleWebSocketTest, ChatRefusesPagesFromElsewhere) {
  auto server = Start("ws_chat");
  const Address& address = server.address();
  for (const auto* origin :
       {"http://evil.example", "http://chat.example",
        "http://chat.example:1833.evil.example", "null", "chat.example:1833"}) {
    const std::string header = "Origin: " + std::string(origin) + "\r\n";
    EXPECT_EQ(Upgrade(address, "/socket", header), "HTTP/1.1 403 Forbidden")
        << origin;
  }
  constexpr const char* kSwitching = "HTTP/1.1 101 Switching Protocols";
  EXPECT_EQ(Upgrade(address, "/socket", ""), kSwitching);
  EXPECT_EQ(
      Upgrade(address, "/socket", "Origin: https://chat.example:1833\r\n"),
      kSwitching);
  EXPECT_EQ(Upgrade(address, "/other", ""), "HTTP/1.1 404 Not Found");
}

TEST_P(ExampleWebSocketTest, ChatTellsTheMembersOfARoom) {
  auto server = Start("ws_chat");
  ChatMember anna(server.address());
  anna.Join("garden", "Anna");
  EXPECT_EQ(anna.Hear(), Welcome("Anna", 1, R"("Anna")"));
  ChatMember ben(server.address());
  ben.Join("garden", "Ben");
  EXPECT_EQ(ben.Hear(), Welcome("Ben", 2, R"("Anna","Ben")"));
  EXPECT_EQ(anna.Hear(), Came("Ben", 2));
  ChatMember other(server.address());
  other.Join("cellar", "Anna");
  EXPECT_EQ(other.Hear(), Welcome("Anna", 1, R"("Anna")"));

  anna.Say("hello");
  EXPECT_EQ(anna.Hear(), Said("Anna", "hello"));
  EXPECT_EQ(ben.Hear(), Said("Anna", "hello"));
  ben.Say("good morning");
  EXPECT_EQ(ben.Hear(), Said("Ben", "good morning"));
  EXPECT_EQ(anna.Hear(), Said("Ben", "good morning"));

  ben.socket().Write(CloseFrame(1000));
  EXPECT_EQ(ben.socket().ReadClose(), 1000);
  EXPECT_TRUE(ben.socket().HasEndedWell());
  EXPECT_EQ(anna.Hear(), Left("Ben", 1));
  other.Say("alone");
  EXPECT_EQ(other.Hear(), Said("Anna", "alone"));
}

TEST_P(ExampleWebSocketTest, ChatNumbersNamesThatAreTaken) {
  auto server = Start("ws_chat");
  ChatMember first(server.address());
  first.Join("lobby", "Anna");
  EXPECT_EQ(first.Hear(), Welcome("Anna", 1, R"("Anna")"));
  ChatMember second(server.address());
  second.Join("lobby", "Anna");
  EXPECT_EQ(second.Hear(), Welcome("Anna 2", 2, R"("Anna","Anna 2")"));
  Reset(second.socket().Take());
  EXPECT_EQ(first.Hear(), Came("Anna 2", 2));
  EXPECT_EQ(first.Hear(), Left("Anna 2", 1));
}

TEST_P(ExampleWebSocketTest, ChatPassesEveryCharacterOn) {
  auto server = Start("ws_chat");
  ChatMember anna(server.address());
  anna.Join("lobby", R"(A\u006e\"\\na)");
  EXPECT_EQ(anna.Hear(), Welcome(R"(An\"\\na)", 1, R"("An\"\\na")"));
  anna.Say(R"(<b> & \/ \u00fc \ud83d\ude00 \ud83d \u0000\n\ud83dx)");
  EXPECT_EQ(anna.Hear(),
            Said(R"(An\"\\na)",
                 "<b> & / ü 😀 \xEF\xBF\xBD \\u0000\\u000a\xEF\xBF\xBDx"));
}

TEST_P(ExampleWebSocketTest, ChatSendsAwayWhoDoesNotSpeakItsLanguage) {
  auto server = Start("ws_chat");
  const std::string long_name(97, 'x');
  for (const std::string& json : std::vector<std::string>{
           "", "hello", "[]", "{}", R"({"type":"join"})",
           R"({"type":"say","text":"too early"})",
           R"({"type":"join","room":"a","name":""})",
           R"({"type":"join","room":"","name":"a"})",
           R"({"type":"join","room":"a","name":" a"})",
           R"({"type":"join","room":"a","name":"a\u0000"})",
           R"({"type":"join","room":"a","name":")" + long_name + R"("})",
           R"({"type":"join","room":"a","name":"a"}x)",
           R"({"type":"join","room":"a","name":"a",})",
           R"({"type":"join","room":"a","name":"a","name":"b"})",
           R"({"type":"join","room":"a","name":["a"]})",
           R"({"type":"join","room":"a","name":"\x"})",
           R"({"type":"join","room":"a","name":"\u12)",
           R"({"type":"join","room":"a","name":"\ud83d\u12"})",
           R"({"type":"join","room":"a","name":"a)"}) {
    ChatMember guest(server.address());
    guest.Send(json);
    EXPECT_EQ(guest.socket().ReadClose(), 1008) << json;
  }
  ChatMember guest(server.address());
  guest.socket().Write(Frame(kFin | kBinary, "{}"));
  EXPECT_EQ(guest.socket().ReadClose(), 1008);
  ChatMember member(server.address());
  member.Join("a", "a");
  EXPECT_EQ(member.Hear(), Welcome("a", 1, R"("a")"));
  member.Say(std::string(4001, 'x'));
  EXPECT_EQ(member.socket().ReadClose(), 1008);
}

TEST_P(ExampleWebSocketTest, ChatSendsAwayWhoSaysTooMuch) {
  auto server = Start("ws_chat");
  ChatMember quiet(server.address());
  quiet.Join("lobby", "quiet");
  EXPECT_EQ(quiet.Hear(), Welcome("quiet", 1, R"("quiet")"));
  ChatMember loud(server.address());
  loud.Join("lobby", "loud");
  EXPECT_EQ(quiet.Hear(), Came("loud", 2));
  for (int i = 0; i < 1000; ++i) loud.Say("!");
  auto frame = loud.socket().ReadFrame();
  while (frame && frame->opcode() == kText) frame = loud.socket().ReadFrame();
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->code(), 1008U);
  Reset(loud.socket().Take());
  int heard = 0;
  std::string next = quiet.Hear();
  for (; next == Said("loud", "!"); next = quiet.Hear()) ++heard;
  EXPECT_EQ(next, Left("loud", 1));
  EXPECT_GE(heard, 20);
  EXPECT_LT(heard, 1000);
}

TEST_P(ExampleWebSocketTest, ChatKeepsARoomFromGrowingWithoutEnd) {
  auto server = Start("ws_chat");
  std::vector<ChatMember> members;
  constexpr int kFull = 200;
  for (int i = 0; i < kFull; ++i) {
    ChatMember& member = members.emplace_back(server.address());
    member.Join("lobby", std::to_string(i));
    EXPECT_TRUE(member.Hear().starts_with(R"({"type":"welcome")"));
  }
  ChatMember late(server.address());
  late.Join("lobby", "late");
  EXPECT_EQ(late.socket().ReadClose(), 1013);
  members.pop_back();
  std::string heard = members.front().Hear();
  while (heard.starts_with(R"({"type":"join")")) {
    heard = members.front().Hear();
  }
  EXPECT_EQ(heard, Left("199", 199));
  ChatMember next(server.address());
  next.Join("lobby", "next");
  EXPECT_TRUE(next.Hear().starts_with(
      R"({"type":"welcome","name":"next","count":200,)"));
}

}  // namespace
}  // namespace eddy::test
