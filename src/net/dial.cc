// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Dial: connects, and waits until it has.

#include "eddy/dial.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/clock.h"
#include "eddy/address.h"
#include "os/patience.h"
#include "os/socket.h"
#include "os/syscalls.h"

namespace eddy {
namespace {

using internal::TimePoint;

// How often one looks whether a unix listener's backlog has room again: nothing
// tells of that.
constexpr std::chrono::milliseconds kRoomPoll{2};

// Waits until the socket is connected, or not.
Status AwaitConnected(int fd, TimePoint end) {
  pollfd ready{fd, POLLOUT, 0};
  Status status = os::AwaitReady(std::span(&ready, 1), end);
  return status.ok() ? Status::FromErrno(os::TakeError(fd)) : status;
}

Status Connect(int fd, const Address& address, TimePoint end) {
  const os::SocketAddress name(address);
  for (;;) {
    const int error = -os::Connect(fd, name.get(), name.size);
    if (error == EINPROGRESS || error == EINTR) return AwaitConnected(fd, end);
    if (error != EAGAIN || !address.is_unix()) return Status::FromErrno(error);
    const TimePoint now = TimePoint::clock::now();
    if (now >= end) return Error::kTimeout;
    static_cast<void>(os::AwaitReady(
        {}, std::min(end, now + TimePoint::duration(kRoomPoll))));
  }
}

Status WithContext(const Status& status, const Address& address) {
  if (status.ok()) return status;
  return {status.code(), fmt::format("connect to {}", address.ToString())};
}

}  // namespace

Result<UniqueFd> Dial(std::string_view address, DialOptions options) {
  const auto parsed = Address::Parse(address);
  if (!parsed) return parsed.status();
  const TimePoint end =
      internal::LimitFrom(TimePoint::clock::now(), options.timeout);
  auto socket = os::CreateSocket(parsed->family());
  if (!socket) return WithContext(socket.status(), *parsed);
  if (parsed->is_ip()) os::SetNoDelay(socket->get(), options.no_delay);
  Status status = Connect(socket->get(), *parsed, end);
  if (status.ok() && os::IsConnectedToItself(socket->get())) {
    os::ResetOnClose(socket->get());
    status = Status::FromErrno(ECONNREFUSED);
  }
  if (!status.ok()) return WithContext(status, *parsed);
  return *std::move(socket);
}

}  // namespace eddy
