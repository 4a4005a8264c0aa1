// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PreparedFrameTest: what is made once, and for whom.

#include "ws/prepared_frame.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "eddy/bytes.h"
#include "support/pattern.h"
#include "support/raw_deflate.h"
#include "ws/frame.h"

namespace eddy::internal {
namespace {

// Repeats itself, at a distance that only large windows reach.
std::string FarRepetition() {
  return test::Pattern(3'000) + test::Pattern(3'000);
}

std::string_view BodyOf(const Payload& frame) {
  FrameHeader header;
  std::string_view wrong;
  EXPECT_EQ(ParseFrameHeader(frame.bytes(), header, wrong),
            HeaderOutcome::kDone);
  EXPECT_TRUE(header.is_compressed);
  return AsText(frame.bytes()).substr(header.header_size);
}

TEST(PreparedFrameTest, EachWindowUnderstandsItsOwn) {
  const std::string text = FarRepetition();
  const PreparedFrame frame(ws::MessageType::kBinary, AsBytes(text));
  const ws::DeflateOptions options;
  std::size_t size_before = text.size();
  for (const int bits : {9, 10, 11, 12, 13, 14, 15}) {
    const Payload& made = frame.Compressed(bits, options);
    const std::string_view body = BodyOf(made);
    test::RawInflate inflate(bits, false);
    EXPECT_EQ(inflate(std::string(body)), text) << bits;
    EXPECT_LE(body.size(), size_before + 16) << bits;
    size_before = body.size();
  }
  EXPECT_LT(frame.Compressed(15, options).size(),
            frame.Compressed(9, options).size() * 3 / 4);
}

TEST(PreparedFrameTest, IsCompressedOnceForEachWindow) {
  const PreparedFrame frame(ws::MessageType::kText, AsBytes(FarRepetition()));
  for (const int bits : {15, 9}) {
    std::array<const std::byte*, 4> seen{};
    std::vector<std::thread> threads;
    for (auto& data : seen) {
      threads.emplace_back([&] {
        data = frame.Compressed(bits, ws::DeflateOptions()).bytes().data();
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto* data : seen) EXPECT_EQ(data, seen[0]);
  }
}

TEST(PreparedFrameTest, WhatIsNotWorthItIsNotCompressed) {
  const PreparedFrame frame(ws::MessageType::kText,
                            AsBytes(std::string_view("short")));
  EXPECT_TRUE(frame.Compressed(15, ws::DeflateOptions()).empty());
}

}  // namespace
}  // namespace eddy::internal
