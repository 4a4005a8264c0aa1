// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Listener: accepts connections for a thread that waits for them.

#include "eddy/listener.h"

#include <poll.h>

#include <array>
#include <atomic>
#include <utility>

#include "base/clock.h"
#include "os/patience.h"
#include "os/socket.h"
#include "os/syscalls.h"
#include "os/wake_fd.h"

namespace eddy {
namespace {

// So many peers that gave up are passed over at a time: the fault may be here.
constexpr int kMaxFaults = 64;

}  // namespace

struct Listener::Core {
  UniqueFd socket;
  os::WakeFd closing;  // woken once, and never drained: it wakes all
  Address address;
  std::atomic<bool> is_closed = false;
};

Result<std::unique_ptr<Listener>> Listener::Create(std::string_view address,
                                                   ListenerOptions options) {
  const auto parsed = Address::Parse(address);
  if (!parsed) return parsed.status();
  auto socket = os::Listen(*parsed, {.backlog = options.backlog,
                                     .reuse_port = options.reuse_port,
                                     .no_delay = options.no_delay,
                                     .keep_alive = options.keep_alive});
  if (!socket) return socket.status();
  auto closing = os::WakeFd::Create();
  if (!closing) return closing.status();
  Address bound = os::LocalAddress(socket->get());
  return std::unique_ptr<Listener>(new Listener(std::unique_ptr<Core>(
      new Core{*std::move(socket), *std::move(closing), std::move(bound)})));
}

Listener::Listener(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Listener::~Listener() { Close(); }

Result<UniqueFd> Listener::Accept(std::chrono::nanoseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const auto end = internal::AddSaturated(Clock::now(), timeout);
  std::array<pollfd, 2> ready = {
      {{core_->socket.get(), POLLIN, 0}, {core_->closing.fd(), POLLIN, 0}}};
  for (int faults = 0;;) {
    if (core_->is_closed) return Error::kClosed;
    const int result = os::AcceptFrom(core_->socket.get()).fd;
    if (result >= 0) return UniqueFd(result);
    if (core_->is_closed) return Error::kClosed;
    if (os::WouldBlock(result)) {
      Status status = os::AwaitReady(ready, end);
      if (!status.ok()) return status;
    } else if (!os::IsPeersFault(-result) || ++faults > kMaxFaults) {
      return Status::FromErrno(-result, "accept");
    }
  }
}

void Listener::Close() {
  if (core_->is_closed.exchange(true)) return;
  // While it listens nobody else takes the path over.
  os::UnlinkPath(core_->address);
  // Others may be about to use its number, so it stays open.
  os::Shutdown(core_->socket.get());
  core_->closing.Wake();
}

Address Listener::address() const { return core_->address; }

}  // namespace eddy
