// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ws_push: sends a message to every session, again and again.
//
// Shows a broadcast: the message is framed once, however many get it. To try
// it, run it and, in the console of a browser,
//
//   new WebSocket("ws://localhost:1833").onmessage = (e) => console.log(e.data)

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "command_line.h"

// What clients say is dropped.
struct Deaf : eddy::ws::Handler {
  void OnMessage(eddy::ws::Session&, eddy::ws::Message) override {}
};

int main(int argc, char** argv) {
  CommandLine command_line("ws_push: sends a message to all, periodically");
  int every_ms = 1000;
  command_line.AddMilliseconds("--every", every_ms,
                               "milliseconds from one message to the next");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  eddy::ServerOptions options = std::move(command_line.options);
  // Who does not read is disconnected once this much waits for it.
  options.connection.max_output_bytes = std::size_t{64} << 10;
  Deaf handler;
  eddy::ws::Server server(handler, std::move(options));
  std::uint64_t tick = 0;
  server.RunEvery(std::chrono::milliseconds(every_ms), [&server, &tick] {
    const std::string message =
        "{\"tick\":" + std::to_string(++tick) +
        ",\"members\":" + std::to_string(server.connection_count()) + '}';
    server.Broadcast(eddy::ws::PreparedMessage(message));
  });
  return Serve(server);
}
