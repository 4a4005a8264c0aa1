// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// echo: sends back whatever comes.

#include "command_line.h"

struct Echo : eddy::Handler {
  void OnMessage(eddy::Connection& connection,
                 eddy::RingBuffer& input) override {
    connection.Send(input);
  }
};

int main(int argc, char** argv) {
  CommandLine command_line("echo: sends back whatever comes");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;
  Echo echo;
  eddy::Server server(echo, std::move(command_line.options));
  return Serve(server);
}
