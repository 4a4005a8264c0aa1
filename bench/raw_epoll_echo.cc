// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// raw_epoll_echo: the smallest correct epoll echo server, the limit that eddy
// is measured against.
//
// One thread, level-triggered. One recv per event into one shared block, the
// answer is sent from that block at once. Only when the kernel does not take
// all of it does a connection own memory: the remainder is kept, and until it
// has gone the connection is watched for room to write and not read.
//
// usage: raw_epoll_echo [--port N] [--cpu N]

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kReceiveBlockBytes = 256 * 1024;
constexpr int kMaxEvents = 1024;
constexpr int kMaxAcceptsPerEvent = 64;
constexpr int kBacklog = 4096;
constexpr int kAcceptRetryMilliseconds = 50;

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "raw_epoll_echo: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// What the kernel did not take yet of one connection's answer.
struct Remainder {
  std::vector<std::byte> bytes;
  std::size_t sent = 0;
};

// EchoServer: accepts on one listener and echoes until the process ends.
//
// An event carries nothing but its fd. That is safe because a connection is
// closed only while its own event is handled, and a descriptor has at most one
// event in a batch, so none of the batch can meet a reused descriptor.
class EchoServer {
 public:
  explicit EchoServer(std::uint16_t port);

  std::uint16_t port() const;
  [[noreturn]] void Run();

 private:
  void AcceptBatch();
  void PauseAccepting();
  void ResumeAccepting();
  void HandleConnection(int fd);
  void Receive(int fd);
  void Drain(int fd, Remainder& remainder);
  void Keep(int fd, const std::byte* bytes, std::size_t size);
  void Close(int fd);
  void Watch(int operation, int fd, std::uint32_t events);

  int listener_;
  int epoll_;
  bool is_accepting_ = true;
  std::vector<std::byte> block_;
  std::vector<Remainder> remainders_;  // Indexed by fd; nearly all are empty.
};

EchoServer::EchoServer(std::uint16_t port)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      block_(kReceiveBlockBytes) {
  if (listener_ < 0) Die("socket");
  if (epoll_ < 0) Die("epoll_create1");
  // Accepted sockets inherit TCP_NODELAY, which saves a call for each of them.
  const int on = 1;
  if (setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    Die("setsockopt");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address),
           sizeof address) != 0) {
    Die("bind");
  }
  if (listen(listener_, kBacklog) != 0) Die("listen");
  Watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
}

std::uint16_t EchoServer::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) !=
      0) {
    Die("getsockname");
  }
  return ntohs(address.sin_port);
}

void EchoServer::Run() {
  std::array<epoll_event, kMaxEvents> events;
  for (;;) {
    const int timeout = is_accepting_ ? -1 : kAcceptRetryMilliseconds;
    const int count = epoll_wait(epoll_, events.data(), kMaxEvents, timeout);
    if (count < 0 && errno != EINTR) Die("epoll_wait");
    if (count == 0) ResumeAccepting();
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_) {
        AcceptBatch();
      } else {
        HandleConnection(fd);
      }
    }
  }
}

void EchoServer::AcceptBatch() {
  for (int i = 0; i < kMaxAcceptsPerEvent; ++i) {
    const int fd =
        accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN) return;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
          errno == ENOMEM) {
        return PauseAccepting();
      }
      continue;  // That one connection failed before it was accepted.
    }
    if (static_cast<std::size_t>(fd) >= remainders_.size()) {
      remainders_.resize(static_cast<std::size_t>(fd) + 1);
    }
    Watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }
}

// Leaves waiting clients in the backlog until a descriptor returns; a listener
// that stayed watched would report them in every turn.
void EchoServer::PauseAccepting() {
  is_accepting_ = false;
  Watch(EPOLL_CTL_MOD, listener_, 0);
}

void EchoServer::ResumeAccepting() {
  if (is_accepting_) return;
  is_accepting_ = true;
  Watch(EPOLL_CTL_MOD, listener_, EPOLLIN);
}

// Errors and hang-ups need no look at the event: the call says what happened.
void EchoServer::HandleConnection(int fd) {
  Remainder& remainder = remainders_[static_cast<std::size_t>(fd)];
  if (remainder.bytes.empty()) {
    Receive(fd);
  } else {
    Drain(fd, remainder);
  }
}

void EchoServer::Receive(int fd) {
  const ssize_t received = recv(fd, block_.data(), block_.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received <= 0) return Close(fd);
  ssize_t sent =
      send(fd, block_.data(), static_cast<std::size_t>(received), MSG_NOSIGNAL);
  if (sent == received) return;
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) return Close(fd);
    sent = 0;
  }
  Keep(fd, block_.data() + sent, static_cast<std::size_t>(received - sent));
}

void EchoServer::Keep(int fd, const std::byte* bytes, std::size_t size) {
  remainders_[static_cast<std::size_t>(fd)].bytes.assign(bytes, bytes + size);
  Watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
}

void EchoServer::Drain(int fd, Remainder& remainder) {
  const ssize_t sent =
      send(fd, remainder.bytes.data() + remainder.sent,
           remainder.bytes.size() - remainder.sent, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return Close(fd);
  }
  remainder.sent += static_cast<std::size_t>(sent);
  if (remainder.sent < remainder.bytes.size()) return;
  remainder = Remainder();
  Watch(EPOLL_CTL_MOD, fd, EPOLLIN);
}

void EchoServer::Close(int fd) {
  remainders_[static_cast<std::size_t>(fd)] = Remainder();
  close(fd);
  ResumeAccepting();
}

void EchoServer::Watch(int operation, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_, operation, fd, &event) != 0) Die("epoll_ctl");
}

struct Arguments {
  std::uint16_t port = 0;
  int cpu = -1;  // -1: any.
};

[[noreturn]] void RefuseArguments(const char* why, const char* argument) {
  std::fprintf(stderr,
               "raw_epoll_echo: %s: %s\n"
               "usage: raw_epoll_echo [--port N] [--cpu N]\n",
               why, argument);
  std::exit(2);
}

template <typename Number>
Number ParseNumber(const char* text) {
  Number number{};
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, number);
  if (error != std::errc() || stop != end || std::cmp_less(number, 0)) {
    RefuseArguments("not a number in range", text);
  }
  return number;
}

Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--help") {
      std::puts("usage: raw_epoll_echo [--port N] [--cpu N]");
      std::exit(0);
    }
    const bool is_port = name == "--port";
    if (!is_port && name != "--cpu") {
      RefuseArguments("unknown argument", argv[i]);
    }
    if (i + 1 == argc) RefuseArguments("a number must follow", argv[i]);
    ++i;
    if (is_port) {
      arguments.port = ParseNumber<std::uint16_t>(argv[i]);
    } else {
      arguments.cpu = ParseNumber<int>(argv[i]);
    }
  }
  return arguments;
}

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) Die("pin to --cpu");
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The kernel closes every socket of a process that ends, and nothing else is
// left to do, so the handler may end it right away.
void ExitOnSignal(int) { _exit(0); }

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = ParseArguments(argc, argv);
  signal(SIGINT, ExitOnSignal);
  signal(SIGTERM, ExitOnSignal);
  if (arguments.cpu >= 0) PinTo(arguments.cpu);
  RaiseDescriptorLimit();

  EchoServer server(arguments.port);
  std::printf("listening on 127.0.0.1:%d\n", server.port());
  std::fflush(stdout);
  server.Run();
}
