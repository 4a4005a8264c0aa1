// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// idle_timeout: an echo server that closes connections without traffic.
//
// Shows a time limit, and how OnClose tells who was closed and why. To try it,
// run it and, in another terminal,
//
//   nc localhost 1833
//
// Say something, then nothing for five seconds.

#include <chrono>
#include <cstdio>
#include <string>

#include "command_line.h"

struct LoggingEcho : eddy::Handler {
  void OnMessage(eddy::Connection& connection,
                 eddy::RingBuffer& input) override {
    connection.Send(input);
  }

  // Called by all loops at once; stdio keeps the lines whole.
  void OnClose(eddy::Connection& connection,
               const eddy::Status& reason) override {
    const std::string peer = connection.peer_address().ToString();
    const std::string why =
        reason.ok() ? "the peer was done" : reason.message();
    std::fprintf(stderr, "%s closed: %s\n", peer.c_str(), why.c_str());
  }
};

int main(int argc, char** argv) {
  CommandLine command_line("idle_timeout: echo for those who keep talking");
  int idle_ms = 5000;
  command_line.AddMilliseconds("--idle-ms", idle_ms,
                               "time without traffic that is allowed");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  command_line.options.idle_timeout = std::chrono::milliseconds(idle_ms);
  LoggingEcho handler;
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
