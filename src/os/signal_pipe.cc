// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SignalPipe: SIGINT and SIGTERM as bytes to read.

#include "os/signal_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace eddy::os {
namespace {

constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};

// The pipe of the process. It is made once and never closed: a handler that
// runs late must not find another file under its number.
std::atomic<int> read_end = -1;
std::atomic<int> write_end = -1;
static_assert(std::atomic<int>::is_always_lock_free);

std::atomic<bool> is_in_use = false;
std::array<struct sigaction, kSignals.size()> previous;

extern "C" void WriteSignal(int) {
  const int saved = errno;
  const char byte = 0;
  // A full pipe holds signals enough.
  [[maybe_unused]] const ssize_t written =
      ::write(write_end.load(std::memory_order_relaxed), &byte, 1);
  errno = saved;
}

// Makes the pipe if there is none yet. REQUIRES: is_in_use is the caller's.
Status MakePipe() {
  if (read_end != -1) return {};
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return Status::FromErrno(errno, "pipe");
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  read_end = ends[0];
  write_end = ends[1];
  return {};
}

}  // namespace

Result<std::unique_ptr<SignalPipe>> SignalPipe::Create() {
  if (is_in_use.exchange(true)) {
    return Status(Error::kInvalidArgument,
                  "signals are watched already; one server of a process can");
  }
  // From here on its destructor gives the pipe back.
  std::unique_ptr<SignalPipe> pipe(new SignalPipe());
  if (Status status = MakePipe(); !status.ok()) return status;
  while (pipe->Take() > 0) {
  }
  struct sigaction action {};
  action.sa_handler = WriteSignal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &previous[i]);
  }
  pipe->is_handling_ = true;
  return pipe;
}

SignalPipe::~SignalPipe() {
  for (std::size_t i = 0; is_handling_ && i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &previous[i], nullptr);
  }
  is_in_use = false;
}

int SignalPipe::fd() const noexcept { return read_end; }

int SignalPipe::Take() noexcept {
  std::array<char, 64> bytes;
  const ssize_t count = ::read(fd(), bytes.data(), bytes.size());
  return count > 0 ? static_cast<int>(count) : 0;
}

}  // namespace eddy::os
