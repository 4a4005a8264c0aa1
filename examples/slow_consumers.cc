// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// slow_consumers: a feed that leaves out those who do not keep up.
//
// Shows how output_size tells a peer that reads too slowly from one that does
// not. What such a peer has not taken is not added to; it misses lines instead,
// so that it costs a bounded amount of memory and delays nobody. To try it, run
// it and, in another terminal,
//
//   nc localhost 1833 | cut -c -40
//
// Stop that with Ctrl-Z for some seconds and go on with fg: first comes what
// the system had in store, then there is a gap in the numbers.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "command_line.h"

constexpr std::size_t kLineBytes = 64 * 1024;

struct Deaf : eddy::Handler {
  void OnMessage(eddy::Connection&, eddy::RingBuffer& input) override {
    input.Clear();
  }
};

// A long line, since the system keeps some megabytes for each slow peer.
eddy::Payload MakeLine(std::uint64_t number, std::uint64_t skipped) {
  std::string line = "line " + std::to_string(number) + ", " +
                     std::to_string(skipped) + " skipped so far ";
  line.resize(kLineBytes - 1, '.');
  line += '\n';
  return eddy::Payload(line);
}

int main(int argc, char** argv) {
  CommandLine command_line("slow_consumers: a feed that skips slow peers");
  int period_ms = 10;
  std::size_t limit_bytes = 256 * 1024;
  command_line.AddMilliseconds("--period-ms", period_ms,
                               "time from one line to the next");
  command_line.AddNumber("--limit-bytes", limit_bytes, 0, 1 << 30,
                         "unsent output above which a peer is skipped");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  Deaf handler;
  std::uint64_t number = 0;
  std::atomic<std::uint64_t> skipped = 0;  // every loop counts here
  eddy::Server server(handler, std::move(command_line.options));
  server.RunEvery(std::chrono::milliseconds(period_ms), [&] {
    const eddy::Payload line = MakeLine(++number, skipped);
    server.ForEach([line, limit_bytes, &skipped](eddy::Connection& connection) {
      if (connection.output_size() > limit_bytes) {
        ++skipped;
      } else {
        connection.Send(line);
      }
    });
  });
  return Serve(server);
}
