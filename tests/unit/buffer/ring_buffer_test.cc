// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingBuffer tests: bytes in, bytes out, and where they are in between.

#include "eddy/ring_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/pattern.h"

namespace eddy {
namespace {

using std::string_literals::operator""s;
using test::Pattern;

constexpr std::size_t kBlock = 512;  // of a ring that grew from nothing

// A ring of kBlock bytes that holds `text`, with its first byte at `head`.
// REQUIRES: head > 0, and a text that fits.
RingBuffer RingAt(std::size_t head, std::string_view text) {
  RingBuffer ring;
  ring.Append(std::string(head, '-'));
  // One byte stays for a while: a ring that ran empty would start anew.
  ring.Consume(head - 1);
  ring.Append(text.substr(0, kBlock - 1));
  ring.Consume(1);
  ring.Append(text.substr(std::min(text.size(), kBlock - 1)));
  return ring;
}

// A span of more bytes than there can be: what is asked for with it fails
// before it is looked at.
std::span<const std::byte> TooMuch() {
  static const std::byte byte{};
  return {&byte, std::numeric_limits<std::size_t>::max() / 2};
}

TEST(RingBufferTest, StartsEmptyAndWithoutStorage) {
  const RingBuffer ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.size(), 0u);
  EXPECT_EQ(ring.capacity(), 0u);
  EXPECT_TRUE(ring.Peek().first.empty());
  EXPECT_TRUE(ring.Peek().second.empty());
  EXPECT_EQ(ring.ToString(), "");
}

TEST(RingBufferTest, AnEmptyRingTakesEveryCallThatAsksForNothing) {
  RingBuffer ring;
  ring.Append("");
  ring.Append(std::span<const std::byte>());
  ring.Consume(0);
  ring.Clear();
  EXPECT_EQ(ring.Read({}), 0u);
  EXPECT_TRUE(ring.Contiguous(0).empty());
  EXPECT_EQ(ring.Find("x"), RingBuffer::kNotFound);
  EXPECT_EQ(ring.PeekUint8(), std::nullopt);
  EXPECT_EQ(ring.capacity(), 0u);
}

TEST(RingBufferTest, ReservesTheCapacityItIsMadeWith) {
  RingBuffer ring(64);
  const std::size_t capacity = ring.capacity();
  EXPECT_GE(capacity, 64u);
  const std::byte* block = nullptr;
  ring.Append("x");
  block = ring.Peek().first.data();
  ring.Append(std::string(63, 'x'));
  EXPECT_EQ(ring.Peek().first.data(), block);
  EXPECT_EQ(ring.capacity(), capacity);
  EXPECT_EQ(RingBuffer(0).capacity(), 0u);
}

TEST(RingBufferTest, ThrowsForACapacityThatCannotBeHad) {
  EXPECT_THROW(RingBuffer{RingBuffer::kNotFound}, std::bad_alloc);
}

TEST(RingBufferTest, AppendsAndConsumesInOrder) {
  RingBuffer ring;
  ring.Append("abcd");
  ring.Append("ef");
  EXPECT_EQ(ring.ToString(), "abcdef");
  ring.Consume(2);
  EXPECT_EQ(ring.ToString(), "cdef");
  EXPECT_EQ(ring.size(), 4u);
  ring.Consume(4);
  EXPECT_TRUE(ring.empty());
}

TEST(RingBufferTest, AppendsAnyRangeOfBytes) {
  RingBuffer ring;
  ring.Append("a");
  ring.Append(std::string("b"));
  ring.Append(std::string_view("c"));
  ring.Append(std::vector<char>{'d'});
  ring.Append(std::array{std::byte{'e'}});
  ring.Append(std::vector<unsigned char>{'f'});
  EXPECT_EQ(ring.ToString(), "abcdef");
}

TEST(RingBufferTest, AppendsZeroBytesLikeOthers) {
  RingBuffer ring;
  ring.Append("a\0b"s);
  EXPECT_EQ(ring.ToString(), "a\0b"s);
}

TEST(RingBufferTest, FillsItsCapacityBeforeItGrows) {
  RingBuffer ring;
  ring.Append("x");
  ASSERT_EQ(ring.capacity(), kBlock);
  ring.Append(std::string(kBlock - 1, 'x'));
  EXPECT_EQ(ring.capacity(), kBlock);
  EXPECT_EQ(ring.size(), kBlock);
  ring.Append("y");
  EXPECT_EQ(ring.capacity(), 2 * kBlock);
  EXPECT_EQ(ring.ToString(), std::string(kBlock, 'x') + "y");
}

TEST(RingBufferTest, GrowsToWhatIsNeededAtOnce) {
  RingBuffer ring;
  ring.Append(std::string(5000, 'x'));
  EXPECT_EQ(ring.capacity(), 8192u);
}

TEST(RingBufferTest, GrowsWithBytesThatGoRoundTheEnd) {
  const std::string text = Pattern(kBlock);
  RingBuffer ring = RingAt(300, text);
  ASSERT_FALSE(ring.Peek().second.empty());
  ring.Append("tail");
  EXPECT_EQ(ring.ToString(), text + "tail");
}

TEST(RingBufferTest, PeekShowsBytesThatGoRoundTheEndInTwoViews) {
  const std::string text = Pattern(400);
  const RingBuffer ring = RingAt(300, text);
  const RingBuffer::Views views = ring.Peek();
  EXPECT_EQ(AsText(views.first), text.substr(0, 212));
  EXPECT_EQ(AsText(views.second), text.substr(212));
  EXPECT_EQ(ring.capacity(), kBlock);
}

TEST(RingBufferTest, PeekShowsAFullRing) {
  const std::string text = Pattern(kBlock);
  const RingBuffer ring = RingAt(100, text);
  EXPECT_EQ(ring.size(), ring.capacity());
  EXPECT_EQ(ring.Peek().first.size(), 412u);
  EXPECT_EQ(ring.Peek().second.size(), 100u);
  EXPECT_EQ(ring.ToString(), text);
}

TEST(RingBufferTest, ConsumeGoesRoundTheEnd) {
  const std::string text = Pattern(400);
  RingBuffer ring = RingAt(300, text);
  ring.Consume(211);
  EXPECT_EQ(ring.Peek().first.size(), 1u);
  ring.Consume(1);
  EXPECT_EQ(AsText(ring.Peek().first), text.substr(212));
  EXPECT_TRUE(ring.Peek().second.empty());
  ring.Consume(100);
  EXPECT_EQ(ring.ToString(), text.substr(312));
}

TEST(RingBufferTest, ARingThatRanEmptyStartsAnew) {
  RingBuffer ring;
  ring.Append(Pattern(500));
  ring.Consume(500);
  ring.Append(Pattern(400));
  EXPECT_TRUE(ring.Peek().second.empty());
}

TEST(RingBufferTest, ClearDropsTheBytesAndKeepsTheStorage) {
  RingBuffer ring = RingAt(300, Pattern(400));
  ring.Clear();
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.capacity(), kBlock);
  ring.Append("new");
  EXPECT_EQ(ring.ToString(), "new");
}

