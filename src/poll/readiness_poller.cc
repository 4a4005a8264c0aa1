// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReadinessPoller: all verbs of a Poller on top of readiness.

#include "poll/readiness_poller.h"

#include <fcntl.h>

#include <array>
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

// Errors of accept that belong to the one connection that was to be accepted,
// not to the listener.
bool IsPeersFault(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EPERM:  // a firewall's refusal
      return true;
    default:
      return false;
  }
}

}  // namespace

ReadinessPoller::ReadinessPoller(std::shared_ptr<const os::WakeFd> wake_fd)
    : wake_fd_(std::move(wake_fd)),
      receive_block_(
          std::make_unique_for_overwrite<std::byte[]>(kTurnBudgetBytes)) {}

void ReadinessPoller::Wake() { wake_fd_->Wake(); }

// ---- Registrations ----------------------------------------------------------

bool ReadinessPoller::Is(int fd, std::uint32_t generation) const noexcept {
  const auto& entry = registrations_[static_cast<unsigned>(fd)];
  return entry.kind != Kind::kNone && entry.generation == generation;
}

ReadinessPoller::Token ReadinessPoller::TokenOf(int fd) const noexcept {
  const Registration& entry = registrations_[static_cast<unsigned>(fd)];
  if (entry.kind == Kind::kTransport) {
    return reinterpret_cast<std::uintptr_t>(entry.transport) | kTransportBit;
  }
  return Token{entry.generation} << 32 | Token{static_cast<unsigned>(fd)} << 1;
}

Transport* ReadinessPoller::TransportOf(Token token) noexcept {
  if ((token & kTransportBit) == 0) return nullptr;
  // What the kernel carries is a number.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<Transport*>(
      static_cast<std::uintptr_t>(token & ~kTransportBit));
}

Status ReadinessPoller::Claim(int fd, Kind kind) try {
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
  entry.requests = {nullptr, nullptr};
  return {};
} catch (const std::bad_alloc&) {
  return Error::kNoMemory;
}

void ReadinessPoller::Disclaim(int fd) {
  Disarm(fd);
  At(fd).kind = Kind::kNone;
}

int ReadinessPoller::Arm(int fd, Interest interest) {
  Registration& entry = At(fd);
  if (entry.armed == interest) return 0;
  const int error = entry.is_registered
                        ? Change(fd, entry.armed, interest, TokenOf(fd))
                        : Register(fd, interest, TokenOf(fd));
  if (error != 0) return error;
  entry.is_registered = true;
  entry.armed = interest;
  return 0;
}

void ReadinessPoller::Disarm(int fd) {
  Registration& entry = At(fd);
  if (!entry.is_registered) return;
  Deregister(fd, entry.armed);
  entry.is_registered = false;
  entry.armed = Interest::kNone;
}

Status ReadinessPoller::Add(int fd, Interest interest, ReadySink& sink) {
  if (Status status = Claim(fd, Kind::kReady); !status.ok()) return status;
  At(fd).ready = &sink;
  if (Status status = Modify(fd, interest); !status.ok()) {
    Disclaim(fd);
    return status;
  }
  return {};
}

Status ReadinessPoller::Modify(int fd, Interest interest) {
  // Taken out altogether for kNone: hang-ups would be reported all the same.
  if (interest == Interest::kNone) {
    Disarm(fd);
    return {};
  }
  return Status::FromErrno(Arm(fd, interest));
}

void ReadinessPoller::Remove(int fd) {
  if (fd < 0 || static_cast<unsigned>(fd) >= registrations_.size()) return;
  Registration& entry = At(fd);
  if (entry.kind == Kind::kNone) return;
  EDDY_DCHECK(entry.kind != Kind::kTransport, "use CloseTransport");
  if (entry.kind == Kind::kRequests) {
    for (Operation* operation : {entry.requests.read, entry.requests.write}) {
      if (operation != nullptr) Complete(*operation, Error::kCancelled);
    }
  }
  Disclaim(fd);
}

void ReadinessPoller::Prefetch(Token token) noexcept {
  if ((token & kTransportBit) == 0) return;
  // A connection's three lines that each message touches.
  const auto* at = reinterpret_cast<const std::byte*>(TransportOf(token));
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
  __builtin_prefetch(at + 128);
}

