// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// max_connections: an echo server for so many clients at a time.
//
// Shows a limit that nobody is turned away by: who comes too late is not
// accepted, waits in the system's backlog, and is served when another one
// leaves. To try it, run it with --max 1 and, in two terminals,
//
//   nc localhost 1833
//
// The second one is welcomed when the first one ends.

#include "command_line.h"

struct PatientEcho : eddy::Handler {
  void OnConnect(eddy::Connection& connection) override {
    connection.Send("welcome\n");
  }
  void OnMessage(eddy::Connection& connection,
                 eddy::RingBuffer& input) override {
    connection.Send(input);
  }
};

int main(int argc, char** argv) {
  CommandLine command_line("max_connections: echo for so many at a time");
  command_line.options.max_connections = 2;
  command_line.AddNumber("--max", command_line.options.max_connections, 1,
                         1'000'000, "how many connections are served at once");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  PatientEcho handler;
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
