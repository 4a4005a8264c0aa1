// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadConnection: one connection under load, its messages in flight and how far
// the stream is sent and received.

#ifndef EDDY_BENCH_LOAD_LOAD_CONNECTION_H_
#define EDDY_BENCH_LOAD_LOAD_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "bench/load/clock.h"
#include "bench/load/descriptor.h"
#include "bench/load/frame_pattern.h"
#include "bench/load/pattern.h"

namespace eddy::load {

// No message is buffered: what is sent is a window of the shared pattern, what
// comes back is counted in the caller's block.
//
// Ownership: owns its socket; the stamps belong to the loop and outlive it.
// Thread: that of its loop.
class LoadConnection {
 public:
  // stamps: room for the send times of the messages in flight; its size is how
  //         many there can be.
  // phase:  where in the pattern the stream begins.
  LoadConnection(Descriptor socket, std::span<Time> stamps, std::size_t phase)
      : socket_(std::move(socket)),
        sent_phase_(static_cast<std::uint32_t>(phase)),
        received_phase_(static_cast<std::uint32_t>(phase)),
        stamps_(stamps) {}

  int fd() const { return socket_.fd(); }
  bool is_open() const { return socket_.is_open(); }
  bool has_room() const { return in_flight_ < stamps_.size(); }
  bool has_unsent() const { return unsent_bytes_ > 0; }
  std::uint64_t num_started() const { return num_started_; }
  std::size_t in_flight() const { return in_flight_; }
  bool is_silent() const {
    return num_started_ > 0 && num_started_ == in_flight_;
  }

  // Whether the loop watches it for room to write; kept here for the loop.
  bool awaits_room() const { return awaits_room_; }
  void set_awaits_room(bool awaits_room) { awaits_room_ = awaits_room; }

  // Puts one message in flight; Flush sends it. Latency counts from `stamp`.
  //
  // wire_bytes: what is to be sent for it.
  // REQUIRES: has_room().
  void Start(Time stamp, std::size_t wire_bytes);

  enum class FlushResult { kSent, kBlocked, kFailed };

  // Sends what was started and not sent yet, in one call up to the pattern's
  // largest chunk.
  //
  // Returns: kBlocked when the socket took only part of it; kFailed with errno.
  FlushResult Flush(const Pattern& pattern);

  // The same in frames, between which `pongs` is sent, and emptied.
  FlushResult Flush(const FramePattern& frames, std::string& pongs);

  // Whether `bytes` may have come back: no more than have been sent.
  bool Expects(std::span<const std::byte> bytes,
               std::size_t message_bytes) const {
    return bytes.size() + reply_bytes_ + unsent_bytes_ <=
           in_flight_ * message_bytes;
  }

  // The same for payload of a frame, which must not be longer than its message.
  bool Expects(std::span<const std::byte> payload, std::size_t message_bytes,
               const FramePattern& frames) const {
    const std::size_t size = payload.size() + reply_bytes_;
    return size <= message_bytes &&
           size + frames.PayloadIn(unsent_bytes_) <= in_flight_ * message_bytes;
  }

  // Whether `bytes`, the next to come back, are those of the pattern.
  bool Matches(std::span<const std::byte> bytes, const Pattern& pattern) const;

  // Takes bytes that came back, and calls on_reply(stamp) for each message that
  // is complete with them.
  //
  // REQUIRES: Expects(bytes, message_bytes).
  template <typename OnReply>
  void Take(std::span<const std::byte> bytes, std::size_t message_bytes,
            OnReply&& on_reply) {
    received_phase_ = static_cast<std::uint32_t>(
        Pattern::Advance(received_phase_, bytes.size()));
    reply_bytes_ += bytes.size();
    while (reply_bytes_ >= message_bytes) {
      reply_bytes_ -= message_bytes;
      on_reply(PopStamp());
    }
  }

  // Takes payload of a frame that came back.
  //
  // REQUIRES: Expects(payload, message_bytes, frames).
  void TakePart(std::span<const std::byte> payload) {
    received_phase_ = static_cast<std::uint32_t>(
        Pattern::Advance(received_phase_, payload.size()));
    reply_bytes_ += payload.size();
  }

  // Ends a reply that was taken in parts.
  //
  // Returns: the stamp of its message; nullopt when it was shorter.
  std::optional<Time> EndReply(std::size_t message_bytes) {
    if (reply_bytes_ != message_bytes) return std::nullopt;
    reply_bytes_ = 0;
    return PopStamp();
  }

  void Close() { socket_.Reset(); }

 private:
  void NoteSent(std::size_t size, const FramePattern& frames);
  Time PopStamp();

  Descriptor socket_;
  bool awaits_room_ = false;
  std::uint32_t sent_phase_;
  std::uint32_t received_phase_;
  std::span<Time> stamps_;  // A ring: in_flight_ of them from oldest_ on.
  std::size_t oldest_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t unsent_bytes_ = 0;
  std::size_t reply_bytes_ = 0;  // Of the reply that is not complete yet.
  std::uint64_t num_started_ = 0;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_LOAD_CONNECTION_H_
