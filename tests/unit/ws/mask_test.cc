// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Mask tests: as a loop over bytes does it, and keys that differ.

#include "ws/mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "eddy/bytes.h"
#include "support/pattern.h"

namespace eddy::internal {
namespace {

constexpr MaskKey kUnlikeKey = {std::byte{0x12}, std::byte{0x9a},
                                std::byte{0xf0}, std::byte{0x57}};
constexpr std::size_t kMaskedSizes = 200;

std::string MaskedByBytes(std::string text, std::size_t phase) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>(
        text[i] ^ std::to_integer<int>(kUnlikeKey[(i + phase) % 4]));
  }
  return text;
}

TEST(MaskTest, AppliesToEverySizeAlignmentAndPhase) {
  for (std::size_t size = 0; size <= kMaskedSizes; ++size) {
    for (std::size_t shift = 0; shift < 16; ++shift) {
      for (std::size_t phase = 0; phase < 8; ++phase) {
        // Exactly as large as what is masked: one byte more is an error.
        std::vector<std::byte> block(shift + size);
        const std::string text = test::Pattern(size);
        if (size != 0) std::memcpy(block.data() + shift, text.data(), size);
        const auto bytes = std::span(block).subspan(shift);
        ApplyMask(bytes, kUnlikeKey, phase);
        ASSERT_EQ(AsText(bytes), MaskedByBytes(text, phase))
            << size << " " << shift << " " << phase;
        ASSERT_TRUE(std::all_of(block.begin(),
                                block.begin() + static_cast<int>(shift),
                                [](std::byte b) { return b == std::byte{}; }));
      }
    }
  }
}

TEST(MaskTest, CopiesEverySizeAlignmentAndPhase) {
  for (std::size_t size = 0; size <= kMaskedSizes; ++size) {
    for (std::size_t shift = 0; shift < 16; ++shift) {
      for (std::size_t phase = 0; phase < 8; ++phase) {
        const std::string text = test::Pattern(shift + size, phase);
        const auto source = AsBytes(text).subspan(shift);
        std::vector<std::byte> target(size + (shift * 5) % 16);
        const std::size_t at = target.size() - size;
        CopyMasked(target.data() + at, source, kUnlikeKey, phase);
        ASSERT_EQ(AsText(std::span(target).subspan(at)),
                  MaskedByBytes(text.substr(shift), phase))
            << size << " " << shift << " " << phase;
      }
    }
  }
}

TEST(MaskTest, PiecesMaskLikeTheWhole) {
  const std::string text = test::Pattern(100);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    std::string pieces = text;
    const auto bytes = std::as_writable_bytes(std::span(pieces));
    ApplyMask(bytes.first(at), kUnlikeKey);
    ApplyMask(bytes.subspan(at), kUnlikeKey, at);
    ASSERT_EQ(pieces, MaskedByBytes(text, 0)) << at;
  }
}

TEST(MaskTest, NothingMayBeMasked) {
  ApplyMask({}, kUnlikeKey, 3);
  CopyMasked(nullptr, {}, kUnlikeKey, 1);
}

TEST(MaskSourceTest, KeysDiffer) {
  // Of 5000 random keys, three pairs that are equal are a chance of 1e-9.
  std::set<MaskKey> keys;
  for (int i = 0; i < 5000; ++i) keys.insert(MaskSource::OfThread().Next());
  EXPECT_GE(keys.size(), 4997u);
}

TEST(MaskSourceTest, EachThreadHasItsOwn) {
  MaskSource* const mine = &MaskSource::OfThread();
  EXPECT_EQ(mine, &MaskSource::OfThread());
  MaskSource* other = nullptr;
  std::thread([&other] { other = &MaskSource::OfThread(); }).join();
  EXPECT_NE(mine, other);
}

}  // namespace
}  // namespace eddy::internal
