// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// GrowingBuffer tests: it keeps its bytes when it grows.

#include "ws/growing_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "eddy/bytes.h"
#include "support/pattern.h"

namespace eddy::internal {
namespace {

void AppendText(GrowingBuffer& buffer, const std::string& text) {
  ASSERT_LE(text.size(), buffer.room().size());
  std::memcpy(buffer.room().data(), text.data(), text.size());
  buffer.Advance(text.size());
}

TEST(GrowingBufferTest, BeginsWithoutMemory) {
  GrowingBuffer buffer;
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_TRUE(buffer.bytes().empty());
  EXPECT_TRUE(buffer.room().empty());
}

TEST(GrowingBufferTest, KeepsItsBytesWhenItGrows) {
  GrowingBuffer buffer;
  std::string expected;
  for (std::size_t capacity = 10; capacity < 1'000'000; capacity *= 3) {
    buffer.Reserve(capacity);
    EXPECT_EQ(buffer.capacity(), capacity);
    const std::string more =
        test::Pattern(capacity - expected.size(), capacity);
    AppendText(buffer, more);
    expected += more;
    ASSERT_EQ(AsText(buffer.bytes()), expected);
  }
}

TEST(GrowingBufferTest, NeverShrinksOnItsOwn) {
  GrowingBuffer buffer;
  buffer.Reserve(100);
  AppendText(buffer, "abc");
  buffer.Reserve(10);
  EXPECT_EQ(buffer.capacity(), 100u);
  buffer.Clear();
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.capacity(), 100u);
  buffer.Free();
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(GrowingBufferTest, AGrowthThatFailsChangesNothing) {
  GrowingBuffer buffer;
  buffer.Reserve(3);
  AppendText(buffer, "abc");
  constexpr auto kTooMuch = std::numeric_limits<std::size_t>::max() / 2 + 1;
  EXPECT_THROW(buffer.Reserve(kTooMuch), std::bad_alloc);
  EXPECT_EQ(AsText(buffer.bytes()), "abc");
  EXPECT_EQ(buffer.capacity(), 3u);
}

}  // namespace
}  // namespace eddy::internal
