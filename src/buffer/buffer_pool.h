// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// BufferPool: a loop's bounded store of byte blocks for reuse.

#ifndef EDDY_BUFFER_BUFFER_POOL_H_
#define EDDY_BUFFER_BUFFER_POOL_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace eddy::internal {

// BufferPool: blocks of powers of two bytes, from kMinBlockBytes up.
//
// Blocks up to kMaxPooledBlockBytes are kept for reuse after Release, at most
// max_free_bytes of them together; larger ones go back to the system at once.
// Every block is a plain std::malloc block, so one that leaves the pool for
// good (Forget) may be freed with FreeBlock on any thread.
//
// Thread: the loop's.
class BufferPool {
 public:
  static constexpr std::size_t kMinBlockBytes = 128;
  static constexpr std::size_t kMaxPooledBlockBytes = std::size_t{1} << 20;

  explicit BufferPool(std::size_t max_free_bytes);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  // REQUIRES: used_bytes() == 0.
  ~BufferPool();

  // The size of block that holds `bytes`; one that cannot be had (Acquire
  // throws) if they are more than any block can hold.
  static constexpr std::size_t BlockBytes(std::size_t bytes) noexcept {
    constexpr std::size_t kLargest = static_cast<std::size_t>(-1) / 2 + 1;
    return std::bit_ceil(std::clamp(bytes, kMinBlockBytes, kLargest));
  }

  // A block of `block_bytes`. REQUIRES: a power of two >= kMinBlockBytes.
  // Throws std::bad_alloc.
  std::byte* Acquire(std::size_t block_bytes);
  // Takes back a block with the size it was acquired with.
  void Release(std::byte* block, std::size_t block_bytes) noexcept;
  // A block leaves the pool's accounts, and whoever has it frees it; or one of
  // AllocateBlock's enters them, and is given to Release in the end.
  void Forget(std::size_t block_bytes) noexcept { used_bytes_ -= block_bytes; }
  void Adopt(std::size_t block_bytes) noexcept { used_bytes_ += block_bytes; }

  // Memory that is no block of the pool but counts as in use by the loop's
  // connections: payloads, borrowed output.
  void Charge(std::size_t bytes) noexcept { used_bytes_ += bytes; }
  void Discharge(std::size_t bytes) noexcept { used_bytes_ -= bytes; }

  // Gives back to the system half of what lay unused since the last Trim, all
  // of it if that is at most kMaxPooledBlockBytes. The loop calls it about once
  // a second while free_bytes() > 0.
  void Trim() noexcept;

  std::size_t used_bytes() const noexcept { return used_bytes_; }
  std::size_t free_bytes() const noexcept { return free_bytes_; }

 private:
  struct Node {
    Node* next;
  };
  static constexpr std::size_t kClassCount = 14;  // 128 B to 1 MiB
  static std::size_t ClassOf(std::size_t block_bytes) noexcept {
    return static_cast<std::size_t>(std::countr_zero(block_bytes) -
                                    std::countr_zero(kMinBlockBytes));
  }
  // Takes a free block. REQUIRES: there is one of this size.
  std::byte* Pop(std::size_t block_bytes) noexcept;
  // Gives free blocks back to the system, together at most `bytes`.
  void FreeUpTo(std::size_t bytes) noexcept;

  std::array<Node*, kClassCount> free_{};
  std::size_t max_free_bytes_;
  std::size_t free_bytes_ = 0;
  std::size_t least_free_bytes_ = 0;  // since the last Trim
  std::size_t used_bytes_ = 0;
};

// Allocation outside any pool, of the same kind.
std::byte* AllocateBlock(std::size_t block_bytes);  // throws std::bad_alloc
void FreeBlock(std::byte* block) noexcept;

}  // namespace eddy::internal

#endif  // EDDY_BUFFER_BUFFER_POOL_H_