void ReadinessPoller::Dispatch(Token token, Readiness ready, int error) {
  Transport* const transport = TransportOf(token);
  if (transport == nullptr) return DispatchOther(token, ready, error);
  // An event of the same batch, or another stream's up-call, was its end.
  if (transport->notes.is_broken || transport->notes.is_closing) return;
  ++event_count_;
  if (error != 0) transport->notes.error = error;
  OnTransportReady(*transport, ready);
}

void ReadinessPoller::DispatchOther(Token token, Readiness ready, int error) {
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
      return FinishConnect(fd);
    case Kind::kRequests:
      return OnRequestsReady(fd, ready);
    case Kind::kTransport:
    case Kind::kNone:
      return;
  }
}

void ReadinessPoller::TellReady(const Registration& entry, Readiness ready) {
  Interest interest = entry.armed;
  if ((ready & (kFailed | kHungUp)) == 0) {
    Interest told = Interest::kNone;
    if ((ready & kReadable) != 0) told = told | Interest::kRead;
    if ((ready & kWritable) != 0) told = told | Interest::kWrite;
    interest = interest & told;
  }
  if (interest != Interest::kNone) entry.ready->OnReady(interest);
}

Status ReadinessPoller::Wait(std::chrono::nanoseconds timeout) {
  if (queued_ != nullptr || completed_first_ != nullptr) {
    timeout = std::chrono::nanoseconds::zero();
  }
  Status status = Collect(timeout);
  if (completed_first_ != nullptr) DeliverCompleted();
  if (queued_ != nullptr) DeliverQueued();
  return status;
}

// ---- Sockets that come to be ------------------------------------------------

Status ReadinessPoller::Listen(int fd, ListenSink& sink) {
  if (Status status = Claim(fd, Kind::kListen); !status.ok()) return status;
  At(fd).listener = &sink;
  const int error = Arm(fd, Interest::kRead);
  if (error != 0) Disclaim(fd);
  return Status::FromErrno(error);
}

void ReadinessPoller::AcceptSome(int fd, std::uint32_t generation) {
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
    if (!IsPeersFault(-accepted.fd)) return sink.OnAcceptError(-accepted.fd);
  }
}

Status ReadinessPoller::Connect(int fd, const Address& address,
                                ConnectSink& sink) {
  if (Status status = Claim(fd, Kind::kConnect); !status.ok()) return status;
  At(fd).connector = &sink;
  const os::SocketAddress name(address);
  int error = -os::Connect(fd, name.get(), name.size);
  // A connection that is made at once is told like any other, by Wait.
  if (error == EINPROGRESS || error == EINTR) error = 0;
  if (error == 0) error = Arm(fd, Interest::kWrite);
  if (error != 0) Disclaim(fd);
  return Status::FromErrno(error);
}

void ReadinessPoller::FinishConnect(int fd) {
  ConnectSink& sink = *At(fd).connector;
  const int told = At(fd).error;
  const int error = told != 0 ? told : os::TakeError(fd);
  Disclaim(fd);
  sink.OnConnect(Status::FromErrno(error));
}

// ---- Transports -------------------------------------------------------------

Status ReadinessPoller::OpenTransport(Transport& transport) {
  const int fd = transport.fd();
  if (Status status = Claim(fd, Kind::kTransport); !status.ok()) return status;
  At(fd).transport = &transport;
  transport.notes.is_receiving = true;
  const int error = Arm(fd, Interest::kRead);
  if (error != 0) Disclaim(fd);
  return Status::FromErrno(error);
}

void ReadinessPoller::Rearm(Transport& transport) {
  Interest interest = Interest::kNone;
  if (transport.notes.is_receiving && !transport.notes.has_ended) {
    interest = interest | Interest::kRead;
  }
  if (transport.notes.is_blocked) interest = interest | Interest::kWrite;
  const int error = Arm(transport.fd(), interest);
  if (error == 0) return;
  transport.notes.error = error;
  Queue(transport);
}

void ReadinessPoller::SetReceiving(Transport& transport, bool on) {
  transport.notes.is_receiving = on;
  if (!on || transport.notes.is_closing || transport.notes.has_ended) return;
  if (!Has(At(transport.fd()).armed, Interest::kRead)) Rearm(transport);
}

