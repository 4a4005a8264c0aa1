// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Mailbox: how handles reach the connections of one loop.

#include "net/mailbox.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "base/check.h"
#include "net/stream_connection.h"

namespace eddy::internal {
namespace {

// The word of Slot::reserved: the generation's low bits, then the bytes.
constexpr unsigned kTagBits = 20;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kTagBits) - 1;

// Stands for the bytes once too many were refused: the connection is being
// closed, and nothing more is taken for it.
constexpr std::uint64_t kRefused = ~std::uint64_t{0} >> kTagBits;
// No limit is larger, so that what is counted fits in there.
constexpr std::uint64_t kMost = kRefused - 1;

std::uint64_t TagOf(std::uint64_t generation) noexcept {
  return generation & kTagMask;
}

}  // namespace

Mailbox::Mailbox(std::shared_ptr<TaskQueue> queue, std::size_t max_output_bytes)
    : queue_(std::move(queue)),
      max_output_bytes_(std::min<std::size_t>(max_output_bytes, kMost)) {}

Mailbox::~Mailbox() = default;

Mailbox::Slot& Mailbox::At(std::uint32_t slot) const noexcept {
  // Chunk k begins with slot kFirstChunk * (2^k - 1).
  const std::uint32_t scaled = slot / kFirstChunk + 1;
  const auto chunk = static_cast<std::uint32_t>(std::bit_width(scaled)) - 1;
  const std::uint32_t begin = kFirstChunk * ((std::uint32_t{1} << chunk) - 1);
  return chunks_[chunk].load(std::memory_order_acquire)[slot - begin];
}

StreamConnection* Mailbox::Find(std::uint32_t slot,
                                std::uint64_t generation) const noexcept {
  const Slot& found = At(slot);
  const bool is_there =
      found.generation.load(std::memory_order_relaxed) == generation;
  return is_there ? found.connection : nullptr;
}

StreamConnection* Mailbox::FindHere(
    const ConnectionHandle& handle) const noexcept {
  // Another thread may come by this one's id once it has ended; by then its
  // slots are empty.
  if (owner_.load(std::memory_order_relaxed) != std::this_thread::get_id()) {
    return nullptr;
  }
  return Find(handle.slot_, handle.generation_);
}

void Mailbox::AddChunk() {
  const std::uint32_t scaled = slot_count_ / kFirstChunk + 1;
  const auto chunk = static_cast<std::uint32_t>(std::bit_width(scaled)) - 1;
  EDDY_CHECK(chunk < kChunkCount, "more connections than slots on one loop");
  const std::uint32_t count = kFirstChunk << chunk;
  free_slots_.reserve(slot_count_ + count);
  storage_[chunk] = std::make_unique<Slot[]>(count);
  chunks_[chunk].store(storage_[chunk].get(), std::memory_order_release);
  for (std::uint32_t i = count; i > 0; --i) {
    free_slots_.push_back(slot_count_ + i - 1);
  }
  slot_count_ += count;
}

ConnectionHandle Mailbox::Open(StreamConnection& connection) {
  owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (free_slots_.empty()) AddChunk();
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = At(index);
  const auto generation = slot.generation.load(std::memory_order_relaxed) + 1;
  slot.connection = &connection;
  slot.output_bytes.store(0, std::memory_order_relaxed);
  slot.reserved.store(TagOf(generation), std::memory_order_relaxed);
  slot.generation.store(generation, std::memory_order_release);
  return {shared_from_this(), index, generation};
}

void Mailbox::Close(const ConnectionHandle& handle) noexcept {
  Slot& slot = At(handle.slot_);
  slot.generation.store(handle.generation_ + 1, std::memory_order_release);
  slot.connection = nullptr;
}

void Mailbox::Release(const ConnectionHandle& handle) noexcept {
  free_slots_.push_back(handle.slot_);
}

void Mailbox::PublishOutput(const ConnectionHandle& handle,
                            std::size_t bytes) noexcept {
  At(handle.slot_).output_bytes.store(bytes, std::memory_order_relaxed);
}

bool Mailbox::is_open(const ConnectionHandle& handle) const noexcept {
  return At(handle.slot_).generation.load(std::memory_order_acquire) ==
         handle.generation_;
}

Status Mailbox::Deliver(const ConnectionHandle& handle, Function function) {
  if (!is_open(handle)) return Error::kClosed;
  TaskQueue::Task task = [self = shared_from_this(), slot = handle.slot_,
                          generation = handle.generation_,
                          call = std::move(function)]() mutable {
    call(self->Find(slot, generation));
  };
  if (queue_->Push(std::move(task))) return {};
  return Error::kClosed;
}

Status Mailbox::Reserve(const ConnectionHandle& handle, std::size_t bytes) {
  Slot& slot = At(handle.slot_);
  std::uint64_t word = slot.reserved.load(std::memory_order_relaxed);
  for (;;) {
    if (!is_open(handle) || TagOf(handle.generation_) != (word & kTagMask)) {
      return Error::kClosed;
    }
    if (word >> kTagBits == kRefused) return Error::kOutputLimit;
    const std::uint64_t reserved = (word >> kTagBits) + bytes;
    const std::uint64_t unsent =
        slot.output_bytes.load(std::memory_order_relaxed);
    const bool is_refused =
        bytes > max_output_bytes_ || reserved + unsent > max_output_bytes_;
    const std::uint64_t next =
        (is_refused ? kRefused : reserved) << kTagBits | (word & kTagMask);
    if (!slot.reserved.compare_exchange_weak(word, next,
                                             std::memory_order_relaxed)) {
      continue;
    }
    if (!is_refused) return {};
    RefuseFrom(handle, word, next);
    return Error::kOutputLimit;
  }
}

// Has the connection closed, once only, however many sends are refused. `next`
// stands in the slot instead of `word` by now.
void Mailbox::RefuseFrom(const ConnectionHandle& handle, std::uint64_t word,
                         std::uint64_t next) {
  try {
    // If it is closed by now, the better.
    static_cast<void>(Deliver(handle, [](StreamConnection* connection) {
      if (connection != nullptr) connection->Refuse(Error::kOutputLimit);
    }));
  } catch (const std::bad_alloc&) {
    // The next one tries again.
    At(handle.slot_)
        .reserved.compare_exchange_strong(next, word,
                                          std::memory_order_relaxed);
    throw;
  }
}

void Mailbox::Unreserve(const ConnectionHandle& handle,
                        std::size_t bytes) noexcept {
  Slot& slot = At(handle.slot_);
  std::uint64_t word = slot.reserved.load(std::memory_order_relaxed);
  while (TagOf(handle.generation_) == (word & kTagMask) &&
         word >> kTagBits != kRefused) {
    const std::uint64_t next =
        ((word >> kTagBits) - bytes) << kTagBits | (word & kTagMask);
    if (slot.reserved.compare_exchange_weak(word, next,
                                            std::memory_order_relaxed)) {
      return;
    }
  }
}

}  // namespace eddy::internal
