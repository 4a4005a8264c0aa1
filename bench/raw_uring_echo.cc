// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// raw_uring_echo: the smallest correct io_uring echo server, the limit of what
// eddy's io_uring backend is measured against.
//
// One thread, one enter a turn. Multishot accept; multishot receives into a
// ring of provided buffers; each buffer is sent back from where it is, one send
// at a time for a connection, and returned when it has gone.
//
// usage: raw_uring_echo [--port N] [--cpu N]

#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

constexpr unsigned kSubmissions = 1024;
constexpr unsigned kCompletions = 8192;
constexpr unsigned kBufferCount = 64;
constexpr unsigned kBufferBytes = 64 * 1024;
constexpr int kBufferGroup = 0;
constexpr int kBacklog = 4096;

[[noreturn]] void Die(const char* what, int error) {
  std::fprintf(stderr, "raw_uring_echo: %s: %s\n", what, std::strerror(error));
  std::exit(1);
}

// What a completion is of: in user_data, below the descriptor.
enum class Of : std::uint64_t { kAccept, kReceive, kSend };

// A buffer, or what is left of it, that is to be sent.
struct Piece {
  unsigned id;
  unsigned begin;
  unsigned end;
};

struct Peer {
  std::deque<Piece> pieces;  // the first is being sent
  bool is_receiving = false;
  bool is_over = false;  // to be closed when nothing is under way
};

// EchoServer: accepts on one listener and echoes until the process ends.
//
// A descriptor is closed when no operation on it is left, so a completion never
// meets a reused one.
class EchoServer {
 public:
  explicit EchoServer(std::uint16_t port);

  std::uint16_t port() const;
  [[noreturn]] void Run();

 private:
  io_uring_sqe* Next();
  void Accept();
  void Receive(int fd);
  void Send(int fd);
  void Return(unsigned id);
  void OnAccepted(int fd, unsigned flags);
  void OnReceived(int fd, int result, unsigned flags);
  void OnSent(int fd, int result);
  void End(int fd);
  void CloseIfDone(int fd);
  Peer& At(int fd) { return peers_[static_cast<std::size_t>(fd)]; }

  int listener_;
  io_uring ring_{};
  io_uring_buf_ring* entries_ = nullptr;
  std::byte* buffers_ = nullptr;
  std::vector<Peer> peers_;  // by descriptor
  std::deque<int> starved_;  // receives that found no buffer, in order
};

EchoServer::EchoServer(std::uint16_t port)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (listener_ < 0) Die("socket", errno);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address),
           sizeof address) != 0) {
    Die("bind", errno);
  }
  if (listen(listener_, kBacklog) != 0) Die("listen", errno);

  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_CQSIZE;
  params.cq_entries = kCompletions;
  if (const int result =
          io_uring_queue_init_params(kSubmissions, &ring_, &params);
      result < 0) {
    Die("io_uring_queue_init", -result);
  }
  constexpr std::size_t kEntriesBytes = 4096;
  void* const mapping =
      mmap(nullptr, kEntriesBytes + std::size_t{kBufferCount} * kBufferBytes,
           PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) Die("mmap", errno);
  entries_ = static_cast<io_uring_buf_ring*>(mapping);
  buffers_ = static_cast<std::byte*>(mapping) + kEntriesBytes;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(mapping);
  registration.ring_entries = kBufferCount;
  registration.bgid = kBufferGroup;
  if (const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
      result < 0) {
    Die("io_uring_register_buf_ring", -result);
  }
  io_uring_buf_ring_init(entries_);
  for (unsigned id = 0; id < kBufferCount; ++id) Return(id);
}

std::uint16_t EchoServer::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) !=
      0) {
    Die("getsockname", errno);
  }
  return ntohs(address.sin_port);
}

// To be called when a submission is prepared.
void Name(io_uring_sqe* submission, Of of, int fd) {
  submission->user_data =
      static_cast<std::uint64_t>(fd) << 2 | static_cast<std::uint64_t>(of);
}

io_uring_sqe* EchoServer::Next() {
  io_uring_sqe* next = io_uring_get_sqe(&ring_);
  if (next == nullptr) {
    io_uring_submit(&ring_);
    next = io_uring_get_sqe(&ring_);
  }
  if (next == nullptr) Die("io_uring_get_sqe", EBUSY);
  return next;
}

void EchoServer::Accept() {
  io_uring_sqe* const sqe = Next();
  io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr,
                                 SOCK_CLOEXEC);
  Name(sqe, Of::kAccept, listener_);
}

