// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingBuffer: a growable byte queue.

#ifndef EDDY_RING_BUFFER_H_
#define EDDY_RING_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "eddy/bytes.h"
#include "eddy/export.h"

namespace eddy {

namespace internal {
class BufferPool;
class RingBufferAccess;
}  // namespace internal

// RingBuffer: bytes in at the back, out at the front, in a block of a power of
// two that grows by itself.
//
// Ownership: owns its storage, or, as the input of a callback, borrows the
//   block that the bytes were received into. The difference shows only in cost:
//   moving, swapping or appending to a borrowing ring copies its bytes first.
// Thread: external. A ring that was moved out of a callback may go to any
//   thread.
// Views: every span handed out ends with the next non-const call, and no span
//   of a callback's input outlives the callback.
class EDDY_EXPORT RingBuffer {
 public:
  static constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

  // The readable bytes in order: all of `first`, then all of `second`.
  // first.size() + second.size() == size(); second is empty unless the bytes
  // go round the end of the block.
  struct Views {
    std::span<const std::byte> first;
    std::span<const std::byte> second;
  };

  RingBuffer() noexcept = default;  // no storage
  // Room for at least `capacity` bytes. Throws std::bad_alloc.
  explicit RingBuffer(std::size_t capacity);
  // These throw std::bad_alloc when `other` borrows and memory is short.
  // NOLINTBEGIN(performance-noexcept-*)
  RingBuffer(RingBuffer&& other);
  RingBuffer& operator=(RingBuffer&& other);
  friend EDDY_EXPORT void swap(RingBuffer& a, RingBuffer& b);
  // NOLINTEND(performance-noexcept-*)
  ~RingBuffer();

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // How many bytes fit before the next growth; 0 without storage.
  std::size_t capacity() const noexcept;

  Views Peek() const noexcept {
    const std::size_t until_end = capacity_ - head_;
    const std::size_t in_first = size_ < until_end ? size_ : until_end;
    return {{data_ + head_, in_first}, {data_, size_ - in_first}};
  }
  // The first `n` bytes in one piece. The storage is rearranged when they go
  // round its end, which happens at most once a turn round the ring; should
  // that take a new block and there be no memory for one, std::bad_alloc is
  // thrown, with the ring as it was. REQUIRES: n <= size().
  std::span<const std::byte> Contiguous(std::size_t n);

  // Where `needle` begins, counted from the front, looking from `from` on;
  // kNotFound if it is not there (an empty needle never is).
  std::size_t Find(std::byte needle, std::size_t from = 0) const noexcept;
  std::size_t Find(std::string_view needle,
                   std::size_t from = 0) const noexcept;

  // Copies `bytes` to the back; they may be a view of this ring. Throws
  // std::bad_alloc, with the ring as it was.
  void Append(std::span<const std::byte> bytes);
  void Append(std::string_view text);
  template <ByteRange R>
  void Append(const R& range) {
    Append(AsBytes(range));
  }
  // A char array is a buffer or a string; say which.
  template <std::size_t kSize>
  void Append(char (&array)[kSize]) = delete;

  // Drops the first `n` bytes. REQUIRES: n <= size().
  void Consume(std::size_t n) noexcept;
  // Drops all bytes; storage is kept.
  void Clear() noexcept;
  // Moves min(size(), target.size()) bytes into `target`. Returns how many.
  std::size_t Read(std::span<std::byte> target) noexcept;

  // The big-endian number that starts `offset` bytes from the front; nothing
  // when the ring holds too few bytes for it.
  std::optional<std::uint8_t> PeekUint8(std::size_t offset = 0) const noexcept;
  std::optional<std::uint16_t> PeekUint16(
      std::size_t offset = 0) const noexcept;
  std::optional<std::uint32_t> PeekUint32(
      std::size_t offset = 0) const noexcept;
  std::optional<std::uint64_t> PeekUint64(
      std::size_t offset = 0) const noexcept;

  // A copy of all bytes.
  std::string ToString() const;

 private:
  friend class internal::RingBufferAccess;

  // The capacity of a borrowed block, which is read from front to back and
  // never wraps: a power of two that no offset reaches.
  static constexpr std::size_t kBorrowed = static_cast<std::size_t>(-1) / 2 + 1;

  bool borrows() const noexcept { return capacity_ == kBorrowed; }
  std::size_t room() const noexcept {
    return borrows() ? 0 : capacity_ - size_;
  }
  void CopyOut(std::size_t offset, std::span<std::byte> target) const noexcept;
  template <typename T>
  std::optional<T> PeekUint(std::size_t offset) const noexcept;
  void MoveToNewBlock(std::size_t bytes, std::span<const std::byte> tail = {});
  void MakeOwn();
  void Straighten();
  // Drops the bytes and the storage.
  void ReleaseStorage() noexcept {
    if (data_ == nullptr) return;
    if (!borrows()) FreeStorage();
    data_ = nullptr;
    capacity_ = 0;
    head_ = 0;
    size_ = 0;
  }
  void FreeStorage() noexcept;
  void TakeFrom(RingBuffer& other) noexcept;

  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two, or 0 without storage
  std::size_t head_ = 0;      // < capacity_, or 0
  std::size_t size_ = 0;
  internal::BufferPool* pool_ = nullptr;  // none: the heap
};

}  // namespace eddy

#endif  // EDDY_RING_BUFFER_H_
