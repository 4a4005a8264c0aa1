// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SwapBuffers: memory for reads that bring none of their own.

#ifndef EDDY_WATCHER_SWAP_BUFFERS_H_
#define EDDY_WATCHER_SWAP_BUFFERS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace eddy::internal {

// SwapBuffers: blocks that are filled from their beginnings. A read is offered
// as much as each may bring, and keeps what came. A block is used again when
// nobody refers to what it holds any more.
//
// Memory: at most `max_bytes`, in blocks of four reads; it is kept.
// Thread: external.
class SwapBuffers {
 public:
  static constexpr std::size_t kReadsInBlock = 4;

  // There is one block from the beginning, so that there is room whenever
  // nothing is in use. Throws std::bad_alloc. REQUIRES: read_bytes > 0,
  // max_bytes >= kReadsInBlock * read_bytes.
  SwapBuffers(std::size_t read_bytes, std::size_t max_bytes);
  SwapBuffers(const SwapBuffers&) = delete;
  SwapBuffers& operator=(const SwapBuffers&) = delete;
  ~SwapBuffers();

  // Room for a read, the same until Keep; none if all is in use, or memory runs
  // out.
  std::span<std::byte> Offer() noexcept;
  // The first `size` bytes of what was offered, with one reference to them.
  std::span<std::byte> Keep(std::size_t size) noexcept;

  // Adds a reference to what is at `data`. False: it is not in a block, or
  // nobody refers to that.
  bool Pin(const std::byte* data) noexcept;
  // Takes one back. REQUIRES: there is one.
  void Release(const std::byte* data) noexcept;

 private:
  struct Block;

  Block* Find(const std::byte* data) noexcept;
  Block* TakeBlock() noexcept;
  bool HasRoom(const Block& block) const noexcept;

  const std::size_t read_bytes_;
  const std::size_t block_bytes_;
  const std::size_t max_blocks_;
  std::vector<std::unique_ptr<Block>> blocks_;  // by address of their memory
  std::vector<Block*> free_;
  Block* current_ = nullptr;
};

}  // namespace eddy::internal

#endif  // EDDY_WATCHER_SWAP_BUFFERS_H_
