// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Command line: what all examples have in common.

#include "command_line.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <utility>

namespace {

const std::map<std::string, eddy::Backend> kBackends = {
    {"auto", eddy::Backend::kAuto},
    {"epoll", eddy::Backend::kEpoll},
    {"io_uring", eddy::Backend::kIoUring},
    {"kqueue", eddy::Backend::kKqueue}};

// Of either kind, each of which has a Start of its own.
template <typename AnyServer>
int ServeWithDrain(AnyServer& server, std::chrono::milliseconds drain) {
  eddy::Status status = server.StopOnSignals(drain);
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

}  // namespace

CommandLine::CommandLine(const std::string& description, Kind kind)
    : app_(std::make_unique<CLI::App>(description)) {
  if (kind == Kind::kServer) {
    AddNumber("--port", port_, 0, 65535, "TCP port to listen on; 0: any free");
  } else {
    options.num_loops = 1;
  }
  AddNumber("--loops", options.num_loops, 0, 1024,
            "worker loops; 0: one for each CPU");
  AddNumber("--spin", spin_microseconds_, 0, 1000000,
            "microseconds to poll before sleeping");
  app_->add_option("--backend", backend_, "auto, epoll, io_uring or kqueue")
      ->check(CLI::IsMember(&kBackends).description(""))
      ->type_name("NAME")
      ->capture_default_str();
}

CommandLine::~CommandLine() = default;

void CommandLine::AddNumber(const std::string& name, std::int64_t initial,
                            std::int64_t min, std::int64_t max,
                            const std::string& help,
                            std::function<void(std::int64_t)> set) {
  app_->add_option_function<std::int64_t>(name, std::move(set), help)
      ->check(CLI::Range(min, max).description(""))
      ->type_name("N")
      ->default_str(std::to_string(initial));
}

void CommandLine::AddSwitch(const std::string& name, bool& value,
                            const std::string& help) {
  app_->add_flag(name, value, help);
}

void CommandLine::AddText(const std::string& name, std::string& value,
                          const std::string& help) {
  auto* option = app_->add_option(name, value, help)->type_name("TEXT");
  if (!value.empty()) option->capture_default_str();
}

void CommandLine::AddArgument(const std::string& name, std::string& value,
                              const std::string& help) {
  app_->add_option(name, value, help)->required()->type_name("");
}

void CommandLine::AddArguments(const std::string& name,
                               std::vector<std::string>& values,
                               const std::string& help) {
  app_->add_option(name, values, help)->type_name("");
}

void CommandLine::AddFooter(const std::string& text) { app_->footer(text); }

eddy::ClientOptions CommandLine::client_options() const {
  return {.num_loops = options.num_loops,
          .backend = options.backend,
          .spin = options.spin};
}

bool CommandLine::Parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app_->exit(error) == 0 ? 0 : 2;
    return false;
  }
  options.address = ":" + std::to_string(port_);
  options.backend = kBackends.at(backend_);
  options.spin = std::chrono::microseconds(spin_microseconds_);
  return true;
}

int Serve(eddy::Server& server) {
  return ServeWithDrain(server, std::chrono::milliseconds(0));
}

int Serve(eddy::ws::Server& server) {
  return ServeWithDrain(server, std::chrono::seconds(2));
}
