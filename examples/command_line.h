// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Command line: what all example servers have in common.

#ifndef EDDY_EXAMPLES_COMMAND_LINE_H_
#define EDDY_EXAMPLES_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <string>

#include "eddy/eddy.h"

// CommandLine: --port, --loops and --backend, and whatever an example adds.
//
// Pinned: it knows the addresses of its members and of what was added.
struct CommandLine {
  explicit CommandLine(const std::string& description) : app(description) {
    AddNumber("--port", port, 0, 65535, "TCP port to listen on; 0: any free");
    AddNumber("--loops", options.num_loops, 0, 1024,
              "worker loops; 0: one for each CPU");
    app.add_option("--backend", backend, "auto, epoll, io_uring or kqueue")
        ->check(CLI::IsMember(&kBackends).description(""))
        ->type_name("NAME")
        ->capture_default_str();
  }
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Adds a whole number from `min` to `max`. `value` holds the default.
  template <typename Number>
  void AddNumber(const std::string& name, Number& value, std::int64_t min,
                 std::int64_t max, const std::string& help) {
    app.add_option(name, value, help)
        ->check(CLI::Range(min, max).description(""))
        ->type_name("N")
        ->capture_default_str();
  }

  // Adds a time in milliseconds.
  void AddMilliseconds(const std::string& name, int& value,
                       const std::string& help) {
    AddNumber(name, value, 1, std::numeric_limits<int>::max(), help);
  }

  // Returns whether to go on; if not, exit_code says how to end.
  bool Parse(int argc, char** argv) {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      exit_code = app.exit(error) == 0 ? 0 : 2;
      return false;
    }
    options.address = ":" + std::to_string(port);
    options.backend = kBackends.at(backend);
    return true;
  }

  static inline const std::map<std::string, eddy::Backend> kBackends = {
      {"auto", eddy::Backend::kAuto},
      {"epoll", eddy::Backend::kEpoll},
      {"io_uring", eddy::Backend::kIoUring},
      {"kqueue", eddy::Backend::kKqueue}};

  CLI::App app;
  eddy::ServerOptions options;
  std::uint16_t port = 1833;
  std::string backend = "auto";
  int exit_code = 0;
};

// Serves until SIGINT or SIGTERM. Returns the program's exit code.
inline int Serve(eddy::Server& server) {
  eddy::Status status = server.StopOnSignals();
  if (status.ok()) status = server.Start();
  if (status.ok()) {
    std::fprintf(stderr, "running on %s, worker loops: %zu\n",
                 std::string(ToString(server.backend())).c_str(),
                 server.num_loops());
    std::printf("listening on %s\n", server.address().ToString().c_str());
    std::fflush(stdout);
    status = server.Wait();
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 1;
}

#endif  // EDDY_EXAMPLES_COMMAND_LINE_H_
