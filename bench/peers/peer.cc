// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Peer: what the echo servers on other libraries have in common.

#include "bench/peers/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/load/descriptor.h"

namespace eddy::peer {
namespace {

using load::Descriptor;

constexpr int kBacklog = 4096;
constexpr int kMaxLoops = 1024;

struct Arguments {
  std::uint16_t port = 0;
  int num_loops = 1;
  int cpu = -1;  // -1: any.
};

// Throws: std::system_error with errno unless `is_done`.
void Require(bool is_done, const char* what) {
  if (!is_done) throw std::system_error(errno, std::system_category(), what);
}

// Returns: the exit code to end with, or -1 to go on.
int Parse(int argc, char** argv, const char* name, Arguments& arguments) {
  CLI::App app("An echo server to measure other libraries with.", name);
  app.add_option("--port", arguments.port, "0: any that is free [0]");
  app.add_option("--loops", arguments.num_loops, "One thread for each [1]")
      ->check(CLI::Range(1, kMaxLoops));
  app.add_option("--cpu", arguments.cpu, "Run on this one only [any]")
      ->check(CLI::Range(0, CPU_SETSIZE - 1));
  try {
    app.parse(argc, argv);
    return -1;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "{}: {}\n(--help lists the options)\n", name,
               error.what());
    return 2;
  }
}

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  Require(sched_setaffinity(0, sizeof set, &set) == 0, "pin to --cpu");
}

// No peer handles running out of descriptors: it is to have enough.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A descriptor that is readable once the process has been told to end. Nobody
// reads it, so that every loop sees it.
Descriptor CatchSignals() {
  signal(SIGPIPE, SIG_IGN);  // Some libraries write without MSG_NOSIGNAL.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Descriptor stop(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  Require(stop.is_open(), "signalfd");
  return stop;
}

Descriptor Listen(std::uint16_t port, bool is_shared) {
  Descriptor listener(
      socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = listener.fd();
  Require(listener.is_open(), "socket");
  // Accepted sockets inherit TCP_NODELAY, as they do for the raw baselines.
  const int on = 1;
  Require(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
              (!is_shared ||
               setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0),
          "setsockopt");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Require(bind(fd, reinterpret_cast<const sockaddr*>(&address),
               sizeof address) == 0,
          "bind");
  Require(listen(fd, kBacklog) == 0, "listen");
  return listener;
}

std::uint16_t PortOf(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Require(getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address),
                      &size) == 0,
          "getsockname");
  return ntohs(address.sin_port);
}

// Ends the process when the loop cannot run, whatever the others do.
void RunOrExit(RunLoop run_loop, Descriptors descriptors) {
  try {
    run_loop(descriptors);
  } catch (const std::exception& error) {
    fmt::print(stderr, "event loop: {}\n", error.what());
    std::_Exit(1);
  }
}

void Serve(const Arguments& arguments, RunLoop run_loop) {
  if (arguments.cpu >= 0) PinTo(arguments.cpu);
  RaiseDescriptorLimit();
  const Descriptor stop = CatchSignals();
  const bool is_shared = arguments.num_loops > 1;
  std::vector<Descriptor> listeners;
  listeners.push_back(Listen(arguments.port, is_shared));
  const std::uint16_t port = PortOf(listeners.front());
  for (int i = 1; i < arguments.num_loops; ++i) {
    listeners.push_back(Listen(port, is_shared));
  }
  fmt::print("listening on 127.0.0.1:{}\n", port);
  std::fflush(stdout);
  std::vector<std::jthread> threads;
  for (Descriptor& listener : listeners) {
    threads.emplace_back(RunOrExit, run_loop,
                         Descriptors{listener.Release(), stop.fd()});
  }
}

}  // namespace

int Main(int argc, char** argv, const char* name, RunLoop run_loop) {
  Arguments arguments;
  const int exit_code = Parse(argc, argv, name, arguments);
  if (exit_code >= 0) return exit_code;
  try {
    Serve(arguments, run_loop);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  }
}

}  // namespace eddy::peer
