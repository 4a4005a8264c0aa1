// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DescriptorPoller: the verbs that need no more than readiness.

#include "poll/descriptor_poller.h"

#include <fcntl.h>

#include <cerrno>
#include <new>
#include <utility>

#include "base/check.h"
#include "os/socket.h"
#include "os/syscalls.h"

namespace eddy::internal {
namespace {

constexpr int kAcceptBatch = 64;

// The lowest bit of a token, which no address has set.
constexpr std::uint64_t kTransportBit = 1;
static_assert(alignof(Transport) > kTransportBit);

}  // namespace

DescriptorPoller::DescriptorPoller(std::shared_ptr<const os::WakeFd> wake_fd)
    : wake_fd_(std::move(wake_fd)) {}

void DescriptorPoller::Wake() { wake_fd_->Wake(); }

// ---- Registrations ----------------------------------------------------------

bool DescriptorPoller::Is(int fd, std::uint32_t generation) const noexcept {
  const auto& entry = registrations_[static_cast<unsigned>(fd)];
  return entry.kind != Kind::kNone && entry.generation == generation;
}

DescriptorPoller::Token DescriptorPoller::TokenOf(int fd) const noexcept {
  const Registration& entry = registrations_[static_cast<unsigned>(fd)];
  if (entry.kind == Kind::kTransport) {
    return reinterpret_cast<std::uintptr_t>(entry.transport) | kTransportBit;
  }
  return Token{entry.generation} << 32 | Token{static_cast<unsigned>(fd)} << 1;
}

Transport* DescriptorPoller::TransportOf(Token token) noexcept {
  if ((token & kTransportBit) == 0) return nullptr;
  // What the kernel carries is a number.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<Transport*>(
      static_cast<std::uintptr_t>(token & ~kTransportBit));
}

