// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// KqueuePoller: readiness by BSD's kqueue, or by libkqueue on Linux.

#include "poll/kqueue_poller.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <utility>

#include "os/socket.h"

namespace eddy::internal {
namespace {

constexpr std::size_t kEventBatch = 512;

// Far below what any system refuses as too long.
constexpr std::chrono::nanoseconds kMaxTimeout = std::chrono::hours(24);

struct Direction {
  Interest interest;
  decltype(kevent::filter) filter;
};
constexpr std::array kDirections = {Direction{Interest::kRead, EVFILT_READ},
                                    Direction{Interest::kWrite, EVFILT_WRITE}};

// A token travels as the pointer that the kernel returns with each event.
static_assert(sizeof(void*) >= sizeof(std::uint64_t));

}  // namespace

KqueuePoller::KqueuePoller(UniqueFd kqueue_fd,
                           std::shared_ptr<const os::WakeFd> wake_fd)
    : ReadinessPoller(std::move(wake_fd)),
      kqueue_fd_(std::move(kqueue_fd)),
      events_(kEventBatch) {}

Result<std::unique_ptr<Poller>> KqueuePoller::Create(
    std::shared_ptr<const os::WakeFd> wake_fd) {
  UniqueFd kqueue_fd(::kqueue());
  if (!kqueue_fd) return Status::FromErrno(errno, "kqueue");
  ::fcntl(kqueue_fd.get(), F_SETFD, FD_CLOEXEC);
  std::unique_ptr<KqueuePoller> poller(
      new KqueuePoller(std::move(kqueue_fd), std::move(wake_fd)));
  const int error = poller->Control(poller->wake_fd().fd(), EVFILT_READ,
                                    EV_ADD | EV_CLEAR, kWakeToken);
  if (error != 0) return Status::FromErrno(error, "kevent");
  return std::unique_ptr<Poller>(std::move(poller));
}

// libkqueue takes down what is left of a kqueue on a thread of its own, when
// the number may already name another descriptor.
KqueuePoller::~KqueuePoller() {
  Control(wake_fd().fd(), EVFILT_READ, EV_DELETE, kWakeToken);
}

int KqueuePoller::Control(int fd, Filter filter, Flags flags, Token token) {
  struct kevent change {};
  change.ident = static_cast<decltype(change.ident)>(fd);
  change.filter = filter;
  change.flags = flags;
  change.udata = reinterpret_cast<void*>(static_cast<std::uintptr_t>(token));
  errno = 0;
  if (::kevent(kqueue_fd_.get(), &change, 1, nullptr, 0, nullptr) >= 0) {
    return 0;
  }
  return errno != 0 ? errno : EINVAL;  // libkqueue does not always say why
}

int KqueuePoller::Register(int fd, Interest interest, Token token) {
  // A file is refused as it is by epoll: BSD tells of one only before its end,
  // so that nobody would see the end, and libkqueue (2.7) does not tell either
  // when it has grown since. Transports have been found to be sockets.
  if (TransportOf(token) == nullptr && os::IsFile(fd)) return EPERM;
  return Change(fd, Interest::kNone, interest, token);
}

// Touches only the filters that differ: libkqueue takes amiss to be given one
// that it has.
int KqueuePoller::Change(int fd, Interest from, Interest to, Token token) {
  Interest added = Interest::kNone;
  for (const auto& [interest, filter] : kDirections) {
    if (Has(from, interest) || !Has(to, interest)) continue;
    const int error = Control(fd, filter, EV_ADD, token);
    if (error != 0) {
      Deregister(fd, added);
      return error;
    }
    added = added | interest;
  }
  for (const auto& [interest, filter] : kDirections) {
    // It can only fail because there is no such filter any more.
    if (Has(from, interest) && !Has(to, interest)) {
      Control(fd, filter, EV_DELETE, token);
    }
  }
  return 0;
}

void KqueuePoller::Deregister(int fd, Interest from) {
  Change(fd, from, Interest::kNone, kWakeToken);
}

Status KqueuePoller::Wait(std::chrono::nanoseconds timeout) {
  if (is_due()) timeout = timeout.zero();
  timespec limit{};
  if (timeout != kForever) {
    timeout = std::clamp(timeout, timeout.zero(), kMaxTimeout);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(timeout);
    limit.tv_sec = static_cast<std::time_t>(seconds.count());
    limit.tv_nsec = static_cast<long>((timeout - seconds).count());
  }
  const int count = ::kevent(kqueue_fd_.get(), nullptr, 0, events_.data(),
                             static_cast<int>(events_.size()),
                             timeout == kForever ? nullptr : &limit);
  const int error = count < 0 && errno != EINTR ? errno : 0;
  for (int i = 0; i < count; ++i) Take(events_[static_cast<std::size_t>(i)]);
  DeliverDue();
  return Status::FromErrno(error, "kevent");
}

void KqueuePoller::Take(const struct kevent& event) {
  const auto token =
      static_cast<Token>(reinterpret_cast<std::uintptr_t>(event.udata));
  if (token == kWakeToken) return wake_fd().Drain();
  // EOF by itself only means that reading tells more; a peer's FIN is one.
  Readiness ready = event.filter == EVFILT_READ ? kReadable : kWritable;
  int error = 0;
  if ((event.flags & EV_EOF) != 0) error = static_cast<int>(event.fflags);
  if ((event.flags & EV_ERROR) != 0) error = static_cast<int>(event.data);
  if (error != 0) ready |= kFailed;
  Dispatch(token, ready, error);
}

}  // namespace eddy::internal
