// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// push: sends a line to every client, again and again.
//
// Shows a timer of the server and a broadcast, whose bytes exist once however
// many clients there are. To try it, run it and, in other terminals,
//
//   nc localhost 1833

#include <chrono>
#include <cstdint>
#include <string>

#include "command_line.h"

// What clients say is read and dropped.
struct Deaf : eddy::Handler {
  void OnMessage(eddy::Connection&, eddy::RingBuffer& input) override {
    input.Clear();
  }
};

int main(int argc, char** argv) {
  CommandLine command_line("push: sends a line to every client, periodically");
  int period_ms = 1000;
  command_line.AddMilliseconds("--period-ms", period_ms,
                               "time from one line to the next");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  Deaf handler;
  eddy::Server server(handler, std::move(command_line.options));
  std::uint64_t count = 0;
  server.RunEvery(std::chrono::milliseconds(period_ms), [&server, &count] {
    const std::string line = "line " + std::to_string(++count) + '\n';
    server.Broadcast(eddy::Payload(line));
  });
  return Serve(server);
}
