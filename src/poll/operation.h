// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Operation: a single read or write, asked for and completed once.

#ifndef EDDY_POLL_OPERATION_H_
#define EDDY_POLL_OPERATION_H_

#include <cstddef>
#include <cstdint>

#include "eddy/status.h"

namespace eddy::internal {

// Operation: one request to a poller.
//
// Ownership: the requester's, with its buffer; both stay as they are from
// Submit
//   to OnComplete.
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

  bool is_read() const noexcept { return kind != Kind::kWrite; }

  int fd = -1;
  Kind kind = Kind::kRead;
  std::byte* data = nullptr;  // a write only reads from it
  std::size_t size = 0;       // > 0
  std::size_t transferred = 0;

  // The poller's own notes; nobody else touches them.
  Operation* next = nullptr;  // among those completed
  Status result;

 protected:
  ~Operation() = default;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_OPERATION_H_
