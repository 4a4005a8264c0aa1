// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Load WebSocket tests: eddy_load --ws against a server that does what a test
// tells it, since no real one splits, pings and errs on demand.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "integration/example_test.h"
#include "os/socket.h"

namespace eddy {
namespace {

using test::AwaitReady;
using test::BenchPath;
using test::ChildProcess;

// LoadWsTest: eddy_load with one connection, and the server's end of that.
class LoadWsTest : public ::testing::Test {
 protected:
  static constexpr unsigned kFinal = 0x80;
  static constexpr unsigned kBinary = 2;
  static constexpr unsigned kText = 1;
  static constexpr unsigned kClose = 8;
  static constexpr unsigned kPing = 9;
  static constexpr unsigned kPong = 10;

  // A frame as servers send them; `first`: its first byte.
  static std::string FrameOf(unsigned first, const std::string& payload) {
    std::string frame(1, static_cast<char>(first));
    unsigned length_bytes = 0;
    if (payload.size() > 0xffff) {
      frame += '\x7f';
      length_bytes = 8;
    } else if (payload.size() > 125) {
      frame += '\x7e';
      length_bytes = 2;
    } else {
      frame += static_cast<char>(payload.size());
    }
    while (length_bytes > 0) {
      frame += static_cast<char>(payload.size() >> 8 * --length_bytes);
    }
    return frame + payload;
  }