TEST(RingBufferTest, ReadMovesBytesOut) {
  const std::string text = Pattern(400);
  RingBuffer ring = RingAt(300, text);
  std::string target(250, '\0');
  EXPECT_EQ(ring.Read(std::as_writable_bytes(std::span(target))), 250u);
  EXPECT_EQ(target, text.substr(0, 250));
  EXPECT_EQ(ring.ToString(), text.substr(250));
}

TEST(RingBufferTest, ReadTakesNoMoreThanThereIs) {
  RingBuffer ring;
  ring.Append("abc");
  std::string target(10, '-');
  EXPECT_EQ(ring.Read(std::as_writable_bytes(std::span(target))), 3u);
  EXPECT_EQ(target, "abc-------");
  EXPECT_EQ(ring.Read(std::as_writable_bytes(std::span(target))), 0u);
}

TEST(RingBufferTest, ToStringIsACopy) {
  RingBuffer ring;
  ring.Append("abcd");
  std::string copy = ring.ToString();
  copy[0] = 'X';
  EXPECT_EQ(ring.ToString(), "abcd");
  EXPECT_EQ(ring.size(), 4u);
}

TEST(RingBufferTest, PeeksBigEndianNumbers) {
  RingBuffer ring;
  ring.Append("\x01\x02\x03\x04\x05\x06\x07\xF8");
  EXPECT_EQ(ring.PeekUint8(), 0x01);
  EXPECT_EQ(ring.PeekUint16(), 0x0102);
  EXPECT_EQ(ring.PeekUint32(), 0x01020304u);
  EXPECT_EQ(ring.PeekUint64(), 0x01020304050607F8u);
  EXPECT_EQ(ring.size(), 8u);
}

TEST(RingBufferTest, PeeksNumbersBehindTheFront) {
  RingBuffer ring;
  ring.Append("\x01\x02\x03\x04\x05\x06\x07\xF8");
  EXPECT_EQ(ring.PeekUint8(7), 0xF8);
  EXPECT_EQ(ring.PeekUint16(6), 0x07F8);
  EXPECT_EQ(ring.PeekUint32(4), 0x050607F8u);
  ring.Consume(4);
  EXPECT_EQ(ring.PeekUint32(), 0x050607F8u);
}

