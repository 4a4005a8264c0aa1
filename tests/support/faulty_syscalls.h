// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FaultySyscalls: system calls that fail when a test says so.

#ifndef EDDY_SUPPORT_FAULTY_SYSCALLS_H_
#define EDDY_SUPPORT_FAULTY_SYSCALLS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "os/syscalls.h"

namespace eddy::test {

// FaultySyscalls: puts faults into the calls of os::Syscalls, for the whole
// process and for as long as it lives. At most one lives at a time.
//
// Thread: any.
class FaultySyscalls {
 public:
  enum class Call { kRecv, kSend, kSendmsg, kAccept, kConnect };
  static constexpr int kAnyFd = -1;

  // What happens to a call.
  struct Fault {
    int error = 0;                  // it fails with this, or else
    std::size_t max_bytes = 0;      // it moves at most so many
    double probability = 1;         // of meeting the fault
    std::optional<int> count = {};  // how often; none: for ever
    int fd = kAnyFd;
  };

  explicit FaultySyscalls(std::uint32_t seed = 1);
  FaultySyscalls(const FaultySyscalls&) = delete;
  FaultySyscalls& operator=(const FaultySyscalls&) = delete;
  ~FaultySyscalls();

  // From now on `call` may meet `fault`. Of several the first that applies is
  // met.
  //
  // An EINTR of connect comes after the call, which goes on in the kernel;
  // other errors come in place of the call.
  void Add(Call call, Fault fault);

  // How many calls met a fault.
  std::size_t fault_count() const;

 private:
  struct Rule {
    Call call;
    Fault fault;
  };

  static ssize_t Recv(int fd, void* buffer, std::size_t size, int flags);
  static ssize_t Send(int fd, const void* data, std::size_t size, int flags);
  static ssize_t Sendmsg(int fd, const msghdr* message, int flags);
  static int Accept(int fd, sockaddr* address, socklen_t* size);
  static int Connect(int fd, const sockaddr* address, socklen_t size);
  static int Intercept(os::RingCall call, int fd, std::size_t& size);

  // The fault that a call meets; none of its members is set if there is none.
  static Fault Next(Call call, int fd);

  static const os::Syscalls kTable;

  std::mt19937 random_;
  std::vector<Rule> rules_;
  std::size_t fault_count_ = 0;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_FAULTY_SYSCALLS_H_
