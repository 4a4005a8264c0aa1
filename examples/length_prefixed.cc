// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// length_prefixed: messages that carry their length in front.
//
// Shows a codec: four bytes, the highest first, say how many follow. The
// handler is called once for each whole message, however it was cut on its way,
// and answers in the same format. To try it, run it and, in another terminal,
// its client half:
//
//   length_prefixed --connect 127.0.0.1:1833 one two three

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "command_line.h"

char ToUpper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// Answers each message with the same in capital letters.
struct Capitalizer : eddy::FramedHandler {
  Capitalizer() : FramedHandler(std::make_shared<eddy::LengthFieldCodec>()) {}

  void OnMessage(eddy::Connection& connection,
                 std::span<const std::byte> message) override {
    std::string answer(eddy::AsText(message));
    std::transform(answer.begin(), answer.end(), answer.begin(), ToUpper);
    SendFrame(connection, eddy::AsBytes(answer));
  }
};

// Asker: sends each word as a message, and prints as many answers.
class Asker : public eddy::FramedHandler {
 public:
  explicit Asker(std::vector<std::string> words)
      : FramedHandler(std::make_shared<eddy::LengthFieldCodec>()),
        words_(std::move(words)) {}

  void set_client(eddy::Client& client) { client_ = &client; }
  int exit_code() const { return exit_code_; }

  void OnConnect(eddy::Connection& connection) override {
    for (const std::string& word : words_) {
      SendFrame(connection, eddy::AsBytes(word));
    }
    if (words_.empty()) connection.Close();
  }

  void OnMessage(eddy::Connection& connection,
                 std::span<const std::byte> message) override {
    std::printf("%s\n", std::string(eddy::AsText(message)).c_str());
    if (++answer_count_ == words_.size()) connection.Close();
  }

  void OnClose(eddy::Connection&, const eddy::Status& reason) override {
    if (answer_count_ < words_.size()) {
      return End(reason.ok() ? eddy::Error::kClosed : reason);
    }
    End({});
  }

  void End(const eddy::Status& status) {
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.message().c_str());
    exit_code_ = status.ok() ? 0 : 1;
    client_->Stop();
  }

 private:
  std::vector<std::string> words_;
  std::size_t answer_count_ = 0;
  eddy::Client* client_ = nullptr;
  int exit_code_ = 1;
};

int Ask(const std::string& address, std::vector<std::string> words,
        eddy::ClientOptions options) {
  Asker asker(std::move(words));
  options.num_loops = 1;
  eddy::Client client(asker, std::move(options));
  asker.set_client(client);
  eddy::Status status = client.Start();
  if (status.ok()) {
    client.Connect(address, {}, [&](auto connection) {
      if (!connection) asker.End(connection.status());
    });
    status = client.Wait();
    if (status.ok()) return asker.exit_code();
  }
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 1;
}

int main(int argc, char** argv) {
  CommandLine command_line("length_prefixed: answers in capital letters");
  std::string address;
  std::vector<std::string> words;
  command_line.AddText("--connect", address,
                       "sends the words there instead, and prints the answers");
  command_line.AddArguments("WORD", words, "a message for --connect");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  if (!address.empty()) {
    return Ask(address, std::move(words), command_line.client_options());
  }
  if (!words.empty()) {
    std::fprintf(stderr, "there is no --connect to send %s to\n",
                 words.front().c_str());
    return 2;
  }
  Capitalizer handler;
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
