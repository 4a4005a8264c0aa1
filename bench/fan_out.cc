// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// fan_out: what one message to many WebSocket sessions costs, beside bare
// sends.
//
// A child process, on a processor of its own where there is more than one, has
// the clients' ends and reads all that comes; neither process outlives the
// other. Both ways take their turns on connections of their own, round by
// round, while the child sleeps, and the CPU of this process is what counts.

#include <eddy/ws.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

[[noreturn]] void Die(std::string_view what) {
  std::perror(fmt::format("fan_out: {}", what).c_str());
  std::exit(1);
}

struct Settings {
  int connections = 10'000;
  int rounds = 40;
  std::size_t size = 64;
  eddy::Backend backend = eddy::Backend::kAuto;
};

// Keeps this process, and the threads that it makes, to one processor.
void RunOn(std::size_t cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  if (::sched_setaffinity(0, sizeof(cpus), &cpus) != 0)
    Die("sched_setaffinity");
}

// The first and the last processor that this process may run on.
std::pair<std::size_t, std::size_t> OuterCpus() {
  cpu_set_t cpus;
  if (::sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
    Die("sched_getaffinity");
  std::size_t first = 0;
  while (!CPU_ISSET(first, &cpus)) ++first;
  std::size_t last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &cpus)) --last;
  return {first, last};
}

// Of this process, in nanoseconds.
std::int64_t CpuNanoseconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return (time.tv_sec * std::int64_t{1'000'000} + time.tv_usec) * 1'000;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// The sessions, which count themselves.
struct Members : eddy::ws::Handler {
  void OnConnect(eddy::ws::Session&) override { ++count; }
  void OnMessage(eddy::ws::Session&, eddy::ws::Message) override {}

  std::atomic<int> count = 0;
};

// ---- The clients' side ------------------------------------------------------

int ConnectTo(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address),
                          sizeof(address)) != 0) {
    Die("connect");
  }
  return fd;
}

void Upgrade(int fd) {
  constexpr std::string_view kRequest =
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n";
  if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) {
    Die("send");
  }
}

// Connects and reads until it is killed, or a connection ends.
[[noreturn]] void BeClients(const Settings& settings, std::uint16_t raw_port,
                            std::uint16_t session_port) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < settings.connections; ++i) {
    for (const std::uint16_t port : {raw_port, session_port}) {
      if (port == 0) continue;
      const int fd = ConnectTo(port);
      if (port == session_port) Upgrade(fd);
      ::fcntl(fd, F_SETFL, O_NONBLOCK);
      epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
      if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
    }
  }
  std::array<epoll_event, 512> events;
  std::array<char, 1 << 16> block;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      const ssize_t size = ::recv(fd, block.data(), block.size(), 0);
      if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) {
        continue;
      }
      if (size == 0) errno = ECONNRESET;
      Die("a connection has ended");  // the other side counts on all of them
    }
  }
}

// Whatever it waits for will not be any more.
void OnChildGone(int) {
  constexpr std::string_view kText = "fan_out: the clients are gone\n";
  static_cast<void>(!::write(STDERR_FILENO, kText.data(), kText.size()));
  ::_exit(1);
}

pid_t StartClients(const Settings& settings, std::size_t cpu,
                   std::uint16_t raw_port, std::uint16_t session_port) {
  std::signal(SIGCHLD, OnChildGone);
  std::fflush(stdout);  // the child's copy is not to be written, too
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) Die("fork");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    RunOn(cpu);
    BeClients(settings, raw_port, session_port);
  }
  return child;
}

void StopClients(pid_t child) {
  std::signal(SIGCHLD, SIG_DFL);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

// ---- The two ways -----------------------------------------------------------

// Bare: a frame made by hand, and a send for each socket.
class BareSends {
 public:
  explicit BareSends(const Settings& settings)
      : frame_(settings.size + 4, 'x') {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address),
               sizeof(address)) != 0 ||
        ::listen(listener_, 4096) != 0) {
      Die("listen");
    }
  }
  std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  void Accept(int count) {
    for (int i = 0; i < count; ++i) {
      const int fd =
          ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) Die("accept");
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      fds_.push_back(fd);
    }
  }
  void Send() {
    for (const int fd : fds_) {
      const auto sent = ::send(fd, frame_.data(), frame_.size(), MSG_NOSIGNAL);
      if (sent != std::ssize(frame_)) Die("send");
    }
  }

 private:
  std::string frame_;
  int listener_ = -1;
  std::vector<int> fds_;
};