Status DescriptorPoller::Claim(int fd, Kind kind) try {
  if (fd < 0) return Status::FromErrno(EBADF);
  const auto index = static_cast<unsigned>(fd);
  if (index >= registrations_.size()) {
    // A number that is no descriptor must not make the table huge.
    if (::fcntl(fd, F_GETFD) < 0) return Status::FromErrno(EBADF);
    registrations_.resize(index + 1);
  }
  Registration& entry = registrations_[index];
  if (entry.kind != Kind::kNone) {
    return Status(Error::kInvalidArgument, "the descriptor is in use already");
  }
  ++entry.generation;
  entry.kind = kind;
  entry.error = 0;
  entry.is_drained = false;
  entry.requests = {nullptr, nullptr};
  return {};
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

Status DescriptorPoller::Claim(Transport& transport) {
  Status status = Claim(transport.fd(), Kind::kTransport);
  if (status.ok()) At(transport.fd()).transport = &transport;
  return status;
}

void DescriptorPoller::Disclaim(int fd) {
  Disarm(fd);
  At(fd).kind = Kind::kNone;
}

int DescriptorPoller::Arm(int fd, Interest interest) {
  return At(fd).armed == interest ? 0 : Report(fd, interest);
}

int DescriptorPoller::ArmForFailure(int fd) {
  const bool is_armed = At(fd).is_registered && armed(fd) == Interest::kNone;
  return is_armed ? 0 : Report(fd, Interest::kNone);
}

int DescriptorPoller::Report(int fd, Interest interest) {
  Registration& entry = At(fd);
  const int error = entry.is_registered
                        ? Change(fd, entry.armed, interest, TokenOf(fd))
                        : Register(fd, interest, TokenOf(fd));
  if (error != 0) return error;
  entry.is_registered = true;
  entry.armed = interest;
  return 0;
}

void DescriptorPoller::Disarm(int fd) {
  Registration& entry = At(fd);
  if (!entry.is_registered) return;
  Deregister(fd, entry.armed);
  entry.is_registered = false;
  entry.armed = Interest::kNone;
}

Status DescriptorPoller::Add(int fd, Interest interest, ReadySink& sink) {
  if (Status status = Claim(fd, Kind::kReady); !status.ok()) return status;
  At(fd).ready = &sink;
  if (Status status = Modify(fd, interest); !status.ok()) {
    Disclaim(fd);
    return status;
  }
  return {};
}

Status DescriptorPoller::Modify(int fd, Interest interest) {
  // Taken out altogether for kNone: hang-ups would be reported all the same.
  if (interest == Interest::kNone) {
    Disarm(fd);
    return {};
  }
  return Status::FromErrno(Arm(fd, interest));
}

void DescriptorPoller::Remove(int fd) {
  if (fd < 0 || static_cast<unsigned>(fd) >= registrations_.size()) return;
  Registration& entry = At(fd);
  if (entry.kind == Kind::kNone) return;
  EDDY_DCHECK(entry.kind != Kind::kTransport, "use CloseTransport");
  EDDY_DCHECK(
      entry.kind != Kind::kRequests ||
          (entry.requests.read == nullptr && entry.requests.write == nullptr),
      "a request is under way: Cancel it first");
  Disclaim(fd);
}

void DescriptorPoller::Dispatch(Token token, Readiness ready, int error) {
  if (token == kWakeToken) return;  // it has done its work
  const int fd = static_cast<int>((token & 0xFFFFFFFFU) >> 1);
  const auto generation = static_cast<std::uint32_t>(token >> 32);
  if (!Is(fd, generation)) return;
  ++event_count_;
  if (error != 0) At(fd).error = error;
  // A copy: an up-call may make the table grow.
  const Registration entry = At(fd);
  switch (entry.kind) {
    case Kind::kReady:
      return TellReady(entry, ready);
    case Kind::kListen:
      return AcceptSome(fd, generation);
    case Kind::kConnect:
      return FinishConnect(fd, generation,
                           entry.error != 0 ? entry.error : os::TakeError(fd));
    case Kind::kRequests:
      return OnRequestsReady(fd, ready);
    case Kind::kTransport:
    case Kind::kNone:
      return;
  }
}

void DescriptorPoller::TellReady(const Registration& entry, Readiness ready) {
  Interest interest = entry.armed;
  if ((ready & (kFailed | kHungUp)) == 0) {
    Interest told = Interest::kNone;
    if ((ready & kReadable) != 0) told = told | Interest::kRead;
    if ((ready & kWritable) != 0) told = told | Interest::kWrite;
    interest = interest & told;
  }
  if (interest != Interest::kNone) entry.ready->OnReady(interest);
}

// ---- Sockets that come to be ------------------------------------------------

Status DescriptorPoller::Listen(int fd, ListenSink& sink) {
  if (Status status = Claim(fd, Kind::kListen); !status.ok()) return status;
  At(fd).listener = &sink;
  const int error = Arm(fd, Interest::kRead);
  if (error != 0) Disclaim(fd);
  return Status::FromErrno(error);
}

void DescriptorPoller::AcceptSome(int fd, std::uint32_t generation) {
  ListenSink& sink = *At(fd).listener;
  for (int i = 0; i < kAcceptBatch && Is(fd, generation); ++i) {
    const os::Accepted accepted = os::AcceptFrom(fd);
    UniqueFd owned(accepted.fd);
    if (owned) {
      Address peer;
      try {
        peer = accepted.peer.ToAddress();
      } catch (const std::bad_alloc&) {
        continue;  // drops the connection: there is no memory to serve it
      }
      sink.OnAccept(std::move(owned), std::move(peer));
      continue;
    }
    if (os::WouldBlock(accepted.fd)) return;
    const int error = -accepted.fd;
    if (!os::IsPeersFault(error)) return sink.OnAcceptError(error);
  }
}

Status DescriptorPoller::Connect(int fd, const Address& address,
                                 ConnectSink& sink) {
  if (Status status = ClaimConnect(fd, sink); !status.ok()) return status;
  const os::SocketAddress name(address);
  int error = -os::Connect(fd, name.get(), name.size);
  // A connection that is made at once is told like any other, by Wait.
  if (error == EINPROGRESS || error == EINTR) error = 0;
  if (error == 0) error = Arm(fd, Interest::kWrite);
  if (error != 0) Disclaim(fd);
  return Status::FromErrno(error);
}

Status DescriptorPoller::ClaimConnect(int fd, ConnectSink& sink) {
  Status status = Claim(fd, Kind::kConnect);
  if (status.ok()) At(fd).connector = &sink;
  return status;
}

bool DescriptorPoller::is_connecting(int fd) noexcept {
  return fd >= 0 && static_cast<unsigned>(fd) < registrations_.size() &&
         At(fd).kind == Kind::kConnect;
}

void DescriptorPoller::FinishConnect(int fd, std::uint32_t generation,
                                     int error) {
  if (!Is(fd, generation)) return;
  ConnectSink& sink = *At(fd).connector;
  Disclaim(fd);
  sink.OnConnect(Status::FromErrno(error));
}

}  // namespace eddy::internal