  // Starts a load and reads its request. May be called again after it ended.
  void Start(const std::vector<std::string>& more,
             const std::string& path = "/") {
    std::vector<std::string> arguments = {
        "--ws",      path,
        "--connect", os::LocalAddress(listener_.get()).ToString(),
        "--verify",  "--connections",
        "1",         "--warmup",
        "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    request_.clear();
    load_.emplace(BenchPath("eddy_load"), arguments);
    ASSERT_TRUE(AwaitReady(listener_.get(), POLLIN));
    socket_ = UniqueFd(os::AcceptFrom(listener_.get()).fd);
    ASSERT_TRUE(socket_);
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    while (request_.find("\r\n\r\n") == std::string::npos) {
      const std::string byte = test::ReadAll(socket_.get(), 1);
      ASSERT_FALSE(byte.empty());
      request_ += byte;
    }
  }

  std::string Answer() const {
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t begin = request_.find(name) + name.size();
    const std::string key =
        request_.substr(begin, request_.find('\r', begin) - begin);
    return "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
           "CONNECTION: keep-alive, Upgrade\r\nSec-WebSocket-Accept:  " +
           AcceptOf(key) + " \r\n\r\n";
  }

  void Send(std::string_view bytes) {
    EXPECT_TRUE(test::WriteAll(socket_.get(), bytes));
  }
  // So that each byte is received by itself, mostly.
  void SendByteByByte(const std::string& bytes) {
    for (const char byte : bytes) {
      Send({&byte, 1});
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  struct Frame {
    unsigned first = 0;  // Its first byte.
    std::string payload;
  };
  // The next frame that has come, unmasked.
  Frame Read() {
    const std::string head = ReadExactly(2);
    std::uint64_t size = Byte(head, 1) & 0x7f;
    EXPECT_NE(Byte(head, 1) & 0x80, 0U) << "it is not masked";
    if (size >= 126) {
      const std::string length = ReadExactly(size == 126 ? 2 : 8);
      size = 0;
      for (std::size_t i = 0; i < length.size(); ++i) {
        size = size << 8 | Byte(length, i);
      }
    }
    const std::string key = ReadExactly(4);
    Frame frame{Byte(head, 0), ReadExactly(size)};
    for (std::size_t i = 0; i < size; ++i) {
      frame.payload[i] =
          static_cast<char>(Byte(frame.payload, i) ^ Byte(key, i % key.size()));
    }
    return frame;
  }
  std::string ReadMessage() {
    const Frame frame = Read();
    EXPECT_EQ(frame.first, kFinal | kBinary);
    return frame.payload;
  }

  void ExpectPong(const std::string& payload) {
    const Frame frame = Read();
    EXPECT_EQ(frame.first, kFinal | kPong);
    EXPECT_EQ(frame.payload, payload);
  }

  void CloseSocket() { socket_.Reset(); }

  ChildProcess::Exit Finish() {
    const auto exit = load_->WaitExit();
    EXPECT_TRUE(exit.has_value());
    return exit.value_or(ChildProcess::Exit{});
  }
  void ExpectSuccess() {
    const auto exit = Finish();
    EXPECT_EQ(exit.code, 0) << exit.errors;
  }
  void ExpectFailure(const std::string& why) {
    const auto exit = Finish();
    EXPECT_EQ(exit.code, 1);
    EXPECT_NE(exit.errors.find(why), std::string::npos) << exit.errors;
  }

  const std::string& request() const { return request_; }

 private:
  static std::string AcceptOf(const std::string& key) {
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest.data());
    std::array<unsigned char, 32> base64;
    const int size =
        EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
    return {base64.begin(), base64.begin() + size};
  }

  static unsigned Byte(const std::string& bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes.at(index));
  }
  std::string ReadExactly(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t at = 0;
    while (at < size) {
      const ssize_t result =
          ::recv(socket_.get(), bytes.data() + at, size - at, 0);
      if (result > 0) {
        at += static_cast<std::size_t>(result);
      } else if (result == 0 || errno != EAGAIN ||
                 !AwaitReady(socket_.get(), POLLIN)) {
        ADD_FAILURE() << "the load sent too little";
        break;
      }
    }
    return bytes;
  }

  UniqueFd listener_ = test::ListenOnLoopback();
  std::optional<ChildProcess> load_;
  UniqueFd socket_;
  std::string request_;
};

TEST_F(LoadWsTest, AsksForThePath) {
  Start({"--messages", "1"}, "/chat?room=1");
  EXPECT_TRUE(request().starts_with("GET /chat?room=1 HTTP/1.1\r\n"));
  for (const char* const line :
       {"\r\nHost: 127.0.0.1:", "\r\nUpgrade: websocket\r\n",
        "\r\nConnection: Upgrade\r\n", "\r\nSec-WebSocket-Version: 13\r\n"}) {
    EXPECT_NE(request().find(line), std::string::npos) << line;
  }
  Send(Answer());
  Send(FrameOf(kFinal | kBinary, ReadMessage()));
  ExpectSuccess();
}

TEST_F(LoadWsTest, TakesBytesOneByOne) {
  Start({"--size", "130", "--messages", "2"});
  SendByteByByte(Answer());
  for (int i = 0; i < 2; ++i) {
    const std::string message = ReadMessage();
    EXPECT_EQ(message.size(), 130U);
    SendByteByByte(FrameOf(kFinal | kBinary, message));
  }
  ExpectSuccess();
}

TEST_F(LoadWsTest, FramesEverySize) {
  for (const char* const size : {"1", "125", "126", "65535", "65536", "3m"}) {
    SCOPED_TRACE(size);
    Start({"--size", size, "--depth", "3", "--messages", "6"});
    Send(Answer());
    for (int i = 0; i < 6; ++i) Send(FrameOf(kFinal | kBinary, ReadMessage()));
    ExpectSuccess();
  }
}

TEST_F(LoadWsTest, TakesSeveralFramesAtOnce) {
  Start({"--depth", "4", "--messages", "8"});
  Send(Answer());
  for (int i = 0; i < 2; ++i) {
    std::string frames;
    for (int j = 0; j < 4; ++j) {
      frames += FrameOf(kFinal | kBinary, ReadMessage());
    }
    Send(frames);
  }
  ExpectSuccess();
}

TEST_F(LoadWsTest, TakesTextAndFragmentsAndAnswersPings) {
  Start({"--size", "10", "--messages", "2"});
  // A pong that nobody asked for means nothing; a ping may come at once.
  Send(Answer() + FrameOf(kFinal | kPong, "late") +
       FrameOf(kFinal | kPing, ""));
  const std::string message = ReadMessage();
  ExpectPong("");
  Send(FrameOf(kBinary, message.substr(0, 3)) +
       FrameOf(kFinal | kPing, "here?") + FrameOf(0, "") +
       FrameOf(0, message.substr(3)));
  ExpectPong("here?");
  Send(FrameOf(kFinal, ""));  // Only now the message is complete.
  Send(FrameOf(kFinal | kText, ReadMessage()));
  ExpectSuccess();
}

// Far more than the kernel holds is to be sent when the ping comes.
TEST_F(LoadWsTest, AnswersAPingBetweenFrames) {
  Start({"--size", "16m", "--depth", "2", "--messages", "2"});
  Send(Answer() + FrameOf(kFinal | kPing, "well?"));
  std::vector<std::string> messages;
  int num_pongs = 0;
  while (messages.size() < 2 || num_pongs < 1) {
    const Frame frame = Read();
    ASSERT_FALSE(HasFailure());
    if (frame.first == (kFinal | kPong)) {
      EXPECT_EQ(frame.payload, "well?");
      ++num_pongs;
    } else {
      messages.push_back(frame.payload);
    }
  }
  for (const std::string& message : messages) {
    Send(FrameOf(kFinal | kBinary, message));
  }
  ExpectSuccess();
}

TEST_F(LoadWsTest, TellsTheCodeOfAClose) {
  Start({"--messages", "5"});
  Send(Answer());
  ReadMessage();
  Send(FrameOf(kFinal | kClose, "\x03\xe9getting tired"));
  ExpectFailure("connection 0: closed by the server with code 1001: getting");
}

TEST_F(LoadWsTest, TellsACloseWithoutACode) {
  Start({"--messages", "5"});
  Send(Answer() + FrameOf(kFinal | kClose, ""));
  ExpectFailure("closed by the server without a code");
}

TEST_F(LoadWsTest, RefusesABadHandshake) {
  using Edit = std::pair<std::string, std::string>;
  const std::vector<std::pair<Edit, std::string>> cases = {
      {{"101 Switching Protocols", "404 Not Found"},
       "the server answered \"HTTP/1.1 404 Not Found\""},
      {{"upgrade: WebSocket", "upgrade: h2c"}, "no upgrade to WebSocket"},
      {{"keep-alive, Upgrade", "keep-alive"}, "no upgrade to WebSocket"},
      {{"Accept:  ", "Accept:  x"}, "Sec-WebSocket-Accept is not that"},
      {{"Sec-WebSocket-Accept:", "Sec-WebSocket:"},
       "Sec-WebSocket-Accept is not that"},
      {{" \r\n\r\n",
        "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"},
       "chose an extension"},
      {{" \r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n"},
       "chose an extension or subprotocol"},
  };
  for (const auto& [edit, why] : cases) {
    SCOPED_TRACE(why);
    Start({"--messages", "5"});
    std::string answer = Answer();
    const std::size_t at = answer.find(edit.first);
    ASSERT_NE(at, std::string::npos);
    Send(answer.replace(at, edit.first.size(), edit.second));
    ExpectFailure(why);
  }
}

TEST_F(LoadWsTest, TellsThatAHandshakeIsCutOff) {
  Start({"--messages", "5"});
  Send(Answer().substr(0, 40));
  CloseSocket();
  ExpectFailure("WebSocket handshake: the server closed the connection");
}

// What a server may not send while the only message, of five bytes, is in
// flight.
TEST_F(LoadWsTest, RefusesBadFrames) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {std::string("\x82\x85") + "keyshello", "a masked frame came"},
      {FrameOf(0xc0 | kBinary, "hello"), "reserved bits"},
      {FrameOf(kFinal | 3, "hello"), "unknown kind"},
      {FrameOf(kFinal | 11, ""), "unknown kind"},
      {FrameOf(kFinal, "hello"), "does not fit"},
      {FrameOf(kPing, ""), "bad control frame"},
      {FrameOf(kFinal | kPing, std::string(126, 'p')), "bad control frame"},
      {FrameOf(kFinal | kBinary, "hello"), "other bytes came back"},
      {FrameOf(kFinal | kBinary, ""), "too short"},
  };
  for (const auto& [frame, why] : cases) {
    SCOPED_TRACE(why);
    Start({"--size", "5", "--messages", "2"});
    Send(Answer());
    ReadMessage();
    Send(frame);
    ExpectFailure(why);
  }
}

TEST_F(LoadWsTest, RefusesFramesThatDoNotFitItsMessages) {
  Start({"--size", "5", "--messages", "3"});
  Send(Answer());
  std::string message = ReadMessage();
  Send(FrameOf(kFinal | kBinary, message + "!"));
  ExpectFailure("more bytes came back than were sent");

  Start({"--size", "5", "--messages", "3"});
  Send(Answer());
  message = ReadMessage();
  Send(FrameOf(kFinal | kBinary, message.substr(0, 4)));
  ExpectFailure("a message came back too short");

  Start({"--size", "5", "--messages", "3"});
  Send(Answer());
  message = ReadMessage();
  Send(FrameOf(kBinary, message.substr(0, 4)) + FrameOf(kFinal | kBinary, "!"));
  ExpectFailure("does not fit the one before it");
}

}  // namespace
}  // namespace eddy
