// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// AutobahnReaderTest: what a reader makes of what the published test suite
// sends. Large messages are smaller here, with as many frames.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/pattern.h"
#include "unit/ws/autobahn_cases.h"
#include "unit/ws/reader_test.h"
#include "ws/deflater.h"

namespace eddy::internal {
namespace {

using test::AutobahnCase;
using test::Events;
using test::EventsOf;
using test::Frame;
using test::kBinary;
using test::kFin;
using test::kText;
using test::Pattern;
using test::TextFrame;

// As the cases expect it: code 1002 or 1007, whatever the words.
Events WithoutWords(Events events) {
  for (std::string& event : events) {
    if (event.starts_with("failed ")) event.resize(sizeof("failed 1002") - 1);
  }
  return events;
}

class AutobahnReaderTest : public testing::TestWithParam<AutobahnCase> {};

// The cases that send in chops send the same as others that do not; here each
// is sent in all ways.
TEST_P(AutobahnReaderTest, GivesItsEventsWholeAndInChops) {
  const AutobahnCase& test = GetParam();
  for (const std::size_t chop : {std::size_t{1}, std::size_t{2}, std::size_t{7},
                                 std::size_t{997}, test.stream.size()}) {
    EXPECT_EQ(WithoutWords(EventsOf(test.stream, {}, chop)), test.events)
        << "in chops of " << chop;
  }
}

std::string NameOf(const testing::TestParamInfo<AutobahnCase>& info) {
  return "Case" + info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Cases, AutobahnReaderTest,
                         testing::ValuesIn(test::AutobahnCases(true)), NameOf);

// 9.1 to 9.6: large messages, in fragments and chops of several sizes.
TEST(AutobahnReaderLimitsTest, Cases9_1And9_2LargeMessages) {
  for (const std::size_t size :
       test::Sizes{64 << 10, 128 << 10, 256 << 10, 512 << 10}) {
    const std::string text = Pattern(size);
    const std::string bytes(size, '\xfe');
    EXPECT_EQ(EventsOf(TextFrame(text), {}, 65'536), Events{"text " + text});
    EXPECT_EQ(EventsOf(Frame(kFin | kBinary, bytes), {}, 65'536),
              Events{"binary " + bytes});
  }
}

TEST(AutobahnReaderLimitsTest, Cases9_3And9_4LargeMessagesInFragments) {
  const std::string payload = Pattern(256 << 10);
  for (const std::size_t fragment : test::Sizes{
           64, 256, 1024, 4096, 16'384, 65'536, 100'000, 131'072, 262'144}) {
    for (const unsigned opcode : {kText, kBinary}) {
      const std::string stream =
          test::Fragmented(opcode, payload, fragment, true);
      const Events expected = {(opcode == kText ? "text " : "binary ") +
                               payload};
      test::RigOptions options;
      options.limits.max_fragments = 4096;
      EXPECT_EQ(EventsOf(stream, options, 65'536), expected) << fragment;
    }
  }
}

TEST(AutobahnReaderLimitsTest, Cases9_5And9_6LargeMessagesInChops) {
  const std::string payload = Pattern(128 << 10);
  for (const std::size_t chop : test::Sizes{64, 128, 256, 512, 1024, 2048}) {
    EXPECT_EQ(EventsOf(TextFrame(payload), {}, chop),
              Events{"text " + payload});
    EXPECT_EQ(EventsOf(Frame(kFin | kBinary, payload), {}, chop),
              Events{"binary " + payload});
  }
}

// A message as case 12 sends it: compressed, then cut into frames of
// `frame_size`; 0: one frame.
void AddCompressed(Deflater& deflater, bool keeps_context,
                   std::string_view payload, std::size_t frame_size,
                   std::string& stream) {
  std::span<const std::byte> out;
  ASSERT_TRUE(deflater.Deflate(AsBytes(payload), keeps_context, out));
  stream +=
      test::Fragmented(test::kRsv1 | kText, AsText(out), frame_size, true);
}

void ExpectCompressedMessages(int window_bits, bool keeps_context, int count) {
  for (const test::CompressedSize& size : test::kCompressedSizes) {
    const auto deflater = Deflater::Create(window_bits, 6, 8);
    std::string stream;
    Events expected;
    for (int i = 0; i < count; ++i) {
      const std::string payload = Pattern(size.bytes, static_cast<size_t>(i));
      AddCompressed(*deflater, keeps_context, payload, size.frame_bytes,
                    stream);
      expected.push_back("text " + payload);
    }
    const test::RigOptions options{.may_compress = true,
                                   .keeps_context = keeps_context,
                                   .limits = {1 << 20, 1 << 12, 0}};
    for (const std::size_t chop : test::Sizes{1000, 65'536}) {
      ASSERT_EQ(EventsOf(stream, options, chop), expected)
          << size.bytes << " in frames of " << size.frame_bytes;
    }
  }
}

TEST(AutobahnReaderLimitsTest, Cases12CompressedMessages) {
  ExpectCompressedMessages(15, true, 5);
}

// 13.1 to 13.7: with and without context, with windows small and large.
TEST(AutobahnReaderLimitsTest, Cases13CompressionParameters) {
  for (const int window_bits : {9, 12, 15}) {
    for (const bool keeps_context : {false, true}) {
      ExpectCompressedMessages(window_bits, keeps_context, 2);
    }
  }
}

}  // namespace
}  // namespace eddy::internal