inline void ReadinessPoller::OnTransportReady(Transport& transport,
                                              Readiness ready) {
  auto& notes = transport.notes;
  const bool is_wanted = notes.is_receiving && !notes.has_ended;
  if (is_wanted && (ready & (kReadable | kHungUp | kFailed)) != 0) {
    Receive(transport);
  } else if ((ready & kFailed) != 0) {
    return Break(transport, os::TakeError(transport.fd()));
  } else if ((ready & kHungUp) != 0 && !notes.is_blocked) {
    // Reported whatever the interest, so nothing but leaving helps. Resuming
    // comes back to it.
    return Disarm(transport.fd());
  } else if ((ready & kReadable) != 0) {
    Rearm(transport);
  }
  if (!notes.is_blocked || (ready & (kWritable | kHungUp)) == 0) return;
  if (!notes.is_closing && !notes.is_broken) SendOutput(transport);
}

inline void ReadinessPoller::Receive(Transport& transport) {
  const int fd = transport.fd();
  const std::span<std::byte> block(receive_block_.get(), kTurnBudgetBytes);
  const ssize_t received = os::Recv(fd, block);
  if (received > 0) {
    return transport.OnBytes(block.first(static_cast<std::size_t>(received)));
  }
  if (os::WouldBlock(received)) return;
  if (received < 0) return Break(transport, static_cast<int>(-received));
  // Once the error is out of the socket, a reset reads like FIN.
  if (transport.notes.error != 0) {
    return Break(transport, transport.notes.error);
  }
  transport.notes.has_ended = true;
  Rearm(transport);
  transport.OnEnd(Status());
}

std::size_t ReadinessPoller::TrySend(Transport& transport,
                                     std::span<const std::byte> bytes) {
  const auto& notes = transport.notes;
  if (notes.is_blocked || notes.is_closing || notes.is_broken ||
      notes.error != 0) {
    return 0;
  }
  const ssize_t sent = os::Send(transport.fd(), bytes);
  if (sent < 0 && !os::WouldBlock(sent)) {
    transport.notes.error = static_cast<int>(-sent);  // Flush tells it
    return 0;
  }
  const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  // The next Flush need not ask again; it asks for the event.
  transport.notes.is_blocked = taken < bytes.size();
  return taken;
}

void ReadinessPoller::Flush(Transport& transport) {
  if (transport.notes.is_closing || transport.notes.is_broken) return;
  if (transport.notes.error != 0) {
    return Break(transport, transport.notes.error);
  }
  if (transport.notes.is_blocked) return Rearm(transport);
  SendOutput(transport);
}

void ReadinessPoller::SendOutput(Transport& transport) {
  auto& notes = transport.notes;
  std::array<std::span<const std::byte>, os::kMaxViews> views;
  const std::size_t count = transport.output().Gather(views, kTurnBudgetBytes);
  std::size_t sent = 0;
  if (count > 0) {
    const ssize_t result =
        os::SendViews(transport.fd(), std::span(views).first(count));
    if (result < 0 && !os::WouldBlock(result)) {
      return Break(transport, static_cast<int>(-result));
    }
    if (result > 0) sent = static_cast<std::size_t>(result);
  }
  // What is over, too large for one turn or for the kernel, waits for the event
  // that says it may go.
  notes.is_blocked = sent < transport.output().size();
  if (sent > 0 || count == 0) transport.OnSent(sent);
  if (!notes.is_closing && !notes.is_broken) Rearm(transport);
}

void ReadinessPoller::Break(Transport& transport, int error) {
  transport.notes.has_ended = true;
  transport.notes.is_broken = true;
  // What an event told says more than the EPIPE that follows it.
  const int told = transport.notes.error;
  if (told != 0) error = told;
  Disarm(transport.fd());
  transport.OnEnd(Status::FromErrno(error != 0 ? error : ECONNRESET));
}

void ReadinessPoller::CloseTransport(Transport& transport) {
  if (transport.notes.is_closing) return;
  transport.notes.is_closing = true;
  Disclaim(transport.fd());
  Queue(transport);
}

void ReadinessPoller::Queue(Transport& transport) {
  if (transport.notes.is_queued) return;
  transport.notes.is_queued = true;
  transport.notes.next = std::exchange(queued_, &transport);
}

void ReadinessPoller::DeliverQueued() {
  Transport* transport = std::exchange(queued_, nullptr);
  while (transport != nullptr) {
    Transport* const next = transport->notes.next;
    transport->notes.is_queued = false;
    ++event_count_;
    if (transport->notes.is_closing) {
      transport->OnClosed();
    } else if (!transport->notes.is_broken) {
      Break(*transport, transport->notes.error);
    }
    transport = next;
  }
}

}  // namespace eddy::internal