TEST(RingBufferTest, PeeksNumbersThatGoRoundTheEnd) {
  const std::string number = "\x01\x02\x03\x04\x05\x06\x07\x08"s;
  for (std::size_t head = kBlock - 9; head < kBlock; ++head) {
    const RingBuffer ring = RingAt(head, number);
    EXPECT_EQ(ring.PeekUint64(), 0x0102030405060708u) << head;
    EXPECT_EQ(ring.PeekUint32(2), 0x03040506u) << head;
    EXPECT_EQ(ring.PeekUint16(5), 0x0607) << head;
    EXPECT_EQ(ring.PeekUint8(7), 0x08) << head;
  }
}

TEST(RingBufferTest, PeeksNoNumberThatIsNotAllThere) {
  RingBuffer ring;
  ring.Append("\x01\x02\x03");
  EXPECT_EQ(ring.PeekUint32(), std::nullopt);
  EXPECT_EQ(ring.PeekUint64(), std::nullopt);
  EXPECT_EQ(ring.PeekUint16(2), std::nullopt);
  EXPECT_EQ(ring.PeekUint8(3), std::nullopt);
  EXPECT_EQ(ring.PeekUint8(RingBuffer::kNotFound), std::nullopt);
  EXPECT_EQ(ring.PeekUint64(RingBuffer::kNotFound - 3), std::nullopt);
}

TEST(RingBufferTest, ContiguousIsFreeWhereTheBytesDoNotGoRoundTheEnd) {
  const std::string text = Pattern(400);
  RingBuffer ring = RingAt(300, text);
  const std::byte* front = ring.Peek().first.data();
  EXPECT_EQ(ring.Contiguous(212).data(), front);
  EXPECT_EQ(ring.Peek().first.data(), front);
  EXPECT_EQ(AsText(ring.Contiguous(212)), text.substr(0, 212));
}

TEST(RingBufferTest, ContiguousJoinsWhatGoesRoundTheEnd) {
  // In less than half a block, in more than half a block, in a full one.
  for (const std::size_t size : {200u, 256u, 257u, 350u, 512u}) {
    for (const std::size_t head : {313u, 400u, 511u}) {
      const std::string text = Pattern(size);
      RingBuffer ring = RingAt(head, text);
      ASSERT_FALSE(ring.Peek().second.empty());
      EXPECT_EQ(AsText(ring.Contiguous(size)), text) << size << ", " << head;
      EXPECT_EQ(ring.ToString(), text);
      EXPECT_EQ(ring.capacity(), kBlock);
    }
  }
}

TEST(RingBufferTest, AllThatGoesRoundTheEndIsTakenInOnePiece) {
  RingBuffer ring;
  ring.Append(Pattern(kBlock));
  ring.Consume(kBlock - 2);
  ring.Append("ab");
  ASSERT_FALSE(ring.Peek().second.empty());
  EXPECT_EQ(AsText(ring.Contiguous(ring.size())),
            Pattern(kBlock).substr(kBlock - 2) + "ab");
  ring.Consume(ring.size());
  EXPECT_TRUE(ring.empty());
}

TEST(RingBufferTest, ContiguousRearrangesOnceForAllThatIsThere) {
  RingBuffer ring = RingAt(300, Pattern(400));
  const std::byte* joined = ring.Contiguous(213).data();
  EXPECT_EQ(ring.Contiguous(400).data(), joined);
  EXPECT_TRUE(ring.Peek().second.empty());
  ring.Append(Pattern(112));
  EXPECT_EQ(ring.Contiguous(512).data(), joined);
}

TEST(RingBufferTest, FindsAByte) {
  RingBuffer ring;
  ring.Append("abcabc");
  EXPECT_EQ(ring.Find(std::byte{'b'}), 1u);
  EXPECT_EQ(ring.Find(std::byte{'b'}, 1), 1u);
  EXPECT_EQ(ring.Find(std::byte{'b'}, 2), 4u);
  EXPECT_EQ(ring.Find(std::byte{'x'}), RingBuffer::kNotFound);
  ring.Consume(2);
  EXPECT_EQ(ring.Find(std::byte{'b'}), 2u);
}

TEST(RingBufferTest, FindsText) {
  RingBuffer ring;
  ring.Append("one\r\ntwo\r\n");
  EXPECT_EQ(ring.Find("\r\n"), 3u);
  EXPECT_EQ(ring.Find("\r\n", 4), 8u);
  EXPECT_EQ(ring.Find("\r\n", 9), RingBuffer::kNotFound);
  EXPECT_EQ(ring.Find("one\r\ntwo\r\n"), 0u);
  EXPECT_EQ(ring.Find("one\r\ntwo\r\n!"), RingBuffer::kNotFound);
}

TEST(RingBufferTest, FindsNothingForAnEmptyNeedle) {
  RingBuffer ring;
  ring.Append("abc");
  EXPECT_EQ(ring.Find(""), RingBuffer::kNotFound);
}

