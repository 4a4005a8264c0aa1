// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// lone_echo: echoes on one connection and one thread, for counting
// instructions.
//
// A Server has a thread for each loop, and valgrind runs one thread at a time:
// one that sleeps in io_uring_enter keeps the others from running. So here what
// a worker does for each message is done on the only thread there is. The
// program takes one connection, and ends when that does. bench/instructions
// runs it.
//
// usage: lone_echo BACKEND

#include <poll.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "eddy/eddy.h"
#include "loop/loop_core.h"
#include "net/connection_set.h"
#include "os/socket.h"

namespace {

using eddy::internal::ConnectionSet;
using eddy::internal::LoopCore;

class Echo final : public eddy::Handler {
 public:
  void OnMessage(eddy::Connection& connection,
                 eddy::RingBuffer& input) override {
    connection.Send(input);
  }
  void OnClose(eddy::Connection& connection, const eddy::Status&) override {
    connection.loop().Stop();
  }
};

class NoOwner final : public eddy::internal::SetOwner {
 public:
  void OnConnectionGone(std::size_t) noexcept override {}
  void OnMemoryPressure(std::size_t, bool) noexcept override {}
  void OnDrained(std::size_t) override {}
};

[[noreturn]] void Die(std::string_view why) {
  std::fprintf(stderr, "lone_echo: %.*s\n", static_cast<int>(why.size()),
               why.data());
  std::exit(1);
}

template <typename T>
T Unwrap(eddy::Result<T> result) {
  if (!result) Die(result.status().message());
  return *std::move(result);
}

eddy::Backend BackendNamed(std::string_view name) {
  for (const auto backend : {eddy::Backend::kEpoll, eddy::Backend::kIoUring,
                             eddy::Backend::kKqueue}) {
    if (name == ToString(backend)) return backend;
  }
  Die("usage: lone_echo epoll|io_uring|kqueue");
}

// The first connection that comes.
eddy::os::Accepted AcceptOne() {
  const eddy::UniqueFd listener = Unwrap(eddy::os::Listen(
      Unwrap(eddy::Address::Parse("127.0.0.1:0")), {.no_delay = true}));
  std::printf("listening on %s\n",
              eddy::os::LocalAddress(listener.get()).ToString().c_str());
  std::fflush(stdout);
  pollfd ready = {listener.get(), POLLIN, 0};
  if (::poll(&ready, 1, -1) != 1) Die("poll failed");
  const eddy::os::Accepted accepted = eddy::os::AcceptFrom(listener.get());
  if (accepted.fd < 0) Die("accept failed");
  return accepted;
}

}  // namespace

int main(int argc, char** argv) {
  const auto backend = BackendNamed(argc == 2 ? argv[1] : "");
  const auto loop = Unwrap(LoopCore::Create({.backend = backend}));
  Echo echo;
  NoOwner owner;
  ConnectionSet set(*loop, 0, echo, {}, {}, owner);
  const eddy::os::Accepted accepted = AcceptOne();
  set.Adopt(eddy::UniqueFd(accepted.fd), accepted.peer.ToAddress());
  const eddy::Status status = loop->Run();
  if (!status.ok()) Die(status.message());
  return 0;
}
