// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingBuffer: its storage, and copying into and out of it.

#include "eddy/ring_buffer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "buffer/buffer_pool.h"
#include "buffer/ring_buffer_access.h"

namespace eddy {
namespace {

constexpr std::size_t kFirstBlockBytes = 512;

// a + b, or the largest number, for which no block can be had.
std::size_t AddSaturating(std::size_t a, std::size_t b) noexcept {
  const std::size_t sum = a + b;
  return sum < a ? static_cast<std::size_t>(-1) : sum;
}

// memcpy that may be handed a null pointer with nothing to copy.
void CopyBytes(std::byte* to, std::span<const std::byte> from) noexcept {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

template <typename T>
T FromBigEndian(T value) noexcept {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(value);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(value);
  } else {
    return __builtin_bswap64(value);
  }
}

// Where `needle` begins in `bytes`, at `from` or behind it.
std::size_t FindIn(std::span<const std::byte> bytes, std::string_view needle,
                   std::size_t from) noexcept {
  // memchr is many times faster than memmem as long as the needle's first byte
  // is rare. A peer can see to it that it is not; then memmem takes over, whose
  // time is linear whatever the bytes are.
  constexpr int kMaxFalseStarts = 32;
  const std::string_view text = AsText(bytes);
  for (int starts = 0; starts < kMaxFalseStarts; ++starts) {
    from = text.find(needle.front(), from);
    if (from == std::string_view::npos) return RingBuffer::kNotFound;
    if (text.substr(from).starts_with(needle)) return from;
    ++from;
  }
  const void* found = ::memmem(text.data() + from, text.size() - from,
                               needle.data(), needle.size());
  if (found == nullptr) return RingBuffer::kNotFound;
  return static_cast<std::size_t>(static_cast<const char*>(found) -
                                  text.data());
}

// Where a `needle` begins that has a part in each view, at `from` or behind it.
std::size_t FindAcross(const RingBuffer::Views& views, std::string_view needle,
                       std::size_t from) noexcept {
  const std::string_view first = AsText(views.first);
  const std::string_view second = AsText(views.second);
  const std::size_t most_in_first = std::min(needle.size() - 1, first.size());
  from = std::max(from, first.size() - most_in_first);
  while ((from = first.find(needle.front(), from)) != std::string_view::npos) {
    const std::size_t in_first = first.size() - from;
    if (needle.starts_with(first.substr(from)) &&
        second.starts_with(needle.substr(in_first))) {
      return from;
    }
    ++from;
  }
  return RingBuffer::kNotFound;
}

}  // namespace

RingBuffer::RingBuffer(std::size_t capacity) {
  if (capacity == 0) return;
  const std::size_t block_bytes = internal::BufferPool::BlockBytes(capacity);
  data_ = internal::AllocateBlock(block_bytes);
  capacity_ = block_bytes;
}

// NOLINTBEGIN(performance-noexcept-*): the bytes that a ring borrows are
// copied.
RingBuffer::RingBuffer(RingBuffer&& other) {
  other.MakeOwn();
  TakeFrom(other);
}

RingBuffer& RingBuffer::operator=(RingBuffer&& other) {
  if (this == &other) return *this;
  other.MakeOwn();
  ReleaseStorage();
  TakeFrom(other);
  return *this;
}

void swap(RingBuffer& a, RingBuffer& b) {
  // Whatever can fail comes first: moves of what is owned cannot.
  a.MakeOwn();
  b.MakeOwn();
  RingBuffer c(std::move(a));
  a = std::move(b);
  b = std::move(c);
}
// NOLINTEND(performance-noexcept-*)

RingBuffer::~RingBuffer() { ReleaseStorage(); }

std::size_t RingBuffer::capacity() const noexcept {
  return borrows() ? size_ : capacity_;
}

std::span<const std::byte> RingBuffer::Contiguous(std::size_t n) {
  EDDY_DCHECK(n <= size_, "Contiguous was asked for more than there is");
  if (n > capacity_ - head_) Straighten();
  return {data_ + head_, n};
}

// Rearranges wrapped bytes so that they begin with the block.
void RingBuffer::Straighten() {
  // In less than half a block there is room to do it in place. Else it would
  // take a byte-wise rotation, ten times slower than copying to a new block.
  if (size_ > capacity_ / 2) {
    MoveToNewBlock(size_);
    return;
  }
  const Views views = Peek();
  std::memmove(data_ + views.first.size(), data_, views.second.size());
  std::memcpy(data_, data_ + head_, views.first.size());
  head_ = 0;
}

std::size_t RingBuffer::Find(std::byte needle,
                             std::size_t from) const noexcept {
  const char text = static_cast<char>(needle);
  return Find(std::string_view(&text, 1), from);
}

std::size_t RingBuffer::Find(std::string_view needle,
                             std::size_t from) const noexcept {
  if (needle.empty()) return kNotFound;
  const Views views = Peek();
  const std::size_t in_first = FindIn(views.first, needle, from);
  if (in_first != kNotFound || views.second.empty()) return in_first;
  const std::size_t across = FindAcross(views, needle, from);
  if (across != kNotFound) return across;
  const std::size_t skipped = views.first.size();
  const std::size_t in_second =
      FindIn(views.second, needle, from > skipped ? from - skipped : 0);
  return in_second == kNotFound ? kNotFound : skipped + in_second;
}

void RingBuffer::Append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > room()) {
    MoveToNewBlock(AddSaturating(size_, bytes.size()), bytes);
    return;
  }
  // Bytes that are a view of this ring do not overlap its free part.
  const std::size_t tail = (head_ + size_) & (capacity_ - 1);
  const std::size_t until_end = std::min(bytes.size(), capacity_ - tail);
  std::memcpy(data_ + tail, bytes.data(), until_end);
  CopyBytes(data_, bytes.subspan(until_end));
  size_ += bytes.size();
}