TEST(RingBufferTest, FindsNothingFromTheEndOn) {
  RingBuffer ring;
  ring.Append("abc");
  EXPECT_EQ(ring.Find("c", 3), RingBuffer::kNotFound);
  EXPECT_EQ(ring.Find("c", RingBuffer::kNotFound), RingBuffer::kNotFound);
}

TEST(RingBufferTest, FindDoesNotSeeConsumedBytes) {
  RingBuffer ring;
  ring.Append("needle in");
  ring.Consume(1);
  EXPECT_EQ(ring.Find("needle"), RingBuffer::kNotFound);
}

TEST(RingBufferTest, FindSeesANeedleAcrossTheWrap) {
  const std::string needle = "needle";
  for (std::size_t head = kBlock - 20; head < kBlock; ++head) {
    const RingBuffer ring = RingAt(head, "hay nneedle nee");
    EXPECT_EQ(ring.Find(needle), 5u) << head;
    EXPECT_EQ(ring.Find(needle, 5), 5u) << head;
    EXPECT_EQ(ring.Find(needle, 6), RingBuffer::kNotFound) << head;
  }
}

TEST(RingBufferTest, FindSeesANeedleAfterManyFalseStarts) {
  RingBuffer ring;
  for (int i = 0; i < 200; ++i) ring.Append("\r\r-");
  ring.Append("\r\n");
  EXPECT_EQ(ring.Find("\r\n"), 600u);
  EXPECT_EQ(ring.Find("\r\n", 600), 600u);
  EXPECT_EQ(ring.Find("\r\n\n"), RingBuffer::kNotFound);
}

TEST(RingBufferTest, AppendsAViewOfItself) {
  RingBuffer ring;
  ring.Append("abc");
  ring.Append(ring.Peek().first);
  EXPECT_EQ(ring.ToString(), "abcabc");
}

TEST(RingBufferTest, AppendsAViewOfItselfThatMakesItGrow) {
  const std::string text = Pattern(400);
  RingBuffer ring;
  ring.Append(text);
  ring.Append(ring.Peek().first.subspan(100, 200));
  EXPECT_EQ(ring.capacity(), 2 * kBlock);
  EXPECT_EQ(ring.ToString(), text + text.substr(100, 200));
}

TEST(RingBufferTest, AppendsAViewOfItsPartBehindTheWrap) {
  const std::string text = Pattern(400);
  RingBuffer ring = RingAt(300, text);
  ring.Append(ring.Peek().second.first(100));
  EXPECT_EQ(ring.ToString(), text + text.substr(212, 100));
  ring.Append(ring.Peek().second);
  EXPECT_EQ(ring.size(), 400u + 100u + 288u);
}

TEST(RingBufferTest, AnAppendThatFailsLeavesTheRingAsItWas) {
  const std::string text = Pattern(400);
  RingBuffer ring = RingAt(300, text);
  const std::byte* front = ring.Peek().first.data();
  EXPECT_THROW(ring.Append(TooMuch()), std::bad_alloc);
  EXPECT_EQ(ring.ToString(), text);
  EXPECT_EQ(ring.Peek().first.data(), front);
  EXPECT_EQ(ring.capacity(), kBlock);
}

TEST(RingBufferTest, MovingTakesBytesAndStorage) {
  RingBuffer from;
  from.Append("abc");
  const std::byte* block = from.Peek().first.data();
  RingBuffer to = std::move(from);
  EXPECT_EQ(to.ToString(), "abc");
  EXPECT_EQ(to.Peek().first.data(), block);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(from.capacity(), 0u);
  from.Append("again");
  EXPECT_EQ(from.ToString(), "again");
}

TEST(RingBufferTest, MoveAssignmentReplacesWhatWasThere) {
  RingBuffer ring;
  ring.Append("old");
  RingBuffer other;
  other.Append("new");
  ring = std::move(other);
  EXPECT_EQ(ring.ToString(), "new");
  ring = RingBuffer();
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.capacity(), 0u);
}

TEST(RingBufferTest, AssignmentToItselfChangesNothing) {
  RingBuffer ring;
  ring.Append("abc");
  RingBuffer& same = ring;
  ring = std::move(same);
  EXPECT_EQ(ring.ToString(), "abc");
}

TEST(RingBufferTest, SwapExchangesTheContents) {
  RingBuffer a = RingAt(300, Pattern(400));
  RingBuffer b;
  b.Append("b");
  swap(a, b);
  EXPECT_EQ(a.ToString(), "b");
  EXPECT_EQ(b.ToString(), Pattern(400));
  swap(a, a);
  EXPECT_EQ(a.ToString(), "b");
}

TEST(RingBufferDeathTest, ConsumingMoreThanThereIsIsABug) {
  RingBuffer ring;
  ring.Append("abc");
  EXPECT_DEBUG_DEATH(
      {
        ring.Consume(4);
        ring.Clear();
      },
      "more than there is");
}

}  // namespace
}  // namespace eddy
