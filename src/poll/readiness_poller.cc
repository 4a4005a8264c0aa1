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

Status ToStatus(int error) {
  return error == 0 ? Status() : Status::FromErrno(error);
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
  const auto index = static_cast<unsigned>(fd);
  return Token{registrations_[index].generation} << 32 | index;
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

int ReadinessPoller::ErrorOf(int fd) noexcept {
  const int told = At(fd).error;
  return told != 0 ? told : os::TakeError(fd);
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
  return ToStatus(Arm(fd, interest));
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

void ReadinessPoller::Dispatch(Token token, Readiness ready) {
  const int fd = static_cast<int>(token & 0xFFFFFFFFU);
  const auto generation = static_cast<std::uint32_t>(token >> 32);
  if (static_cast<unsigned>(fd) >= registrations_.size()) return;
  if (!Is(fd, generation)) return;
  ++event_count_;
  if (ready.error != 0) At(fd).error = ready.error;
  // A copy: an up-call may make the table grow.
  const Registration entry = At(fd);
  switch (entry.kind) {
    case Kind::kTransport:
      return OnTransportReady(*entry.transport, ready);
    case Kind::kReady: {
      Interest interest = entry.armed;
      if (!ready.failed && !ready.hung_up) {
        interest =
            interest & ((ready.readable ? Interest::kRead : Interest::kNone) |
                        (ready.writable ? Interest::kWrite : Interest::kNone));
      }
      if (interest != Interest::kNone) entry.ready->OnReady(interest);
      return;
    }
    case Kind::kListen:
      return AcceptSome(fd, generation);
    case Kind::kConnect:
      return FinishConnect(fd);
    case Kind::kRequests:
      return OnRequestsReady(fd, ready);
    case Kind::kNone:
      return;
  }
}

Status ReadinessPoller::Wait(std::chrono::nanoseconds timeout) {
  if (queued_ != nullptr || completed_first_ != nullptr) {
    timeout = std::chrono::nanoseconds::zero();
  }
  Status status = Collect(timeout);
  DeliverCompleted();
  DeliverQueued();
  return status;
}

// ---- Sockets that come to be ------------------------------------------------

Status ReadinessPoller::Listen(int fd, ListenSink& sink) {
  if (Status status = Claim(fd, Kind::kListen); !status.ok()) return status;
  At(fd).listener = &sink;
  const int error = Arm(fd, Interest::kRead);
  if (error != 0) Disclaim(fd);
  return ToStatus(error);
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
  return ToStatus(error);
}

void ReadinessPoller::FinishConnect(int fd) {
  ConnectSink& sink = *At(fd).connector;
  const int error = ErrorOf(fd);
  Disclaim(fd);
  sink.OnConnect(ToStatus(error));
}

// ---- Transports -------------------------------------------------------------

Status ReadinessPoller::OpenTransport(Transport& transport) {
  const int fd = transport.fd();
  if (Status status = Claim(fd, Kind::kTransport); !status.ok()) return status;
  At(fd).transport = &transport;
  transport.notes.is_receiving = true;
  const int error = Arm(fd, Interest::kRead);
  if (error != 0) Disclaim(fd);
  return ToStatus(error);
}

void ReadinessPoller::Rearm(Transport& transport) {
  Interest interest = Interest::kNone;
  if (transport.notes.is_receiving && !transport.notes.has_ended) {
    interest = interest | Interest::kRead;
  }
  if (transport.notes.is_blocked) interest = interest | Interest::kWrite;
  const int error = Arm(transport.fd(), interest);
  if (error == 0) return;
  At(transport.fd()).error = error;
  Queue(transport);
}

void ReadinessPoller::SetReceiving(Transport& transport, bool on) {
  transport.notes.is_receiving = on;
  if (!on || transport.notes.is_closing || transport.notes.has_ended) return;
  if (!Has(At(transport.fd()).armed, Interest::kRead)) Rearm(transport);
}

void ReadinessPoller::OnTransportReady(Transport& transport, Readiness ready) {
  auto& notes = transport.notes;
  // An event of the same batch, or another stream's up-call, broke it.
  if (notes.is_broken) return;
  const bool is_wanted = notes.is_receiving && !notes.has_ended;
  if (is_wanted && (ready.readable || ready.hung_up || ready.failed)) {
    Receive(transport);
  } else if (ready.failed) {
    return Break(transport, ErrorOf(transport.fd()));
  } else if (ready.hung_up && !notes.is_blocked) {
    // Reported whatever the interest, so nothing but leaving helps. Resuming
    // comes back to it.
    return Disarm(transport.fd());
  } else if (ready.readable) {
    Rearm(transport);
  }
  if (notes.is_closing || notes.is_broken || !notes.is_blocked) return;
  if (ready.writable || ready.hung_up) SendOutput(transport);
}

void ReadinessPoller::Receive(Transport& transport) {
  const int fd = transport.fd();
  const std::span<std::byte> block(receive_block_.get(), kTurnBudgetBytes);
  const ssize_t received = os::Recv(fd, block);
  if (received > 0) {
    return transport.OnBytes(block.first(static_cast<std::size_t>(received)));
  }
  if (os::WouldBlock(received)) return;
  if (received < 0) return Break(transport, static_cast<int>(-received));
  // Once the error is out of the socket, a reset reads like FIN.
  if (At(fd).error != 0) return Break(transport, At(fd).error);
  transport.notes.has_ended = true;
  Rearm(transport);
  transport.OnEnd(Status());
}

std::size_t ReadinessPoller::TrySend(Transport& transport,
                                     std::span<const std::byte> bytes) {
  if (transport.notes.is_blocked || transport.notes.is_closing ||
      transport.notes.is_broken || At(transport.fd()).error != 0) {
    return 0;
  }
  const ssize_t sent = os::Send(transport.fd(), bytes);
  if (sent < 0 && !os::WouldBlock(sent)) {
    At(transport.fd()).error = static_cast<int>(-sent);  // Flush tells it
    return 0;
  }
  const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  // The next Flush need not ask again; it asks for the event.
  transport.notes.is_blocked = taken < bytes.size();
  return taken;
}

void ReadinessPoller::Flush(Transport& transport) {
  if (transport.notes.is_closing || transport.notes.is_broken) return;
  const int error = At(transport.fd()).error;
  if (error != 0) return Break(transport, error);
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
  const int told = At(transport.fd()).error;
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
      Break(*transport, At(transport->fd()).error);
    }
    transport = next;
  }
}

