// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UniqueFd: closing a descriptor.

#include "eddy/unique_fd.h"

#include <unistd.h>

#include <cerrno>

namespace eddy {

void UniqueFd::Reset(int fd) noexcept {
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  // Destructors run between a failed call and the reading of its errno.
  const int saved_errno = errno;
  // The system call itself: what owns descriptors is needed by every layer, and
  // the one that wraps system calls is above this. There is nothing to inject
  // or retry either. Linux and the BSDs have let go of the descriptor when
  // close returns, whatever it returns; after EINTR the number may already be
  // another thread's, and closing it again would hit that one.
  ::close(old);
  errno = saved_errno;
}

}  // namespace eddy
