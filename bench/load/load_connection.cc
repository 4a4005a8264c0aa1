// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadConnection: one connection under load, its messages in flight and how far
// the stream is sent and received.

#include "bench/load/load_connection.h"

#include <errno.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace eddy::load {

void LoadConnection::Start(Time stamp, std::size_t wire_bytes) {
  std::size_t slot = oldest_ + in_flight_;
  if (slot >= stamps_.size()) slot -= stamps_.size();
  stamps_[slot] = stamp;
  ++in_flight_;
  ++num_started_;
  unsent_bytes_ += wire_bytes;
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

LoadConnection::FlushResult LoadConnection::Flush(const FramePattern& frames,
                                                  std::string& pongs) {
  constexpr std::size_t kMaxParts = 64;
  std::array<iovec, kMaxParts> parts;
  while (unsent_bytes_ > 0 || !pongs.empty()) {
    // A pong waits for the end of a frame that is sent in part.
    const std::size_t begun_bytes = unsent_bytes_ % frames.frame_bytes();
    const bool is_pong = !pongs.empty() && begun_bytes == 0;
    std::size_t num_parts = 1;
    if (is_pong) {
      parts[0] = {pongs.data(), pongs.size()};
    } else {
      num_parts = frames.Gather(pongs.empty() ? unsent_bytes_ : begun_bytes,
                                sent_phase_, parts);
    }
    std::size_t size = 0;
    for (std::size_t i = 0; i < num_parts; ++i) size += parts[i].iov_len;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = num_parts;
    const ssize_t result = sendmsg(socket_.fd(), &message, MSG_NOSIGNAL);
    if (result < 0) {
      return errno == EAGAIN || errno == EINTR ? FlushResult::kBlocked
                                               : FlushResult::kFailed;
    }
    const auto sent = static_cast<std::size_t>(result);
    if (is_pong) {
      pongs.erase(0, sent);
    } else {
      NoteSent(sent, frames);
    }
    if (sent < size) return FlushResult::kBlocked;
  }
  return FlushResult::kSent;
}

void LoadConnection::NoteSent(std::size_t size, const FramePattern& frames) {
  const std::size_t payload_before = frames.PayloadIn(unsent_bytes_);
  unsent_bytes_ -= size;
  sent_phase_ = static_cast<std::uint32_t>(Pattern::Advance(
      sent_phase_, payload_before - frames.PayloadIn(unsent_bytes_)));
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
