// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReadinessPoller: transports that are moved when they are ready.

#include "poll/readiness_poller.h"

#include <array>
#include <cerrno>
#include <utility>

#include "os/socket.h"
#include "os/syscalls.h"

namespace eddy::internal {

ReadinessPoller::ReadinessPoller(std::shared_ptr<const os::WakeFd> wake_fd)
    : DescriptorPoller(std::move(wake_fd)),
      receive_block_(
          std::make_unique_for_overwrite<std::byte[]>(kTurnBudgetBytes)) {}

void ReadinessPoller::Dispatch(Token token, Readiness ready, int error) {
  Transport* const transport = TransportOf(token);
  if (transport == nullptr) {
    return DescriptorPoller::Dispatch(token, ready, error);
  }
  // An event of the same batch, or another stream's up-call, was its end.
  if (transport->notes.is_over()) return;
  ++event_count_;
  if (error != 0) transport->notes.error = error;
  OnTransportReady(*transport, ready);
}

// ---- Transports -------------------------------------------------------------

Status ReadinessPoller::OpenTransport(Transport& transport) {
  const int fd = transport.fd();
  if (Status status = Claim(transport); !status.ok()) return status;
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
  if (!Has(armed(transport.fd()), Interest::kRead)) Rearm(transport);
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
  if (!notes.is_over()) SendOutput(transport);
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
                                     std::span<const std::byte> first,
                                     std::span<const std::byte> second) {
  const auto& notes = transport.notes;
  if (notes.is_over() || notes.is_blocked || notes.error != 0) return 0;
  const ssize_t sent = os::SendPair(transport.fd(), first, second);
  if (sent == std::ssize(first) + std::ssize(second)) {
    return static_cast<std::size_t>(sent);
  }
  if (sent < 0 && !os::WouldBlock(sent)) {
    transport.notes.error = static_cast<int>(-sent);  // Flush tells it
    return 0;
  }
  // The next Flush need not ask again; it asks for the event.
  transport.notes.is_blocked = true;
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void ReadinessPoller::Flush(Transport& transport) {
  if (transport.notes.is_over()) return;
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
  if (!notes.is_over()) Rearm(transport);
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
