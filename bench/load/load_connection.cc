// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadConnection: one connection under load, its messages in flight and how far
// the stream is sent and received.

#include "bench/load/load_connection.h"

#include <errno.h>
#include <sys/socket.h>

#include <cstring>

namespace eddy::load {

void LoadConnection::Start(Time stamp, std::size_t message_bytes) {
  std::size_t slot = oldest_ + in_flight_;
  if (slot >= stamps_.size()) slot -= stamps_.size();
  stamps_[slot] = stamp;
  ++in_flight_;
  ++num_started_;
  unsent_bytes_ += message_bytes;
}

LoadConnection::FlushResult LoadConnection::Flush(const Pattern& pattern) {
  while (unsent_bytes_ > 0) {
    const auto chunk = pattern.Chunk(sent_phase_, unsent_bytes_);
    const ssize_t result =
        send(socket_.fd(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
    if (result < 0) {
      return errno == EAGAIN || errno == EINTR ? FlushResult::kBlocked
                                               : FlushResult::kFailed;
    }
    const auto sent = static_cast<std::size_t>(result);
    unsent_bytes_ -= sent;
    sent_phase_ =
        static_cast<std::uint32_t>(Pattern::Advance(sent_phase_, sent));
    if (sent < chunk.size()) return FlushResult::kBlocked;
  }
  return FlushResult::kSent;
}

bool LoadConnection::Matches(std::span<const std::byte> bytes,
                             const Pattern& pattern) const {
  const auto expected = pattern.Chunk(received_phase_, bytes.size());
  return std::memcmp(bytes.data(), expected.data(), bytes.size()) == 0;
}

Time LoadConnection::PopStamp() {
  const Time stamp = stamps_[oldest_];
  if (++oldest_ == stamps_.size()) oldest_ = 0;
  --in_flight_;
  return stamp;
}

}  // namespace eddy::load
