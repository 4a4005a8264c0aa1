// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// GrowingBuffer: bytes that are appended to, for a message.

#ifndef EDDY_WS_GROWING_BUFFER_H_
#define EDDY_WS_GROWING_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace eddy::internal {

// GrowingBuffer: unlike a vector's, its room is not written before it is used,
// and a large one grows without being copied where the system can move pages.
class GrowingBuffer {
 public:
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::span<std::byte> bytes() noexcept { return {block_.get(), size_}; }
  // What can be written to before Advance.
  std::span<std::byte> room() noexcept {
    return {block_.get() + size_, capacity_ - size_};
  }
  // Counts `n` bytes of the room as written. REQUIRES: n <= room().size().
  void Advance(std::size_t n) noexcept { size_ += n; }

  // Makes the capacity `capacity` unless it is that already, or more. Throws
  // std::bad_alloc, with the buffer as it was.
  void Reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    // No block is as large as that; and sanitizers take asking for a mistake.
    if (capacity > PTRDIFF_MAX) throw std::bad_alloc();
    std::byte* old = block_.release();
    void* moved = std::realloc(old, capacity);
    // Where there is no memory, the old block is as it was.
    block_.reset(moved == nullptr ? old : static_cast<std::byte*>(moved));
    if (moved == nullptr) throw std::bad_alloc();
    capacity_ = capacity;
  }

  // Drops the bytes; the memory is kept.
  void Clear() noexcept { size_ = 0; }
  // Drops the memory, too.
  void Free() noexcept {
    block_.reset();
    size_ = 0;
    capacity_ = 0;
  }

 private:
  struct Freer {
    void operator()(std::byte* block) const noexcept { std::free(block); }
  };

  std::unique_ptr<std::byte, Freer> block_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_GROWING_BUFFER_H_