void AwaitSent(const eddy::ws::Server& server, std::uint64_t bytes) {
  while (server.stats().sent_bytes < bytes) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Report(const Settings& settings, std::vector<double> bare,
            std::vector<double> sessions) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < bare.size(); ++i) {
    ratios.push_back(sessions[i] / bare[i]);
  }
  fmt::print(
      "{} B to {} connections, {} rounds: CPU for each of them, medians\n"
      "  bare sends  {:6.0f} ns\n  broadcast   {:6.0f} ns\n"
      "  ratio       {:6.3f}\n",
      settings.size, settings.connections, settings.rounds, Median(bare),
      Median(sessions), Median(ratios));
}

void Measure(const Settings& settings, BareSends& bare,
             eddy::ws::Server& server) {
  const std::string text(settings.size, 'x');
  const eddy::ws::PreparedMessage message(text);
  const auto count = static_cast<std::uint64_t>(settings.connections);
  std::vector<double> bare_costs;
  std::vector<double> session_costs;
  const auto cost_of = [&](auto&& work) {
    const std::int64_t before = CpuNanoseconds();
    work();
    return static_cast<double>(CpuNanoseconds() - before) /
           static_cast<double>(count);
  };
  // What the readers have to do costs the next who sends; let them end first.
  const auto rest = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  };
  // The first round is not counted.
  for (int i = 0; i <= settings.rounds; ++i) {
    const double bare_cost = cost_of([&] { bare.Send(); });
    rest();
    const std::uint64_t frame = settings.size + (settings.size < 126 ? 2 : 4);
    const std::uint64_t goal = server.stats().sent_bytes + count * frame;
    const double session_cost = cost_of([&] {
      server.Broadcast(message);
      AwaitSent(server, goal);
    });
    rest();
    if (i == 0) continue;
    bare_costs.push_back(bare_cost);
    session_costs.push_back(session_cost);
  }
  Report(settings, std::move(bare_costs), std::move(session_costs));
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("fan_out: one message to many WebSocket sessions");
  app.add_option("--connections", settings.connections, "each way")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--rounds", settings.rounds)
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--size", settings.size, "bytes of the message")
      ->check(CLI::Range(1, 65'535))
      ->capture_default_str();
  app.add_option("--backend", settings.backend, "auto, epoll or io_uring")
      ->transform(CLI::CheckedTransformer(std::map<std::string, eddy::Backend>{
          {"auto", eddy::Backend::kAuto},
          {"epoll", eddy::Backend::kEpoll},
          {"io_uring", eddy::Backend::kIoUring}}));
  CLI11_PARSE(app, argc, argv);
  // Half of the descriptors each way.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto most = static_cast<int>(limit.rlim_max / 2) - 100;
  if (settings.connections > most) {
    fmt::print(
        "fan_out: {} connections each way, since a process may have {} "
        "descriptors\n",
        most, limit.rlim_max);
    settings.connections = most;
  }

  const auto [own_cpu, readers_cpu] = OuterCpus();
  RunOn(own_cpu);
  Members members;
  eddy::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.num_loops = 1;
  options.backend = settings.backend;
  eddy::ws::Server server(members, std::move(options));
  if (const auto status = server.Start(); !status.ok()) {
    fmt::print(stderr, "fan_out: {}\n", status.message());
    return 1;
  }
  BareSends bare(settings);
  const pid_t clients =
      StartClients(settings, readers_cpu, bare.port(), server.address().port());
  bare.Accept(settings.connections);
  while (members.count < settings.connections) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Measure(settings, bare, server);
  StopClients(clients);
  server.Stop();
  return server.Wait().ok() ? 0 : 1;
}
