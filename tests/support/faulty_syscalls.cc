// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FaultySyscalls: system calls that fail when a test says so.

#include "support/faulty_syscalls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>

#include "base/check.h"

namespace eddy::test {
namespace {

// Guards what is installed, for calls of other threads may be under way when it
// goes.
constinit std::mutex mutex;
FaultySyscalls* installed = nullptr;

// Copies views until `max_bytes` are reached, and returns how many.
std::size_t CutViews(const msghdr& message, std::size_t max_bytes,
                     std::array<iovec, os::kMaxViews>& views) {
  std::size_t count = 0;
  while (count < message.msg_iovlen && max_bytes > 0) {
    views[count] = message.msg_iov[count];
    views[count].iov_len = std::min(views[count].iov_len, max_bytes);
    max_bytes -= views[count++].iov_len;
  }
  return count;
}

}  // namespace

const os::Syscalls FaultySyscalls::kTable = {
    .recv = Recv,
    .send = Send,
    .sendmsg = Sendmsg,
    .accept = Accept,
    .connect = Connect,
    .intercept = Intercept,
};

FaultySyscalls::FaultySyscalls(std::uint32_t seed) : random_(seed) {
  const std::lock_guard lock(mutex);
  EDDY_CHECK(installed == nullptr, "one at a time");
  installed = this;
  os::active.store(&kTable);
}

FaultySyscalls::~FaultySyscalls() {
  const std::lock_guard lock(mutex);
  os::active.store(&os::kSystem);
  installed = nullptr;
}

void FaultySyscalls::Add(Call call, Fault fault) {
  const std::lock_guard lock(mutex);
  rules_.push_back({call, fault});
}

std::size_t FaultySyscalls::fault_count() const {
  const std::lock_guard lock(mutex);
  return fault_count_;
}

FaultySyscalls::Fault FaultySyscalls::Next(Call call, int fd) {
  const std::lock_guard lock(mutex);
  if (installed == nullptr) return {};
  for (auto& [rule_call, fault] : installed->rules_) {
    if (rule_call != call || fault.count == 0) continue;
    if (fault.fd != kAnyFd && fault.fd != fd) continue;
    const double die = std::uniform_real_distribution<>()(installed->random_);
    if (die >= fault.probability) continue;
    if (fault.count) --*fault.count;
    ++installed->fault_count_;
    return fault;
  }
  return {};
}

ssize_t FaultySyscalls::Recv(int fd, void* buffer, std::size_t size,
                             int flags) {
  const Fault fault = Next(Call::kRecv, fd);
  if (fault.error != 0) return -fault.error;
  if (fault.max_bytes != 0) size = std::min(size, fault.max_bytes);
  return os::kSystem.recv(fd, buffer, size, flags);
}

ssize_t FaultySyscalls::Send(int fd, const void* data, std::size_t size,
                             int flags) {
  const Fault fault = Next(Call::kSend, fd);
  if (fault.error != 0) return -fault.error;
  if (fault.max_bytes != 0) size = std::min(size, fault.max_bytes);
  return os::kSystem.send(fd, data, size, flags);
}

ssize_t FaultySyscalls::Sendmsg(int fd, const msghdr* message, int flags) {
  const Fault fault = Next(Call::kSendmsg, fd);
  if (fault.error != 0) return -fault.error;
  if (fault.max_bytes == 0) return os::kSystem.sendmsg(fd, message, flags);
  std::array<iovec, os::kMaxViews> views;
  msghdr cut = *message;
  cut.msg_iovlen = static_cast<decltype(cut.msg_iovlen)>(
      CutViews(*message, fault.max_bytes, views));
  cut.msg_iov = views.data();
  return os::kSystem.sendmsg(fd, &cut, flags);
}

int FaultySyscalls::Accept(int fd, sockaddr* address, socklen_t* size) {
  const Fault fault = Next(Call::kAccept, fd);
  if (fault.error != 0) return -fault.error;
  return os::kSystem.accept(fd, address, size);
}

int FaultySyscalls::Connect(int fd, const sockaddr* address, socklen_t size) {
  const Fault fault = Next(Call::kConnect, fd);
  if (fault.error == EINTR) {
    const int result = os::kSystem.connect(fd, address, size);
    if (result != 0 && result != -EINPROGRESS) return result;
  }
  if (fault.error != 0) return -fault.error;
  return os::kSystem.connect(fd, address, size);
}

int FaultySyscalls::Intercept(os::RingCall call, int fd, std::size_t& size) {
  constexpr std::array kCalls = {Call::kRecv, Call::kSend, Call::kSendmsg,
                                 Call::kConnect};
  const Fault fault = Next(kCalls[static_cast<std::size_t>(call)], fd);
  if (fault.max_bytes != 0) size = std::min(size, fault.max_bytes);
  // Bytes are here by then: the time for these is over.
  const bool is_late = fault.error == EINTR || fault.error == EAGAIN;
  return call == os::RingCall::kReceive && is_late ? 0 : fault.error;
}

}  // namespace eddy::test