void RingBuffer::Append(std::string_view text) { Append(AsBytes(text)); }

void RingBuffer::Consume(std::size_t n) noexcept {
  EDDY_DCHECK(n <= size_, "Consume was asked for more than there is");
  size_ -= n;
  // An empty ring starts anew, where wrapping is furthest away.
  head_ = size_ == 0 ? 0 : (head_ + n) & (capacity_ - 1);
}

void RingBuffer::Clear() noexcept {
  if (borrows()) {
    ReleaseStorage();
  } else {
    Consume(size_);
  }
}

std::size_t RingBuffer::Read(std::span<std::byte> target) noexcept {
  const std::size_t n = std::min(size_, target.size());
  CopyOut(0, target.first(n));
  Consume(n);
  return n;
}

template <typename T>
std::optional<T> RingBuffer::PeekUint(std::size_t offset) const noexcept {
  if (offset > size_ || size_ - offset < sizeof(T)) return std::nullopt;
  T value;
  const std::size_t begin = (head_ + offset) & (capacity_ - 1);
  if (capacity_ - begin >= sizeof(T)) {
    std::memcpy(&value, data_ + begin, sizeof(T));  // a load
  } else {
    CopyOut(offset, std::as_writable_bytes(std::span(&value, 1)));
  }
  return FromBigEndian(value);
}

std::optional<std::uint8_t> RingBuffer::PeekUint8(
    std::size_t offset) const noexcept {
  return PeekUint<std::uint8_t>(offset);
}

std::optional<std::uint16_t> RingBuffer::PeekUint16(
    std::size_t offset) const noexcept {
  return PeekUint<std::uint16_t>(offset);
}

std::optional<std::uint32_t> RingBuffer::PeekUint32(
    std::size_t offset) const noexcept {
  return PeekUint<std::uint32_t>(offset);
}

std::optional<std::uint64_t> RingBuffer::PeekUint64(
    std::size_t offset) const noexcept {
  return PeekUint<std::uint64_t>(offset);
}

std::string RingBuffer::ToString() const {
  const Views views = Peek();
  std::string text;
  text.reserve(size_);
  text += AsText(views.first);
  text += AsText(views.second);
  return text;
}

// Copies target.size() bytes from `offset` on. REQUIRES: they are there.
void RingBuffer::CopyOut(std::size_t offset,
                         std::span<std::byte> target) const noexcept {
  const std::size_t begin = (head_ + offset) & (capacity_ - 1);
  const std::size_t until_end = std::min(target.size(), capacity_ - begin);
  CopyBytes(target.data(), {data_ + begin, until_end});
  CopyBytes(target.data() + until_end, {data_, target.size() - until_end});
}

// Moves to a block with room for `bytes`, and appends `tail` there. Throws
// std::bad_alloc, with the ring as it was.
void RingBuffer::MoveToNewBlock(std::size_t bytes,
                                std::span<const std::byte> tail) {
  const std::size_t new_capacity =
      internal::BufferPool::BlockBytes(std::max(bytes, kFirstBlockBytes));
  std::byte* block = pool_ != nullptr ? pool_->Acquire(new_capacity)
                                      : internal::AllocateBlock(new_capacity);
  const std::size_t size = size_;
  CopyOut(0, {block, size});
  // Before the old block goes: `tail` may be a view of it.
  CopyBytes(block + size, tail);
  ReleaseStorage();
  data_ = block;
  capacity_ = new_capacity;
  size_ = size + tail.size();
}

// Ends borrowing. Throws std::bad_alloc, with the ring as it was.
void RingBuffer::MakeOwn() {
  if (!borrows()) return;
  if (empty()) {
    ReleaseStorage();
  } else {
    MoveToNewBlock(size_);
  }
}

void RingBuffer::FreeStorage() noexcept {
  if (pool_ != nullptr) {
    pool_->Release(data_, capacity_);
  } else {
    internal::FreeBlock(data_);
  }
}

// Takes over storage and bytes. Each ring keeps its pool: all blocks are alike,
// so only the accounts change, and a ring that left a pooled one may go to
// another thread. REQUIRES: this has no storage, and `other` does not borrow.
void RingBuffer::TakeFrom(RingBuffer& other) noexcept {
  data_ = std::exchange(other.data_, nullptr);
  capacity_ = std::exchange(other.capacity_, 0);
  head_ = std::exchange(other.head_, 0);
  size_ = std::exchange(other.size_, 0);
  if (other.pool_ != nullptr) other.pool_->Forget(capacity_);
  if (pool_ != nullptr) pool_->Adopt(capacity_);
}

namespace internal {

void RingBufferAccess::SetPool(RingBuffer& ring, BufferPool* pool) noexcept {
  EDDY_DCHECK(ring.data_ == nullptr, "the ring has storage already");
  ring.pool_ = pool;
}

void RingBufferAccess::MakeOwn(RingBuffer& ring) {
  try {
    ring.MakeOwn();
  } catch (const std::bad_alloc&) {
    // The lender wants its block back whatever comes.
    ring.ReleaseStorage();
    throw;
  }
}

void RingBufferAccess::Reserve(RingBuffer& ring, std::size_t bytes) {
  if (bytes <= ring.room()) return;
  ring.MoveToNewBlock(AddSaturating(ring.size_, bytes));
}

}  // namespace internal
}  // namespace eddy
