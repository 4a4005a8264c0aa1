// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SwapBuffers: memory for reads that bring none of their own.

#include "watcher/swap_buffers.h"

#include <algorithm>
#include <functional>
#include <new>
#include <utility>

#include "base/check.h"

namespace eddy::internal {
namespace {

// So far apart reads begin: as much as is fetched from memory at a time.
constexpr std::size_t kAlignment = 64;

}  // namespace

struct SwapBuffers::Block {
  std::unique_ptr<std::byte[]> memory;
  std::size_t used = 0;
  std::size_t references = 0;
};

SwapBuffers::SwapBuffers(std::size_t read_bytes, std::size_t max_bytes)
    : read_bytes_(read_bytes),
      block_bytes_(kReadsInBlock * read_bytes),
      max_blocks_(max_bytes / block_bytes_),
      current_(TakeBlock()) {
  if (current_ == nullptr) throw std::bad_alloc();
}

SwapBuffers::~SwapBuffers() = default;

bool SwapBuffers::HasRoom(const Block& block) const noexcept {
  return block_bytes_ - block.used >= read_bytes_;
}

std::span<std::byte> SwapBuffers::Offer() noexcept {
  if (!HasRoom(*current_)) {
    Block* const next = TakeBlock();
    if (next == nullptr) return {};
    current_ = next;
  }
  return {current_->memory.get() + current_->used, read_bytes_};
}

SwapBuffers::Block* SwapBuffers::TakeBlock() noexcept {
  if (!free_.empty()) {
    Block* const block = free_.back();
    free_.pop_back();
    return block;
  }
  if (blocks_.size() == max_blocks_) return nullptr;
  try {
    auto block = std::make_unique<Block>();
    block->memory = std::make_unique_for_overwrite<std::byte[]>(block_bytes_);
    // So that Release needs no memory.
    free_.reserve(blocks_.size() + 1);
    const auto at =
        std::upper_bound(blocks_.begin(), blocks_.end(), block->memory.get(),
                         [](const std::byte* memory, const auto& other) {
                           return std::less<>()(memory, other->memory.get());
                         });
    return blocks_.insert(at, std::move(block))->get();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::span<std::byte> SwapBuffers::Keep(std::size_t size) noexcept {
  Block& block = *current_;
  const std::span<std::byte> kept(block.memory.get() + block.used, size);
  const std::size_t aligned = (size + kAlignment - 1) / kAlignment * kAlignment;
  block.used = std::min(block.used + aligned, block_bytes_);
  ++block.references;
  return kept;
}

SwapBuffers::Block* SwapBuffers::Find(const std::byte* data) noexcept {
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), data,
                       [](const std::byte* at, const auto& block) {
                         return std::less<>()(at, block->memory.get());
                       });
  if (after == blocks_.begin()) return nullptr;
  Block* const block = std::prev(after)->get();
  const bool is_inside =
      std::less<>()(data, block->memory.get() + block_bytes_);
  return is_inside ? block : nullptr;
}

bool SwapBuffers::Pin(const std::byte* data) noexcept {
  Block* const block = Find(data);
  if (block == nullptr || block->references == 0) return false;
  ++block->references;
  return true;
}

void SwapBuffers::Release(const std::byte* data) noexcept {
  Block* const block = Find(data);
  EDDY_DCHECK(block != nullptr && block->references > 0, "no such reference");
  if (--block->references > 0) return;
  block->used = 0;
  if (block != current_) free_.push_back(block);
}

}  // namespace eddy::internal
