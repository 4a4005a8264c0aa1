// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingBufferAccess: what the library does with rings and its users do not.

#ifndef EDDY_BUFFER_RING_BUFFER_ACCESS_H_
#define EDDY_BUFFER_RING_BUFFER_ACCESS_H_

#include <cstddef>
#include <span>

#include "eddy/ring_buffer.h"

namespace eddy::internal {

class BufferPool;

// RingBufferAccess: the ring's side towards its connection and pool.
class RingBufferAccess {
 public:
  // From now on `ring` takes its storage from `pool`, which must outlive it.
  // The pool stays with the ring whatever is moved or swapped into or out of
  // it; a block that goes leaves the pool's accounts. REQUIRES: no storage yet.
  static void SetPool(RingBuffer& ring, BufferPool* pool) noexcept;

  // Makes `bytes` the ring's content without copying them. They must stay as
  // they are until MakeOwn, Clear or ReleaseStorage. Any storage of its own
  // goes back to the pool first. REQUIRES: the ring is empty.
  static void Borrow(RingBuffer& ring,
                     std::span<const std::byte> bytes) noexcept {
    ring.ReleaseStorage();
    // Nothing is ever written to it: a borrowed block has no room.
    ring.data_ = const_cast<std::byte*>(bytes.data());
    ring.capacity_ = RingBuffer::kBorrowed;
    ring.size_ = bytes.size();
  }
  static bool borrows(const RingBuffer& ring) noexcept {
    return ring.borrows();
  }
  // Ends borrowing, and returns what was left of the bytes. REQUIRES: borrows.
  static std::span<const std::byte> TakeBorrowed(RingBuffer& ring) noexcept {
    const std::span<const std::byte> bytes(ring.data_ + ring.head_, ring.size_);
    ring.ReleaseStorage();
    return bytes;
  }
  // Ends borrowing: copies what is left to storage of the ring's own. Throws
  // std::bad_alloc, with the ring emptied.
  static void MakeOwn(RingBuffer& ring);
  // Returns the storage of an empty ring to its pool, and ends borrowing.
  // REQUIRES: the ring is empty.
  static void ReleaseStorage(RingBuffer& ring) noexcept {
    ring.ReleaseStorage();
  }
  // Makes room for `bytes` more: appending up to that many will not throw.
  // Throws std::bad_alloc, with the ring as it was.
  static void Reserve(RingBuffer& ring, std::size_t bytes);

  // The first `n` bytes in one piece, to be changed in place. Nobody else sees
  // that: a block of the ring's own is its alone, and one that a callback's
  // input borrows is the receiver's, which writes to it only after the callback
  // and reads it never. Throws what Contiguous throws. REQUIRES: n <= size(),
  // and bytes that the ring borrows may be written to.
  static std::span<std::byte> ContiguousMutable(RingBuffer& ring,
                                                std::size_t n) {
    ring.Contiguous(n);
    return {ring.data_ + ring.head_, n};
  }
};

}  // namespace eddy::internal

#endif  // EDDY_BUFFER_RING_BUFFER_ACCESS_H_
