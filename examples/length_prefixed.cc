// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// length_prefixed: messages that carry their length in front.
//
// Shows a codec: four bytes, the highest first, say how many follow. The
// handler is called once for each whole message, however it was cut on its way,
// and answers in the same format. To try it, run it and, in another terminal,
//
//   printf '\0\0\0\5hello' | nc -N localhost 1833 | od -c

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

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

int main(int argc, char** argv) {
  CommandLine command_line("length_prefixed: answers in capital letters");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  Capitalizer handler;
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
