// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ws_echo: sends back whatever WebSocket messages come.

#include <utility>

#include "command_line.h"

struct Echo : eddy::ws::Handler {
  void OnMessage(eddy::ws::Session& session,
                 eddy::ws::Message message) override {
    session.Send(message);
  }
};

int main(int argc, char** argv) {
  CommandLine command_line("ws_echo: sends back whatever messages come");
  bool deflate = false;
  command_line.AddSwitch("--deflate", deflate,
                         "compress for those who know how to (RFC 7692)");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  Echo echo;
  eddy::ws::Options session;
  if (deflate) session.deflate.emplace();
  eddy::ws::Server server(echo, std::move(command_line.options), session);
  return Serve(server);
}
