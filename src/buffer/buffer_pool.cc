// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// BufferPool: free lists, one for each size of block.

#include "buffer/buffer_pool.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/check.h"

// Where AddressSanitizer runs, a block in the pool is as untouchable as freed
// memory, so that a view kept for too long shows.
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, bytes) void()
#define ASAN_UNPOISON_MEMORY_REGION(begin, bytes) void()
#endif

namespace eddy::internal {

BufferPool::BufferPool(std::size_t max_free_bytes)
    : max_free_bytes_(max_free_bytes) {}

BufferPool::~BufferPool() {
  EDDY_DCHECK(used_bytes_ == 0, "a buffer pool died before its buffers");
  FreeUpTo(free_bytes_);
}

std::byte* BufferPool::Acquire(std::size_t block_bytes) {
  EDDY_DCHECK(std::has_single_bit(block_bytes), "no power of two");
  EDDY_DCHECK(block_bytes >= kMinBlockBytes, "too small for a block");
  std::byte* block = nullptr;
  if (block_bytes <= kMaxPooledBlockBytes &&
      free_[ClassOf(block_bytes)] != nullptr) {
    block = Pop(block_bytes);
    least_free_bytes_ = std::min(least_free_bytes_, free_bytes_);
  } else {
    block = AllocateBlock(block_bytes);
  }
  used_bytes_ += block_bytes;
  return block;
}

void BufferPool::Release(std::byte* block, std::size_t block_bytes) noexcept {
  used_bytes_ -= block_bytes;
  if (block_bytes > kMaxPooledBlockBytes ||
      block_bytes > max_free_bytes_ - free_bytes_) {
    FreeBlock(block);
    return;
  }
  Node*& top = free_[ClassOf(block_bytes)];
  top = ::new (block) Node{top};
  ASAN_POISON_MEMORY_REGION(block + sizeof(Node), block_bytes - sizeof(Node));
  free_bytes_ += block_bytes;
}

std::byte* BufferPool::Pop(std::size_t block_bytes) noexcept {
  Node*& top = free_[ClassOf(block_bytes)];
  auto* block = reinterpret_cast<std::byte*>(top);
  top = top->next;
  ASAN_UNPOISON_MEMORY_REGION(block, block_bytes);
  free_bytes_ -= block_bytes;
  return block;
}

void BufferPool::Trim() noexcept {
  // Below this a half could be less than the one block that is left.
  constexpr std::size_t kLittle = kMaxPooledBlockBytes;
  FreeUpTo(least_free_bytes_ <= kLittle ? least_free_bytes_
                                        : least_free_bytes_ / 2);
  least_free_bytes_ = free_bytes_;
}

void BufferPool::FreeUpTo(std::size_t bytes) noexcept {
  // The largest first: that is the fewest calls for the most memory.
  for (std::size_t block_bytes = kMaxPooledBlockBytes;
       block_bytes >= kMinBlockBytes; block_bytes /= 2) {
    while (block_bytes <= bytes && free_[ClassOf(block_bytes)] != nullptr) {
      FreeBlock(Pop(block_bytes));
      bytes -= block_bytes;
    }
  }
}

std::byte* AllocateBlock(std::size_t block_bytes) {
  if (block_bytes > PTRDIFF_MAX) throw std::bad_alloc();
  void* block = std::malloc(block_bytes);
  if (block == nullptr) throw std::bad_alloc();
  return static_cast<std::byte*>(block);
}

void FreeBlock(std::byte* block) noexcept { std::free(block); }

}  // namespace eddy::internal