void EchoServer::Receive(int fd) {
  io_uring_sqe* const sqe = Next();
  io_uring_prep_recv_multishot(sqe, fd, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  Name(sqe, Of::kReceive, fd);
  At(fd).is_receiving = true;
}

void EchoServer::Send(int fd) {
  const Piece& piece = At(fd).pieces.front();
  io_uring_sqe* const sqe = Next();
  io_uring_prep_send(
      sqe, fd, buffers_ + std::size_t{piece.id} * kBufferBytes + piece.begin,
      piece.end - piece.begin, MSG_NOSIGNAL | MSG_WAITALL);
  Name(sqe, Of::kSend, fd);
}

void EchoServer::Return(unsigned id) {
  io_uring_buf_ring_add(entries_, buffers_ + std::size_t{id} * kBufferBytes,
                        kBufferBytes, static_cast<unsigned short>(id),
                        kBufferCount - 1, 0);
  io_uring_buf_ring_advance(entries_, 1);
  while (!starved_.empty()) {
    const int fd = starved_.front();
    starved_.pop_front();
    if (!At(fd).is_receiving && !At(fd).is_over) return Receive(fd);
  }
}

void EchoServer::Run() {
  Accept();
  for (;;) {
    const int result = io_uring_submit_and_wait(&ring_, 1);
    if (result < 0 && result != -EINTR)
      Die("io_uring_submit_and_wait", -result);
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++count;
      const int fd = static_cast<int>(cqe->user_data >> 2);
      switch (static_cast<Of>(cqe->user_data & 3)) {
        case Of::kAccept:
          OnAccepted(cqe->res, cqe->flags);
          break;
        case Of::kReceive:
          OnReceived(fd, cqe->res, cqe->flags);
          break;
        case Of::kSend:
          OnSent(fd, cqe->res);
          break;
      }
    }
    io_uring_cq_advance(&ring_, count);
  }
}

void EchoServer::OnAccepted(int fd, unsigned flags) {
  if (fd >= 0) {
    if (static_cast<std::size_t>(fd) >= peers_.size()) {
      peers_.resize(static_cast<std::size_t>(fd) + 1);
    }
    At(fd) = Peer{};
    Receive(fd);
  } else if (fd == -EMFILE || fd == -ENFILE) {
    usleep(50'000);  // A server for measuring: nothing else is to be done.
  }
  if ((flags & IORING_CQE_F_MORE) == 0) Accept();
}

void EchoServer::OnReceived(int fd, int result, unsigned flags) {
  Peer& peer = At(fd);
  if ((flags & IORING_CQE_F_MORE) == 0) peer.is_receiving = false;
  if (result > 0) {
    const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
    if (peer.is_over) {
      Return(id);
    } else {
      peer.pieces.push_back({id, 0, static_cast<unsigned>(result)});
      if (peer.pieces.size() == 1) Send(fd);
    }
  } else if (result == -ENOBUFS && !peer.is_over) {
    return starved_.push_back(fd);
  } else {
    peer.is_over = true;
  }
  if (peer.is_over) return CloseIfDone(fd);
  if (!peer.is_receiving) Receive(fd);
}

void EchoServer::OnSent(int fd, int result) {
  Peer& peer = At(fd);
  Piece& piece = peer.pieces.front();
  if (result > 0) piece.begin += static_cast<unsigned>(result);
  if (result < 0) return End(fd);
  if (piece.begin == piece.end) {
    const unsigned id = piece.id;
    peer.pieces.pop_front();
    Return(id);
  }
  if (!peer.pieces.empty()) return Send(fd);
  if (peer.is_over) CloseIfDone(fd);
}

// The peer takes no more.
void EchoServer::End(int fd) {
  Peer& peer = At(fd);
  peer.is_over = true;
  while (!peer.pieces.empty()) {
    const unsigned id = peer.pieces.front().id;
    peer.pieces.pop_front();
    Return(id);
  }
  shutdown(fd, SHUT_RDWR);  // ends the receive
  CloseIfDone(fd);
}

void EchoServer::CloseIfDone(int fd) {
  const Peer& peer = At(fd);
  if (!peer.is_receiving && peer.pieces.empty()) close(fd);
}

bool ParseNumber(std::string_view text, int& number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

[[noreturn]] void PrintUsage() {
  std::fprintf(stderr, "usage: raw_uring_echo [--port N] [--cpu N]\n");
  std::exit(2);
}

void PinTo(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<std::size_t>(cpu), &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
    Die("sched_setaffinity", errno);
  }
}

// The kernel ends everything of a process that ends.
void ExitOnSignal(int) { _exit(0); }

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  int cpu = -1;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    int* const number = name == "--port" ? &port : &cpu;
    if ((name != "--port" && name != "--cpu") || i + 1 == argc ||
        !ParseNumber(argv[i + 1], *number)) {
      PrintUsage();
    }
  }
  if (port < 0 || port > 65535) PrintUsage();
  if (cpu >= 0) PinTo(cpu);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  signal(SIGINT, ExitOnSignal);
  signal(SIGTERM, ExitOnSignal);
  EchoServer server(static_cast<std::uint16_t>(port));
  std::printf("listening on 127.0.0.1:%u\n", unsigned{server.port()});
  std::fflush(stdout);
  server.Run();
}
