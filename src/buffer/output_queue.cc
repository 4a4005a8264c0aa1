// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// OutputQueue: its segments.

#include "buffer/output_queue.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "buffer/buffer_pool.h"

namespace eddy::internal {

// Segment: stands at the front of a block of the pool.
struct OutputQueue::Segment {
  enum class Kind : std::uint8_t { kCopied, kPayload, kBorrowed };

  Segment(Kind of, std::span<const std::byte> bytes) noexcept
      : unsent(bytes), kind(of) {}

  Segment* next = nullptr;
  std::span<const std::byte> unsent;
  const Kind kind;
};

// CopiedSegment: the bytes stand behind it, in the rest of its block.
struct OutputQueue::CopiedSegment : Segment {
  explicit CopiedSegment(std::size_t block_size) noexcept
      : Segment(Kind::kCopied, {}),
        block_bytes(block_size),
        room(reinterpret_cast<std::byte*>(this + 1),
             block_size - sizeof(CopiedSegment)) {
    unsent = room.first(0);
  }

  // REQUIRES: there is room.
  void Copy(std::span<const std::byte> bytes) noexcept {
    std::memcpy(room.data(), bytes.data(), bytes.size());
    room = room.subspan(bytes.size());
    unsent = {unsent.data(), unsent.size() + bytes.size()};
  }

  std::size_t block_bytes;
  std::span<std::byte> room;  // behind the unsent bytes
};

struct OutputQueue::PayloadSegment : Segment {
  explicit PayloadSegment(Payload source) noexcept
      : Segment(Kind::kPayload, source.bytes()), payload(std::move(source)) {}

  Payload payload;
};

struct OutputQueue::BorrowedSegment : Segment {
  BorrowedSegment(std::span<const std::byte> bytes,
                  SendCallback callback) noexcept
      : Segment(Kind::kBorrowed, bytes),
        charged_bytes(bytes.size()),
        done(std::move(callback)) {}