// ---- Single requests --------------------------------------------------------

void ReadinessPoller::Submit(Operation& operation) {
  operation.transferred = 0;
  const int fd = operation.fd;
  const bool is_new = fd < 0 ||
                      static_cast<unsigned>(fd) >= registrations_.size() ||
                      At(fd).kind != Kind::kRequests;
  if (is_new) {
    Status status = Claim(fd, Kind::kRequests);
    if (!status.ok()) return Complete(operation, std::move(status));
  }
  const int error = Attempt(operation);
  if (error != EAGAIN) return Complete(operation, ToStatus(error));
  auto& requests = At(fd).requests;
  auto& mine = operation.is_read() ? requests.read : requests.write;
  EDDY_DCHECK(mine == nullptr, "one read and one write at a time");
  mine = &operation;
  const Interest side =
      operation.is_read() ? Interest::kRead : Interest::kWrite;
  const int arm_error = Arm(fd, At(fd).armed | side);
  if (arm_error == 0) return;
  mine = nullptr;
  Complete(operation, ToStatus(arm_error));
}

// Moves bytes until the operation is complete (0), or can't go on (EAGAIN), or
// has failed (another errno).
int ReadinessPoller::Attempt(Operation& operation) {
  std::size_t budget = kTurnBudgetBytes;
  for (;;) {
    const std::span<std::byte> rest(operation.data + operation.transferred,
                                    operation.size - operation.transferred);
    const ssize_t result = operation.is_read() ? os::Recv(operation.fd, rest)
                                               : os::Send(operation.fd, rest);
    if (os::WouldBlock(result)) return EAGAIN;
    if (result <= 0) {
      // Once the error is out of the socket, a reset reads like FIN.
      const int told = At(operation.fd).error;
      return told != 0 ? told : static_cast<int>(-result);
    }
    const auto moved = static_cast<std::size_t>(result);
    operation.transferred += moved;
    if (operation.transferred == operation.size) return 0;
    if (operation.kind == Operation::Kind::kRead) return 0;
    if (moved >= budget) return EAGAIN;
    budget -= moved;
  }
}

void ReadinessPoller::OnRequestsReady(int fd, Readiness ready) {
  auto& requests = At(fd).requests;
  const bool is_over = ready.hung_up || ready.failed;
  // A read's interest outlives it until an event comes that nobody waits for;
  // a write's does not, for a socket is writable nearly always.
  Interest wanted = Interest::kNone;
  if (requests.read != nullptr) wanted = Interest::kRead;
  const auto advance = [&](Operation*& operation, bool is_ready) {
    if (operation == nullptr || !is_ready) return;
    const int error = Attempt(*operation);
    if (error == EAGAIN) return;
    Complete(*std::exchange(operation, nullptr), ToStatus(error));
  };
  advance(requests.read, ready.readable || is_over);
  advance(requests.write, ready.writable || is_over);
  if (requests.write != nullptr) wanted = wanted | Interest::kWrite;
  const bool is_idle = requests.read == nullptr && requests.write == nullptr;
  if (is_idle && is_over) return Disarm(fd);
  const int error = Arm(fd, wanted);
  if (error == 0) return;
  for (Operation** operation : {&requests.read, &requests.write}) {
    if (*operation == nullptr) continue;
    Complete(*std::exchange(*operation, nullptr), ToStatus(error));
  }
}

void ReadinessPoller::Cancel(Operation& operation) {
  const int fd = operation.fd;
  if (fd < 0 || static_cast<unsigned>(fd) >= registrations_.size()) return;
  if (At(fd).kind != Kind::kRequests) return;
  auto& requests = At(fd).requests;
  for (Operation** mine : {&requests.read, &requests.write}) {
    if (*mine != &operation) continue;
    *mine = nullptr;
    return Complete(operation, Error::kCancelled);
  }
}

void ReadinessPoller::Complete(Operation& operation, Status status) {
  operation.result = std::move(status);
  operation.next = nullptr;
  if (completed_first_ == nullptr) {
    completed_first_ = &operation;
  } else {
    completed_last_->next = &operation;
  }
  completed_last_ = &operation;
}

void ReadinessPoller::DeliverCompleted() {
  Operation* operation = std::exchange(completed_first_, nullptr);
  while (operation != nullptr) {
    Operation* next = operation->next;
    ++event_count_;
    operation->OnComplete(std::exchange(operation->result, Status()));
    operation = next;
  }
}

}  // namespace eddy::internal
