// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingBufferAccess tests: rings as connections use them, which borrow the bytes
// they were received into and take their storage from a pool.

#include "buffer/ring_buffer_access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "buffer/buffer_pool.h"
#include "eddy/ring_buffer.h"
#include "support/pattern.h"

namespace eddy::internal {
namespace {

using Access = RingBufferAccess;
using test::Pattern;

constexpr std::size_t kBlock = 512;  // of a ring that grew from nothing

// A span of more bytes than there can be: what is asked for with it fails
// before it is looked at.
std::span<const std::byte> TooMuch() {
  static const std::byte byte{};
  return {&byte, std::numeric_limits<std::size_t>::max() / 2};
}

std::span<const std::byte> Bytes(std::string_view text) {
  return AsBytes(text);
}

class RingBufferAccessTest : public testing::Test {
 protected:
  RingBufferAccessTest() { Access::SetPool(ring_, &pool_); }

  BufferPool pool_{std::size_t{1} << 20};
  RingBuffer ring_;
};

TEST_F(RingBufferAccessTest, BorrowsBytesWithoutCopyingThem) {
  const std::string block = Pattern(1000);
  Access::Borrow(ring_, Bytes(block));
  EXPECT_TRUE(Access::borrows(ring_));
  EXPECT_EQ(ring_.size(), 1000u);
  EXPECT_EQ(ring_.ToString(), block);
  EXPECT_EQ(ring_.Peek().first.data(), Bytes(block).data());
  EXPECT_TRUE(ring_.Peek().second.empty());
  EXPECT_EQ(pool_.used_bytes(), 0u);
  ring_.Clear();
}

TEST_F(RingBufferAccessTest, ContiguousOnABorrowedBlockIsFree) {
  const std::string block = Pattern(1000);
  Access::Borrow(ring_, Bytes(block));
  EXPECT_EQ(ring_.Contiguous(1000).data(), Bytes(block).data());
  ring_.Consume(100);
  EXPECT_EQ(ring_.Contiguous(900).data(), Bytes(block).data() + 100);
  EXPECT_TRUE(Access::borrows(ring_));
  ring_.Clear();
}

TEST_F(RingBufferAccessTest, ABorrowedBlockIsReadLikeAnOwnOne) {
  const std::string block = "\x01\x02xyz";
  Access::Borrow(ring_, Bytes(block));
  EXPECT_EQ(ring_.PeekUint16(), 0x0102);
  EXPECT_EQ(ring_.Find("z"), 4u);
  std::string target(3, '\0');
  EXPECT_EQ(ring_.Read(std::as_writable_bytes(std::span(target))), 3u);
  EXPECT_EQ(target, "\x01\x02x");
  EXPECT_EQ(ring_.ToString(), "yz");
  ring_.Consume(2);
  EXPECT_TRUE(ring_.empty());
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(RingBufferAccessTest, ABorrowedBlockHasNoRoom) {
  const std::string block = Pattern(100);
  Access::Borrow(ring_, Bytes(block));
  EXPECT_EQ(ring_.capacity(), ring_.size());
  ring_.Clear();
}

TEST_F(RingBufferAccessTest, MakeOwnCopiesWhatIsLeft) {
  std::string block = Pattern(1000);
  Access::Borrow(ring_, Bytes(block));
  ring_.Consume(990);
  Access::MakeOwn(ring_);
  std::fill(block.begin(), block.end(), '#');
  EXPECT_FALSE(Access::borrows(ring_));
  EXPECT_EQ(ring_.ToString(), Pattern(1000).substr(990));
  EXPECT_EQ(pool_.used_bytes(), kBlock);
}

TEST_F(RingBufferAccessTest, MakeOwnOfADrainedBlockTakesNoStorage) {
  const std::string block = Pattern(10);
  Access::Borrow(ring_, Bytes(block));
  ring_.Consume(10);
  Access::MakeOwn(ring_);
  EXPECT_FALSE(Access::borrows(ring_));
  EXPECT_EQ(ring_.capacity(), 0u);
}

TEST_F(RingBufferAccessTest, MakeOwnThatFailsEmptiesTheRing) {
  Access::Borrow(ring_, TooMuch());
  EXPECT_THROW(Access::MakeOwn(ring_), std::bad_alloc);
  EXPECT_TRUE(ring_.empty());
  EXPECT_FALSE(Access::borrows(ring_));
}

TEST_F(RingBufferAccessTest, BorrowingReturnsOwnStorageFirst) {
  ring_.Append("abc");
  ring_.Consume(3);
  EXPECT_EQ(pool_.used_bytes(), kBlock);
  Access::Borrow(ring_, Bytes("def"));
  EXPECT_EQ(pool_.used_bytes(), 0u);
  EXPECT_EQ(ring_.ToString(), "def");
  ring_.Clear();
}

TEST_F(RingBufferAccessTest, ClearEndsBorrowing) {
  Access::Borrow(ring_, Bytes("abc"));
  ring_.Clear();
  EXPECT_FALSE(Access::borrows(ring_));
  EXPECT_TRUE(ring_.empty());
  ring_.Append("own");
  EXPECT_EQ(ring_.ToString(), "own");
}

TEST_F(RingBufferAccessTest, AppendingWhileBorrowingCopiesTheBytesFirst) {
  std::string block = Pattern(100);
  Access::Borrow(ring_, Bytes(block));
  ring_.Consume(50);
  ring_.Append("tail");
  std::fill(block.begin(), block.end(), '#');
  EXPECT_FALSE(Access::borrows(ring_));
  EXPECT_EQ(ring_.ToString(), Pattern(100).substr(50) + "tail");
}

TEST_F(RingBufferAccessTest, AppendsAViewOfABorrowedBlock) {
  const std::string block = "abc";
  Access::Borrow(ring_, Bytes(block));
  ring_.Append(ring_.Peek().first);
  EXPECT_EQ(ring_.ToString(), "abcabc");
}

TEST_F(RingBufferAccessTest, AnAppendThatFailsWhileBorrowingChangesNothing) {
  const std::string block = "abc";
  Access::Borrow(ring_, Bytes(block));
  EXPECT_THROW(ring_.Append(TooMuch()), std::bad_alloc);
  EXPECT_TRUE(Access::borrows(ring_));
  EXPECT_EQ(ring_.ToString(), "abc");
  ring_.Clear();
}

TEST_F(RingBufferAccessTest, MovingWhileBorrowingCopiesTheBytesFirst) {
  std::string block = Pattern(100);
  Access::Borrow(ring_, Bytes(block));
  const RingBuffer moved = std::move(ring_);
  std::fill(block.begin(), block.end(), '#');
  EXPECT_EQ(moved.ToString(), Pattern(100));
  EXPECT_FALSE(Access::borrows(ring_));
  EXPECT_TRUE(ring_.empty());
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(RingBufferAccessTest, AMoveThatFailsChangesNeitherRing) {
  RingBuffer target;
  target.Append("kept");
  Access::Borrow(ring_, TooMuch());
  EXPECT_THROW(target = std::move(ring_), std::bad_alloc);
  EXPECT_EQ(target.ToString(), "kept");
  EXPECT_TRUE(Access::borrows(ring_));
  EXPECT_THROW(swap(target, ring_), std::bad_alloc);
  EXPECT_EQ(target.ToString(), "kept");
  ring_.Clear();
}

TEST_F(RingBufferAccessTest, SwappingWhileBorrowingCopiesTheBytesFirst) {
  std::string block = Pattern(100);
  Access::Borrow(ring_, Bytes(block));
  RingBuffer other;
  other.Append("other");
  swap(ring_, other);
  std::fill(block.begin(), block.end(), '#');
  EXPECT_EQ(ring_.ToString(), "other");
  EXPECT_EQ(other.ToString(), Pattern(100));
}

TEST_F(RingBufferAccessTest, TakesItsStorageFromThePool) {
  ring_.Append(Pattern(1000));
  EXPECT_EQ(pool_.used_bytes(), 1024u);
  ring_.Append(Pattern(1000));
  EXPECT_EQ(pool_.used_bytes(), 2048u);
  EXPECT_EQ(pool_.free_bytes(), 1024u);
}

TEST_F(RingBufferAccessTest, ReleaseStorageReturnsItToThePool) {
  ring_.Append("abc");
  ring_.Clear();
  Access::ReleaseStorage(ring_);
  EXPECT_EQ(ring_.capacity(), 0u);
  EXPECT_EQ(pool_.used_bytes(), 0u);
  EXPECT_EQ(pool_.free_bytes(), kBlock);
}

TEST_F(RingBufferAccessTest, ItsEndReturnsTheStorageToThePool) {
  {
    RingBuffer ring;
    Access::SetPool(ring, &pool_);
    ring.Append("abc");
    EXPECT_EQ(pool_.used_bytes(), kBlock);
  }
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(RingBufferAccessTest, ARingMovedOutLeavesThePoolForAnyThread) {
  ring_.Append("abc");
  RingBuffer moved = std::move(ring_);
  EXPECT_EQ(pool_.used_bytes(), 0u);
  std::thread([&moved] {
    moved.Append(Pattern(1000));
    EXPECT_EQ(moved.ToString(), "abc" + Pattern(1000));
    moved = RingBuffer();
  }).join();
  EXPECT_EQ(pool_.used_bytes(), 0u);
  EXPECT_EQ(pool_.free_bytes(), 0u);
}

TEST_F(RingBufferAccessTest, KeepsItsPoolWhenItIsMovedFrom) {
  ring_.Append("abc");
  const RingBuffer moved = std::move(ring_);
  ring_.Append("next");  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(pool_.used_bytes(), kBlock);
}

TEST_F(RingBufferAccessTest, StorageMovedInEntersThePoolsAccounts) {
  RingBuffer other;
  other.Append("other");
  ring_.Append("old");
  ring_ = std::move(other);
  EXPECT_EQ(ring_.ToString(), "other");
  EXPECT_EQ(pool_.used_bytes(), kBlock);
  ring_.Clear();
  Access::ReleaseStorage(ring_);
  EXPECT_EQ(pool_.used_bytes(), 0u);
  EXPECT_EQ(pool_.free_bytes(), 2 * kBlock);
}

TEST_F(RingBufferAccessTest, SwapLeavesEachRingItsPool) {
  RingBuffer other;
  other.Append(Pattern(1000));
  ring_.Append("pooled");
  swap(ring_, other);
  EXPECT_EQ(pool_.used_bytes(), 1024u);
  std::thread([taken = std::move(other)] {
    EXPECT_EQ(taken.ToString(), "pooled");
  }).join();
  EXPECT_EQ(pool_.free_bytes(), 0u);
}

TEST_F(RingBufferAccessTest, ReserveMakesRoomOnce) {
  Access::Reserve(ring_, 1000);
  const std::size_t capacity = ring_.capacity();
  EXPECT_GE(capacity, 1000u);
  ring_.Append(Pattern(1000));
  EXPECT_EQ(ring_.capacity(), capacity);
  EXPECT_THROW(Access::Reserve(ring_, RingBuffer::kNotFound), std::bad_alloc);
  EXPECT_EQ(ring_.ToString(), Pattern(1000));
}

TEST_F(RingBufferAccessTest, ReserveWhileBorrowingCopiesTheBytesFirst) {
  std::string block = "abc";
  Access::Borrow(ring_, Bytes(block));
  Access::Reserve(ring_, 1);
  block = "###";
  EXPECT_EQ(ring_.ToString(), "abc");
}

TEST_F(RingBufferAccessTest, ContiguousMutableIsWhatTheRingHolds) {
  std::string block = "abcdef";
  Access::Borrow(ring_, Bytes(block));
  ring_.Consume(1);
  const std::span<std::byte> borrowed = Access::ContiguousMutable(ring_, 3);
  EXPECT_EQ(AsText(borrowed), "bcd");
  borrowed[0] = std::byte{'#'};
  EXPECT_EQ(block, "a#cdef");
  EXPECT_TRUE(Access::borrows(ring_));
  ring_.Clear();

  ring_.Append(Pattern(kBlock - 2));
  ring_.Consume(kBlock - 4);
  ring_.Append("wrapped");
  EXPECT_FALSE(ring_.Peek().second.empty());
  const std::span<std::byte> own = Access::ContiguousMutable(ring_, 9);
  EXPECT_EQ(AsText(own), Pattern(2, kBlock - 4) + "wrapped");
  own[8] = std::byte{'#'};
  EXPECT_EQ(ring_.ToString(), Pattern(2, kBlock - 4) + "wrappe#");
}

}  // namespace
}  // namespace eddy::internal
