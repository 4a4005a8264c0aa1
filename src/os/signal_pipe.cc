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

// Where the handler writes; -1: nowhere. Signal handlers know only globals.
std::atomic<int> target = -1;
static_assert(std::atomic<int>::is_always_lock_free);

std::array<struct sigaction, kSignals.size()> previous;

extern "C" void WriteSignal(int) {
  const int saved = errno;
  const char byte = 0;
  // A full pipe holds signals enough.
  [[maybe_unused]] const ssize_t written =
      ::write(target.load(std::memory_order_relaxed), &byte, 1);
  errno = saved;
}

}  // namespace

SignalPipe::SignalPipe(UniqueFd read_end, UniqueFd write_end) noexcept
    : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

Result<std::unique_ptr<SignalPipe>> SignalPipe::Create() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return Status::FromErrno(errno, "pipe");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  int none = -1;
  if (!target.compare_exchange_strong(none, write_end.get())) {
    return Status(Error::kInvalidArgument,
                  "signals are watched already; one server of a process can");
  }
  struct sigaction action {};
  action.sa_handler = WriteSignal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &previous[i]);
  }
  return std::unique_ptr<SignalPipe>(
      new SignalPipe(std::move(read_end), std::move(write_end)));
}

SignalPipe::~SignalPipe() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &previous[i], nullptr);
  }
  target.store(-1);
}

int SignalPipe::Take() noexcept {
  std::array<char, 64> bytes;
  const ssize_t count = ::read(fd(), bytes.data(), bytes.size());
  return count > 0 ? static_cast<int>(count) : 0;
}

}  // namespace eddy::os
