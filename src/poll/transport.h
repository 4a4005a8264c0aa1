// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Transport: a byte stream that the poller moves.

#ifndef EDDY_POLL_TRANSPORT_H_
#define EDDY_POLL_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "buffer/output_queue.h"
#include "eddy/status.h"

namespace eddy::internal {

// Transport: one stream's descriptor and output, and the up-calls of its
// poller.
//
// Ownership: its owner's, and so is the descriptor. From OpenTransport to
//   OnClosed the poller refers to both.
// Thread: the poller's.
class Transport {
 public:
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Bytes came; never none. Borrowed until return. May still come after
  // SetReceiving(false): what had been received by then, and what the kernel
  // receives by itself until it is told; never after OnEnd or CloseTransport.
  virtual void OnBytes(std::span<const std::byte> bytes) = 0;
  // The first `count` bytes of output() have reached the kernel; the owner
  // consumes them. 0: all that waits in the queue are callbacks without bytes.
  virtual void OnSent(std::size_t count) = 0;
  // Ok: the peer sent FIN; nothing more will be received, sending goes on. At
  // most once. An error: the stream is broken in both directions; at most once,
  // also after an ok, and the last up-call but OnClosed.
  virtual void OnEnd(const Status& status) = 0;
  // The answer to CloseTransport and the last up-call: the poller, and the
  // kernel on its behalf, have let go of the descriptor and the output.
  virtual void OnClosed() = 0;

  int fd() const noexcept { return fd_; }
  OutputQueue& output() noexcept { return output_; }
  const OutputQueue& output() const noexcept { return output_; }

  // The poller's own notes; nobody else touches them.
  struct Notes {
    bool is_receiving : 1 = false;  // the owner wants bytes
    bool has_ended : 1 = false;     // OnEnd was called
    bool is_broken : 1 = false;     // OnEnd was called with an error
    bool is_blocked : 1 = false;    // the kernel took less than was offered
    bool is_closing : 1 = false;    // CloseTransport was called
    bool is_queued : 1 = false;     // it is in a list of the poller's
    // Of a ring:
    bool is_receive_armed : 1 = false;      // one is under way
    bool is_receive_cancelled : 1 = false;  // and is to end early
    bool is_send_armed : 1 = false;         // one is under way
    bool is_starved : 1 = false;            // the receive found no buffer
    bool is_unwanted : 1 = false;           // it is to be cancelled
    bool has_fin : 1 = false;               // FIN came, told or not
    int error = 0;              // of the socket, but no longer in it
    Transport* next = nullptr;  // among those queued

    // Nothing is sent or received any more.
    bool is_over() const noexcept { return is_broken | is_closing; }
  };
  Notes notes;

 protected:
  explicit Transport(int fd) noexcept : fd_(fd) {}
  ~Transport() = default;

 private:
  int fd_;
  OutputQueue output_;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_TRANSPORT_H_