  std::size_t charged_bytes;
  SendCallback done;
};

namespace {

// What a segment of a fixed size takes from the pool.
template <typename T>
std::size_t BlockBytesOf() noexcept {
  return BufferPool::BlockBytes(sizeof(T));
}

template <typename T>
void Destroy(BufferPool& pool, T* segment) noexcept {
  segment->~T();
  pool.Release(reinterpret_cast<std::byte*>(segment), BlockBytesOf<T>());
}

}  // namespace

OutputQueue::~OutputQueue() {
  EDDY_DCHECK(empty(), "an output queue was destroyed before it was cleared");
}

void OutputQueue::Append(BufferPool& pool, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  CopiedSegment* last = LastIfCopied();
  const std::size_t room = last == nullptr ? 0 : last->room.size();
  const auto head = bytes.first(std::min(bytes.size(), room));
  const auto rest = bytes.subspan(head.size());

  // Blocks for the rest come first, for they may not be had.
  OutputQueue more;
  if (!rest.empty()) {
    more.AppendBlocks(pool, rest, last == nullptr ? 0 : last->block_bytes);
  }
  if (!head.empty()) {
    last->Copy(head);
    size_ += head.size();
  }
  if (!more.empty()) Splice(more);
}

void OutputQueue::Append(BufferPool& pool, Payload payload) {
  if (payload.size() <= kMaxCopiedPayloadBytes) {
    Append(pool, payload.bytes());
    return;
  }
  std::byte* block = pool.Acquire(BlockBytesOf<PayloadSegment>());
  pool.Charge(payload.size());
  Link(::new (block) PayloadSegment(std::move(payload)));
}

void OutputQueue::Append(BufferPool& pool, std::span<const std::byte> bytes,
                         SendCallback&& done) {
  std::byte* block = pool.Acquire(BlockBytesOf<BorrowedSegment>());
  pool.Charge(bytes.size());
  callback_bytes_ += BlockBytesOf<BorrowedSegment>();
  Link(::new (block) BorrowedSegment(bytes, std::move(done)));
}

std::size_t OutputQueue::Gather(std::span<std::span<const std::byte>> views,
                                std::size_t max_bytes) const noexcept {
  std::size_t count = 0;
  for (const Segment* segment = first_; segment != nullptr;
       segment = segment->next) {
    if (count == views.size() || max_bytes == 0) break;
    if (segment->unsent.empty()) continue;
    const std::size_t n = std::min(segment->unsent.size(), max_bytes);
    views[count++] = segment->unsent.first(n);
    max_bytes -= n;
  }
  return count;
}

void OutputQueue::Consume(BufferPool& pool, std::size_t n,
                          Callbacks& done) noexcept {
  EDDY_DCHECK(n <= size_, "more was sent than there was");
  size_ -= n;
  while (first_ != nullptr) {
    const std::size_t taken = std::min(n, first_->unsent.size());
    first_->unsent = first_->unsent.subspan(taken);
    n -= taken;
    if (!first_->unsent.empty()) return;
    DropFirst(pool, done);
  }
}

void OutputQueue::Clear(BufferPool& pool, Callbacks& done) noexcept {
  size_ = 0;
  while (first_ != nullptr) DropFirst(pool, done);
}

// The last segment if it is one that copied bytes can be added to.
OutputQueue::CopiedSegment* OutputQueue::LastIfCopied() const noexcept {
  if (last_ == nullptr || last_->kind != Segment::Kind::kCopied) return nullptr;
  return static_cast<CopiedSegment*>(last_);
}

// Copies `bytes` to new blocks behind one of `last_block_bytes`. Throws
// std::bad_alloc, with this queue cleared: it is one for this purpose only.
void OutputQueue::AppendBlocks(BufferPool& pool,
                               std::span<const std::byte> bytes,
                               std::size_t last_block_bytes) {
  std::size_t block_bytes =
      std::clamp(2 * last_block_bytes, kFirstBlockBytes, kMaxBlockBytes);
  while (!bytes.empty()) {
    const std::size_t wanted = bytes.size() + sizeof(CopiedSegment);
    if (wanted > block_bytes) {
      block_bytes = std::min(BufferPool::BlockBytes(wanted), kMaxBlockBytes);
    }
    std::byte* block = nullptr;
    try {
      block = pool.Acquire(block_bytes);
    } catch (const std::bad_alloc&) {
      Callbacks none(pool);
      Clear(pool, none);
      throw;
    }
    auto* segment = ::new (block) CopiedSegment(block_bytes);
    const std::size_t n = std::min(bytes.size(), segment->room.size());
    segment->Copy(bytes.first(n));
    Link(segment);
    bytes = bytes.subspan(n);
  }
}

void OutputQueue::Link(Segment* segment) noexcept {
  (first_ == nullptr ? first_ : last_->next) = segment;
  last_ = segment;
  size_ += segment->unsent.size();
}

// Moves all segments of `more` to the back. REQUIRES: !more.empty().
void OutputQueue::Splice(OutputQueue& more) noexcept {
  (first_ == nullptr ? first_ : last_->next) =
      std::exchange(more.first_, nullptr);
  last_ = std::exchange(more.last_, nullptr);
  size_ += std::exchange(more.size_, 0);
}

void OutputQueue::DropFirst(BufferPool& pool, Callbacks& done) noexcept {
  Segment* segment = std::exchange(first_, first_->next);
  if (first_ == nullptr) last_ = nullptr;
  switch (segment->kind) {
    case Segment::Kind::kCopied: {
      auto* copied = static_cast<CopiedSegment*>(segment);
      pool.Release(reinterpret_cast<std::byte*>(copied), copied->block_bytes);
      return;
    }
    case Segment::Kind::kPayload: {
      auto* shared = static_cast<PayloadSegment*>(segment);
      pool.Discharge(shared->payload.size());
      Destroy(pool, shared);
      return;
    }
    case Segment::Kind::kBorrowed: {
      auto* borrowed = static_cast<BorrowedSegment*>(segment);
      pool.Discharge(borrowed->charged_bytes);
      callback_bytes_ -= BlockBytesOf<BorrowedSegment>();
      borrowed->next = nullptr;
      (done.first_ == nullptr ? done.first_ : done.last_->next) = borrowed;
      done.last_ = borrowed;
      return;
    }
  }
}

OutputQueue::Callbacks::~Callbacks() {
  EDDY_DCHECK(empty(), "callbacks were left uncalled");
}

SendCallback OutputQueue::Callbacks::Pop() noexcept {
  EDDY_DCHECK(!empty(), "there is no callback left");
  auto* segment = static_cast<BorrowedSegment*>(first_);
  first_ = segment->next;
  SendCallback done = std::move(segment->done);
  Destroy(pool_, segment);
  return done;
}

}  // namespace eddy::internal
