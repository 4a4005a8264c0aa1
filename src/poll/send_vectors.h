// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SendVectors: messages of several pieces, until the kernel has read them.

#ifndef EDDY_POLL_SEND_VECTORS_H_
#define EDDY_POLL_SEND_VECTORS_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>

#include "os/syscalls.h"

namespace eddy::internal {

// SendVectors: what sendmsg submissions point at. The kernel reads it when it
// takes the submission, and not again.
//
// Thread: the ring's.
class SendVectors {
 public:
  using Views = std::span<const std::span<const std::byte>>;

  // A message of the views, at most os::kMaxViews of them; nullptr if there is
  // no room for it before Clear.
  const msghdr* Add(Views views) noexcept {
    if (message_count_ == messages_.size()) return nullptr;
    iovec* const first = &pieces_[message_count_ * os::kMaxViews];
    std::size_t count = 0;
    for (const auto view : views) {
      // Sending does not write to what is sent.
      first[count++] = {const_cast<std::byte*>(view.data()), view.size()};
    }
    msghdr& message = messages_[message_count_++];
    message = {};
    message.msg_iov = first;
    message.msg_iovlen = count;
    return &message;
  }
  // The kernel has taken all submissions.
  void Clear() noexcept { message_count_ = 0; }

 private:
  static constexpr std::size_t kCapacity = 64;

  std::size_t message_count_ = 0;
  std::array<msghdr, kCapacity> messages_;
  std::array<iovec, kCapacity * os::kMaxViews> pieces_;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_SEND_VECTORS_H_
