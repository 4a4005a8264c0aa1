// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Connector: brings up the connections of one loop, a bounded number at a time.

#include "bench/load/connector.h"

#include <errno.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace eddy::load {
namespace {

constexpr std::size_t kMaxConnectsUnderWay = 256;

}  // namespace

Connector::Connector(const Options& options, Window& window, std::size_t first,
                     std::size_t count)
    : options_(options),
      window_(window),
      first_(first),
      max_under_way_(
          std::max<std::size_t>(1, kMaxConnectsUnderWay / options.num_threads)),
      sockets_(count),
      last_progress_(Clock::now()) {}

std::optional<std::vector<Descriptor>> Connector::ConnectAll() {
  constexpr std::chrono::milliseconds kLookForEnd(50);
  constexpr std::chrono::milliseconds kRetryFullBacklog(1);
  if (!epoll_.is_open() && !Fail(errno)) return std::nullopt;
  while (num_connected_ < sockets_.size()) {
    if (window_.is_over() || !BeginSome()) return std::nullopt;
    if (num_connected_ == sockets_.size()) break;
    const std::chrono::nanoseconds timeout =
        is_backlog_full_ ? kRetryFullBacklog : kLookForEnd;
    for (const epoll_event& event : epoll_.Wait(timeout)) {
      if (!Complete(event.data.u64)) return std::nullopt;
    }
    if (Clock::now() - last_progress_ > options_.timeout) {
      Fail(fmt::format("timed out after {}",
                       std::chrono::duration<double>(options_.timeout)));
      return std::nullopt;
    }
  }
  return std::move(sockets_);
}

bool Connector::BeginSome() {
  is_backlog_full_ = false;
  while (num_begun_ < sockets_.size() &&
         num_begun_ - num_connected_ < max_under_way_) {
    Target::Attempt attempt = options_.target.BeginConnect(first_ + num_begun_);
    // A unix listener with a full backlog refuses for now and gives no event.
    is_backlog_full_ = attempt.error == EAGAIN && options_.target.is_unix();
    if (is_backlog_full_) return true;
    if (attempt.error != 0) return Fail(attempt.error);
    if (attempt.is_connected && !options_.ws_path) {
      NoteConnected();
    } else if (!epoll_.Add(attempt.socket.fd(), EPOLLOUT, num_begun_)) {
      return Fail(errno);
    }
    sockets_[num_begun_++] = std::move(attempt.socket);
  }
  return true;
}

bool Connector::Complete(std::size_t index) {
  const int fd = sockets_[index].fd();
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return Fail(error);
  if (options_.ws_path) return ShakeHands(index);
  epoll_.Remove(fd);
  NoteConnected();
  return true;
}

bool Connector::ShakeHands(std::size_t index) {
  const int fd = sockets_[index].fd();
  Handshake& handshake =
      handshakes_.try_emplace(index, options_.target.host(), *options_.ws_path)
          .first->second;
  switch (handshake.Advance(fd)) {
    case Handshake::Progress::kMustSend:
      return true;
    case Handshake::Progress::kMustReceive:
      return epoll_.Modify(fd, EPOLLIN, index) || Fail(errno);
    case Handshake::Progress::kDone:
      break;
    case Handshake::Progress::kFailed:
      return Fail(handshake.why());
  }
  handshakes_.erase(index);
  epoll_.Remove(fd);
  NoteConnected();
  return true;
}

void Connector::NoteConnected() {
  ++num_connected_;
  last_progress_ = Clock::now();
  window_.CountConnect();
}

// Returns: false, always.
bool Connector::Fail(int error) {
  std::string why = std::system_category().message(error);
  if (error == EADDRNOTAVAIL) why += ", no ephemeral port is left";
  return Fail(why);
}

bool Connector::Fail(const std::string& why) {
  window_.Fail(fmt::format("connect to {}: {} ({} of {} connections were up)",
                           options_.target.text(), why, window_.num_connected(),
                           options_.num_connections));
  return false;
}

}  // namespace eddy::load
