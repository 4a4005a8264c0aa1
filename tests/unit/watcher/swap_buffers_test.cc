// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SwapBuffersTest: memory for reads that bring none of their own.

#include "watcher/swap_buffers.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace eddy::internal {
namespace {

constexpr std::size_t kRead = 1000;
constexpr std::size_t kBlock = SwapBuffers::kReadsInBlock * kRead;

TEST(SwapBuffersTest, EachReadIsOfferedAllThatItMayBring) {
  SwapBuffers buffers(kRead, 3 * kBlock);
  std::vector<std::span<std::byte>> kept;
  for (;;) {
    const auto offered = buffers.Offer();
    if (offered.empty()) break;
    EXPECT_EQ(offered.size(), kRead);
    kept.push_back(buffers.Keep(offered.size()));
  }
  EXPECT_GE(kept.size(), 3 * (SwapBuffers::kReadsInBlock - 1));
}

TEST(SwapBuffersTest, AnOfferStaysUntilItIsKept) {
  SwapBuffers buffers(kRead, kBlock);
  const auto first = buffers.Offer();
  EXPECT_EQ(buffers.Offer().data(), first.data());
  EXPECT_EQ(buffers.Keep(1).data(), first.data());
  EXPECT_NE(buffers.Offer().data(), first.data());
}

TEST(SwapBuffersTest, WhatIsKeptDoesNotOverlap) {
  SwapBuffers buffers(kRead, 4 * kBlock);
  std::vector<std::span<std::byte>> kept;
  for (int i = 0; !buffers.Offer().empty(); ++i) {
    kept.push_back(buffers.Keep(1 + static_cast<std::size_t>(i * 37) % kRead));
    std::memset(kept.back().data(), i, kept.back().size());
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (const std::byte byte : kept[i]) {
      ASSERT_EQ(byte, static_cast<std::byte>(i));
    }
  }
  for (const auto bytes : kept) buffers.Release(bytes.data());
}

TEST(SwapBuffersTest, ReleasedMemoryIsUsedAgain) {
  SwapBuffers buffers(kRead, 2 * kBlock);
  for (int round = 0; round < 10; ++round) {
    std::vector<const std::byte*> kept;
    while (!buffers.Offer().empty()) kept.push_back(buffers.Keep(kRead).data());
    EXPECT_GE(kept.size(), 2 * (SwapBuffers::kReadsInBlock - 1)) << round;
    for (const std::byte* data : kept) buffers.Release(data);
  }
}

TEST(SwapBuffersTest, APinnedBlockIsLeftAlone) {
  SwapBuffers buffers(kRead, 2 * kBlock);
  static_cast<void>(buffers.Offer());
  const auto bytes = buffers.Keep(100);
  ASSERT_TRUE(buffers.Pin(bytes.data() + 50));
  buffers.Release(bytes.data());
  std::vector<const std::byte*> kept;
  while (!buffers.Offer().empty()) {
    const auto next = buffers.Keep(kRead);
    EXPECT_TRUE(next.data() >= bytes.data() + 100 ||
                next.data() + kRead <= bytes.data());
    kept.push_back(next.data());
  }
  buffers.Release(bytes.data() + 50);
  for (const std::byte* data : kept) buffers.Release(data);
}

TEST(SwapBuffersTest, OnlyWhatIsInUseCanBePinned) {
  SwapBuffers buffers(kRead, 2 * kBlock);
  std::byte other{};
  EXPECT_FALSE(buffers.Pin(&other));
  EXPECT_FALSE(buffers.Pin(nullptr));
  const auto offered = buffers.Offer();
  EXPECT_FALSE(buffers.Pin(offered.data())) << "nothing is kept there";
  const auto kept = buffers.Keep(1);
  EXPECT_TRUE(buffers.Pin(kept.data()));
  EXPECT_FALSE(buffers.Pin(&other));
  buffers.Release(kept.data());
  buffers.Release(kept.data());
  EXPECT_FALSE(buffers.Pin(kept.data()));
}

}  // namespace
}  // namespace eddy::internal
