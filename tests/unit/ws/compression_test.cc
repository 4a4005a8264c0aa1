// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Compression tests: what is kept from message to message.

#include "ws/compression.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "eddy/bytes.h"
#include "support/allocation_count.h"

namespace eddy::internal {
namespace {

constexpr std::size_t kLittle = std::size_t{64} << 10;

std::string Incompressible(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A server's.
Compression MakeCompression(const ws::DeflateOptions& options) {
  return {{.server_keeps_context = options.server_keeps_context,
           .client_keeps_context = options.client_keeps_context,
           .server_window_bits = options.server_window_bits,
           .client_window_bits = options.client_window_bits},
          false,
          options};
}

TEST(CompressionTest, GivesBackTheMemoryOfALargeMessage) {
  const ws::DeflateOptions options;
  Compression compression = MakeCompression(options);
  std::string text;
  while (text.size() < 10 * kLittle) text += Incompressible(100) + "aaaaaaaaaa";
  const auto compressed = compression.Deflate(AsBytes(text));
  ASSERT_TRUE(compressed);
  EXPECT_GT(compressed->size(), 0U);
  compression.ReleaseOutput();
  EXPECT_LE(compression.output_capacity(), kLittle);
}

TEST(CompressionTest, GivesBackTheMemoryOfWhatDoesNotCompress) {
  const ws::DeflateOptions options;
  Compression compression = MakeCompression(options);
  const std::string text = Incompressible(10 * kLittle);
  EXPECT_FALSE(compression.Deflate(AsBytes(text)));
  EXPECT_LE(compression.output_capacity(), kLittle);
}

// Most of it is that of zlib's.
TEST(CompressionTest, TakesNoMemoryToInflateBeforeThereIsSomething) {
  const ws::DeflateOptions options{.client_keeps_context = true};
  Compression compression = MakeCompression(options);
  const std::size_t before = test::AllocationCount();
  Inflater* const inflater = compression.inflater();
  ASSERT_NE(inflater, nullptr);
  EXPECT_LE(test::AllocationCount(), before + 1);
}

TEST(CompressionTest, SendsNothingCompressedWithAWindowOf8Bits) {
  const ws::DeflateOptions options;
  for (const bool keeps_context : {false, true}) {
    Compression compression(
        {.client_keeps_context = keeps_context, .client_window_bits = 8}, true,
        options);
    const std::string text(10'000, 'x');
    EXPECT_FALSE(compression.Deflate(AsBytes(text)));
  }
}

}  // namespace
}  // namespace eddy::internal
