// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Command line: what all example servers have in common.

#ifndef EDDY_EXAMPLES_COMMAND_LINE_H_
#define EDDY_EXAMPLES_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "eddy/eddy.h"

// CommandLine: --port, --loops and --backend, and whatever an example adds to
// `app`.
struct CommandLine {
  explicit CommandLine(const std::string& description) : app(description) {
    app.add_option("--port", port, "TCP port to listen on; 0: any free one")
        ->capture_default_str();
    app.add_option("--loops", options.num_loops,
                   "worker loops; 0: one for each CPU");
    app.add_option("--backend", options.backend, "how to wait for I/O")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, eddy::Backend>{
                {"auto", eddy::Backend::kAuto},
                {"epoll", eddy::Backend::kEpoll},
                {"io_uring", eddy::Backend::kIoUring},
                {"kqueue", eddy::Backend::kKqueue}},
            CLI::ignore_case));
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
    return true;
  }

  CLI::App app;
  eddy::ServerOptions options;
  std::uint16_t port = 1833;
  int exit_code = 0;
};

// Serves until SIGINT or SIGTERM. Returns the program's exit code.
inline int Serve(eddy::Server& server) {
  eddy::Status status = server.StopOnSignals();
  if (status.ok()) status = server.Start();
  if (status.ok()) {
    std::printf("listening on %s\n", server.address().ToString().c_str());
    std::fflush(stdout);
    status = server.Wait();
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 1;
}

#endif  // EDDY_EXAMPLES_COMMAND_LINE_H_
