// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// BufferPool tests: reuse, accounts and trimming.

#include "buffer/buffer_pool.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace eddy::internal {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

// Leaves `count` free blocks of `block_bytes` in the pool.
void Fill(BufferPool& pool, std::size_t block_bytes, std::size_t count) {
  std::vector<std::byte*> blocks;
  for (std::size_t i = 0; i < count; ++i) {
    blocks.push_back(pool.Acquire(block_bytes));
  }
  for (std::byte* block : blocks) pool.Release(block, block_bytes);
}

TEST(BufferPoolTest, StartsWithoutMemory) {
  const BufferPool pool(kMiB);
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_EQ(pool.free_bytes(), 0u);
}

TEST(BufferPoolTest, BlockBytesIsThePowerOfTwoThatFits) {
  EXPECT_EQ(BufferPool::BlockBytes(0), 128u);
  EXPECT_EQ(BufferPool::BlockBytes(128), 128u);
  EXPECT_EQ(BufferPool::BlockBytes(129), 256u);
  EXPECT_EQ(BufferPool::BlockBytes(512), 512u);
  EXPECT_EQ(BufferPool::BlockBytes(513), 1024u);
  EXPECT_EQ(BufferPool::BlockBytes(5 * kMiB), 8 * kMiB);
}

TEST(BufferPoolTest, ABlockThatCannotBeHadIsRefused) {
  BufferPool pool(kMiB);
  const std::size_t all = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(pool.Acquire(BufferPool::BlockBytes(all)), std::bad_alloc);
  EXPECT_THROW(AllocateBlock(BufferPool::BlockBytes(all / 2)), std::bad_alloc);
  EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST(BufferPoolTest, CountsWhatIsUsedAndWhatIsFree) {
  BufferPool pool(kMiB);
  std::byte* small = pool.Acquire(128);
  std::byte* large = pool.Acquire(4 * kKiB);
  EXPECT_EQ(pool.used_bytes(), 128 + 4 * kKiB);
  EXPECT_EQ(pool.free_bytes(), 0u);
  pool.Release(small, 128);
  EXPECT_EQ(pool.used_bytes(), 4 * kKiB);
  EXPECT_EQ(pool.free_bytes(), 128u);
  pool.Release(large, 4 * kKiB);
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_EQ(pool.free_bytes(), 128 + 4 * kKiB);
}

TEST(BufferPoolTest, ReusesTheBlockReleasedLast) {
  BufferPool pool(kMiB);
  std::byte* first = pool.Acquire(512);
  std::byte* second = pool.Acquire(512);
  pool.Release(first, 512);
  pool.Release(second, 512);
  EXPECT_EQ(pool.Acquire(512), second);
  EXPECT_EQ(pool.Acquire(512), first);
  EXPECT_EQ(pool.free_bytes(), 0u);
  pool.Release(first, 512);
  pool.Release(second, 512);
}

TEST(BufferPoolTest, SizesDoNotMix) {
  BufferPool pool(kMiB);
  Fill(pool, 512, 1);
  std::byte* other = pool.Acquire(1024);
  EXPECT_EQ(pool.free_bytes(), 512u);
  pool.Release(other, 1024);
}

TEST(BufferPoolTest, EveryByteOfAReusedBlockCanBeWritten) {
  BufferPool pool(2 * kMiB);
  for (std::size_t bytes = 128; bytes <= kMiB; bytes *= 2) {
    Fill(pool, bytes, 1);
    std::byte* block = pool.Acquire(bytes);
    std::memset(block, 0xAB, bytes);
    pool.Release(block, bytes);
  }
}

TEST(BufferPoolTest, KeepsNoMoreFreeBytesThanItsLimit) {
  BufferPool pool(2 * kKiB);
  Fill(pool, kKiB, 5);
  EXPECT_EQ(pool.free_bytes(), 2 * kKiB);
  EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST(BufferPoolTest, GivesLargeBlocksBackAtOnce) {
  BufferPool pool(64 * kMiB);
  Fill(pool, 2 * kMiB, 1);
  EXPECT_EQ(pool.free_bytes(), 0u);
  Fill(pool, kMiB, 1);
  EXPECT_EQ(pool.free_bytes(), kMiB);
}

TEST(BufferPoolTest, AForgottenBlockIsFreedOnAnyThread) {
  BufferPool pool(kMiB);
  std::byte* block = pool.Acquire(512);
  pool.Forget(512);
  EXPECT_EQ(pool.used_bytes(), 0u);
  std::thread([block] { FreeBlock(block); }).join();
  EXPECT_EQ(pool.free_bytes(), 0u);
}

TEST(BufferPoolTest, AnAdoptedBlockIsReleasedLikeItsOwn) {
  BufferPool pool(kMiB);
  std::byte* block = AllocateBlock(512);
  pool.Adopt(512);
  EXPECT_EQ(pool.used_bytes(), 512u);
  pool.Release(block, 512);
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_EQ(pool.free_bytes(), 512u);
}

TEST(BufferPoolTest, ChargesCountAsUsed) {
  BufferPool pool(kMiB);
  pool.Charge(1000);
  pool.Charge(1);
  EXPECT_EQ(pool.used_bytes(), 1001u);
  pool.Discharge(1000);
  EXPECT_EQ(pool.used_bytes(), 1u);
  pool.Discharge(1);
}

TEST(BufferPoolTest, TrimFreesALittleThatLayUnusedAtOnce) {
  BufferPool pool(64 * kMiB);
  Fill(pool, kMiB, 1);
  pool.Trim();  // they were in use since the last one
  EXPECT_EQ(pool.free_bytes(), kMiB);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 0u);
}

TEST(BufferPoolTest, TrimFreesHalfOfWhatLayUnused) {
  BufferPool pool(64 * kMiB);
  Fill(pool, kMiB, 8);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 8 * kMiB);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 4 * kMiB);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 2 * kMiB);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), kMiB);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 0u);
}

