// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Operation: a single read or write, asked for and completed once.

#ifndef EDDY_POLL_OPERATION_H_
#define EDDY_POLL_OPERATION_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "eddy/status.h"

namespace eddy::internal {

// Operation: one request to a poller.
//
// Ownership: the requester's, with its buffer; both stay as they are from
//   Submit to OnComplete.
// Thread: the poller's.
class Operation {
 public:
  enum class Kind : std::uint8_t {
    kRead,      // completes with the first bytes
    kReadFull,  // completes when the buffer is full
    kWrite,     // completes when all is written
  };

  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // Called once, from Wait. Ok: `transferred` bytes were moved; for a read, 0
  // or less than kReadFull asked for means the peer sent FIN. An error:
  // kCancelled or the system's errno, with `transferred` bytes moved before it.
  virtual void OnComplete(const Status& status) = 0;
  // Asks a kRead without a buffer of its own for one, when there may be bytes:
  // good until Keep says how many came, if any. None: it completes with
  // ENOBUFS.
  virtual std::span<std::byte> Offer() { return {}; }
  virtual void Keep(std::size_t) {}

  bool is_read() const noexcept { return kind != Kind::kWrite; }

  int fd = -1;
  Kind kind = Kind::kRead;
  std::byte* data = nullptr;  // a write only reads from it
  std::size_t size = 0;       // > 0, unless there is no buffer
  std::size_t transferred = 0;

  // The poller's own notes; nobody else touches them.
  struct Notes {
    bool is_tried : 1 = false;      // a system call was made for it
    bool is_awaiting : 1 = false;   // an event is to tell when to go on
    bool is_queued : 1 = false;     // it is in a list of the ring's
    bool is_in_ring : 1 = false;    // the kernel has it
    bool is_cancelled : 1 = false;  // and is to end it, or was told to
    Operation* next = nullptr;      // among those queued or completed
    Status result;
  };
  Notes notes;

 protected:
  ~Operation() = default;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_OPERATION_H_