TEST(BufferPoolTest, TrimLeavesWhatWasUsedSinceTheLastOne) {
  BufferPool pool(64 * kMiB);
  Fill(pool, kKiB, 10);
  pool.Trim();
  Fill(pool, kKiB, 7);  // three of them stay unused
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 7 * kKiB);
  Fill(pool, kKiB, 7);
  pool.Trim();
  EXPECT_EQ(pool.free_bytes(), 7 * kKiB);
}

TEST(BufferPoolTest, TrimmingEndsWithNothingWhateverTheSizes) {
  BufferPool pool(64 * kMiB);
  for (std::size_t bytes = 128; bytes <= kMiB; bytes *= 2) Fill(pool, bytes, 7);
  int trims = 0;
  while (pool.free_bytes() > 0 && trims < 20) {
    pool.Trim();
    ++trims;
  }
  EXPECT_EQ(pool.free_bytes(), 0u);
}

TEST(BufferPoolTest, AccountsHoldUnderRandomUse) {
  BufferPool pool(256 * kKiB);
  std::mt19937 random(20260103);
  std::vector<std::pair<std::byte*, std::size_t>> held;
  std::size_t used = 0;
  for (int round = 0; round < 20000; ++round) {
    if (held.empty() || random() % 2 == 0) {
      const std::size_t bytes = std::size_t{128} << random() % 8;
      held.emplace_back(pool.Acquire(bytes), bytes);
      std::memset(held.back().first, round & 0xFF, bytes);
      used += bytes;
    } else {
      std::swap(held[random() % held.size()], held.back());
      pool.Release(held.back().first, held.back().second);
      used -= held.back().second;
      held.pop_back();
    }
    if (random() % 100 == 0) pool.Trim();
    ASSERT_EQ(pool.used_bytes(), used);
    ASSERT_LE(pool.free_bytes(), 256 * kKiB);
  }
  for (const auto& [block, bytes] : held) pool.Release(block, bytes);
  EXPECT_EQ(pool.used_bytes(), 0u);
}

}  // namespace
}  // namespace eddy::internal
