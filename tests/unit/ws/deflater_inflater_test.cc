// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Deflater and Inflater tests: what one makes, the other reads.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/bytes.h"
#include "support/pattern.h"
#include "unit/ws/utf8_cases_test.h"
#include "ws/deflater.h"
#include "ws/inflater.h"

namespace eddy::internal {
namespace {

using Outcome = Inflater::Outcome;
using test::FromHex;
using test::Pattern;

using Sizes = std::vector<std::size_t>;

constexpr std::size_t kNoMax = std::size_t{1} << 24;

std::string RandomBytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string Deflated(Deflater& deflater, std::string_view text,
                     bool keeps_context) {
  std::span<const std::byte> out;
  EXPECT_TRUE(deflater.Deflate(AsBytes(text), keeps_context, out));
  return std::string(AsText(out));
}

Outcome InflateTo(Inflater& inflater, std::string_view bytes,
                  bool keeps_context, std::string& text,
                  std::size_t max_bytes = kNoMax, std::size_t max_ratio = 0) {
  std::span<const std::byte> out;
  const Outcome outcome = inflater.Inflate(AsBytes(bytes), keeps_context,
                                           max_bytes, max_ratio, out);
  text = AsText(out);
  return outcome;
}

std::string Inflated(Inflater& inflater, std::string_view bytes,
                     bool keeps_context = false) {
  std::string text;
  EXPECT_EQ(InflateTo(inflater, bytes, keeps_context, text), Outcome::kDone);
  return text;
}

Outcome OutcomeOf(std::string_view bytes, std::size_t max_bytes = kNoMax,
                  std::size_t max_ratio = 0) {
  std::string text;
  return InflateTo(*Inflater::Create(15), bytes, false, text, max_bytes,
                   max_ratio);
}

class DeflateSizeTest : public testing::TestWithParam<int> {};

TEST_P(DeflateSizeTest, MessagesOfAllSizesComeBack) {
  for (const bool keeps_context : {false, true}) {
    for (const int memory_level : {1, 8, 9}) {
      const auto deflater = Deflater::Create(GetParam(), 6, memory_level);
      const auto own = Inflater::Create(GetParam());
      const auto larger = Inflater::Create(15);
      for (const std::size_t size : Sizes{1, 2, 100, 5, 1000, 0, 0, 511, 40'000,
                                          70'000, 3, 300'000, 0, 9}) {
        const std::string text =
            size % 2 == 0 ? Pattern(size, size) : RandomBytes(size, 7);
        const std::string sent = Deflated(*deflater, text, keeps_context);
        ASSERT_EQ(Inflated(*own, sent, keeps_context), text);
        ASSERT_EQ(Inflated(*larger, sent, keeps_context), text);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllWindowBits, DeflateSizeTest, testing::Range(9, 16));

TEST(DeflaterTest, AllLevelsComeBack) {
  const auto inflater = Inflater::Create(15);
  const std::string text = Pattern(50'000) + RandomBytes(5000, 1);
  for (int level = 1; level <= 9; ++level) {
    const auto deflater = Deflater::Create(15, level, 8);
    EXPECT_EQ(Inflated(*inflater, Deflated(*deflater, text, false)), text);
  }
}

TEST(DeflaterTest, AMessageThatRepeatsTheLastIsSmallWithContext) {
  const std::string text = RandomBytes(1000, 1);
  const auto keeping = Deflater::Create(15, 6, 8);
  EXPECT_GE(Deflated(*keeping, text, true).size(), 1000u);
  EXPECT_LT(Deflated(*keeping, text, true).size(), 50u);
  keeping->Reset();
  EXPECT_GE(Deflated(*keeping, text, true).size(), 1000u);
}

TEST(DeflaterTest, WithoutContextEachMessageStandsAlone) {
  const std::string text = RandomBytes(1000, 1);
  const auto deflater = Deflater::Create(15, 6, 8);
  const std::string first = Deflated(*deflater, text, false);
  EXPECT_EQ(Deflated(*deflater, text, false), first);
  EXPECT_EQ(Inflated(*Inflater::Create(15), first), text);
}

TEST(DeflaterTest, ResetMakesTheNextMessageStandAlone) {
  const auto deflater = Deflater::Create(15, 6, 8);
  const std::string text = Pattern(1000);
  Deflated(*deflater, text, true);
  deflater->Reset();
  EXPECT_EQ(Inflated(*Inflater::Create(15), Deflated(*deflater, text, true)),
            text);
}

TEST(DeflaterTest, AnEmptyMessageIsOneByte) {
  const auto deflater = Deflater::Create(15, 6, 8);
  for (const bool keeps_context : {false, true, true}) {
    EXPECT_EQ(Deflated(*deflater, "", keeps_context), std::string(1, '\0'));
  }
}

TEST(DeflaterTest, WritesTheExampleOfTheStandard) {
  // RFC 7692, 7.2.3.1 and 7.2.3.2.
  const auto deflater = Deflater::Create(15, 6, 8);
  EXPECT_EQ(Deflated(*deflater, "Hello", true), FromHex("f248cdc9c90700"));
  EXPECT_EQ(Deflated(*deflater, "Hello", true), FromHex("f200110000"));
}

TEST(DeflaterTest, ReleaseKeepsItWorking) {
  const auto deflater = Deflater::Create(15, 6, 8);
  const auto inflater = Inflater::Create(15);
  for (const std::size_t size : Sizes{10, 500'000, 10, 500'000}) {
    const std::string text = RandomBytes(size, 3);
    EXPECT_EQ(Inflated(*inflater, Deflated(*deflater, text, true), true), text);
    deflater->Release();
  }
}

TEST(InflaterTest, ReadsTheExamplesOfTheStandard) {
  // RFC 7692, 7.2.3.1 to 7.2.3.6: a block, one that refers to the last message,
  // a stored block, a final block, two blocks, and nothing.
  const auto inflater = Inflater::Create(15);
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90700"), true), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("f200110000"), true), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("000500faff48656c6c6f00")), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("f348cdc9c9070000")), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("f248050000"
                                        "00ffffcac9c90700")),
            "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("00")), "");
}

TEST(InflaterTest, AnEmptyPayloadIsAnEmptyMessage) {
  const auto inflater = Inflater::Create(15);
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90700"), true), "Hello");
  EXPECT_EQ(Inflated(*inflater, "", true), "");
  EXPECT_EQ(Inflated(*inflater, FromHex("f200110000"), true), "Hello");
}

TEST(InflaterTest, FinalBlocksKeepTheContext) {
  const auto inflater = Inflater::Create(15);
  EXPECT_EQ(Inflated(*inflater, FromHex("f348cdc9c9070000"), true), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("f200110000"), true), "Hello");
  // Without what should follow a final block; two of them; one that is stored.
  EXPECT_EQ(Inflated(*inflater, FromHex("f348cdc9c90700")), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("f348cdc9c90700"
                                        "f348cdc9c90700"
                                        "00")),
            "HelloHello");
  EXPECT_EQ(Inflated(*inflater, FromHex("010500faff48656c6c6f00")), "Hello");
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90704")), "Hello");
}

TEST(InflaterTest, ManyFinalBlocksAreQuick) {
  // Each is two bytes that make nothing.
  std::string bytes;
  for (int i = 0; i < 500'000; ++i) bytes += "\x03" + std::string(1, '\0');
  EXPECT_EQ(Inflated(*Inflater::Create(15), bytes + '\0'), "");
}

TEST(InflaterTest, RefusesGarbage) {
  EXPECT_EQ(OutcomeOf(FromHex("ff")), Outcome::kBad);
  EXPECT_EQ(OutcomeOf(FromHex("07")), Outcome::kBad);
  EXPECT_EQ(OutcomeOf("hello, this is no deflate stream"), Outcome::kBad);
  // A distance to before the first byte.
  EXPECT_EQ(OutcomeOf(FromHex("f200110000")), Outcome::kBad);
  // Behind a message, and behind a final block.
  EXPECT_EQ(OutcomeOf(FromHex("f248cdc9c90700"
                              "ff")),
            Outcome::kBad);
  EXPECT_EQ(OutcomeOf(FromHex("f348cdc9c90700"
                              "ff")),
            Outcome::kBad);
}

TEST(InflaterTest, RefusesMessagesThatAreCutOff) {
  const auto deflater = Deflater::Create(15, 6, 8);
  for (const std::string& text :
       {std::string("Hello"), Pattern(1000), RandomBytes(300, 1)}) {
    const std::string sent = Deflated(*deflater, text, false);
    for (std::size_t n = 1; n + 1 < sent.size(); ++n) {
      ASSERT_NE(OutcomeOf(sent.substr(0, n)), Outcome::kNoMemory);
      std::string out;
      const Outcome outcome =
          InflateTo(*Inflater::Create(15), sent.substr(0, n), false, out);
      // Where a block happens to end, nobody can tell.
      ASSERT_TRUE(outcome == Outcome::kBad || text.starts_with(out)) << n;
    }
    ASSERT_EQ(OutcomeOf(sent.substr(0, sent.size() / 2)), Outcome::kBad);
  }
}

TEST(InflaterTest, DoesNotTakeTheTailForContent) {
  // A stored block of five bytes, of which only the first came.
  EXPECT_EQ(OutcomeOf(FromHex("000500faff61")), Outcome::kBad);
}

TEST(InflaterTest, LimitsBytes) {
  const auto deflater = Deflater::Create(15, 6, 8);
  for (const std::size_t size : Sizes{1, 100, 1000, 65'536, 200'000}) {
    const std::string sent = Deflated(*deflater, Pattern(size), false);
    EXPECT_EQ(OutcomeOf(sent, size), Outcome::kDone) << size;
    EXPECT_EQ(OutcomeOf(sent, size - 1), Outcome::kTooBig) << size;
  }
}

TEST(InflaterTest, LimitsTheRatioFrom64KiBOn) {
  const auto deflater = Deflater::Create(15, 9, 9);
  const std::string small =
      Deflated(*deflater, std::string(64 << 10, 'a'), false);
  ASSERT_LT(small.size(), 200u);
  EXPECT_EQ(OutcomeOf(small, kNoMax, 1), Outcome::kDone);
  const std::string size = std::string(1 << 20, 'a');
  const std::string large = Deflated(*deflater, size, false);
  EXPECT_EQ(OutcomeOf(large, kNoMax, 100), Outcome::kTooBig);
  EXPECT_EQ(OutcomeOf(large, kNoMax, 0), Outcome::kDone);
  EXPECT_EQ(OutcomeOf(large, kNoMax, 2000), Outcome::kDone);
  const std::size_t ratio = size.size() / large.size();
  EXPECT_EQ(OutcomeOf(large, kNoMax, ratio), Outcome::kTooBig);
  EXPECT_EQ(OutcomeOf(large, kNoMax, ratio + 1), Outcome::kDone);
  EXPECT_EQ(OutcomeOf(large, kNoMax, std::numeric_limits<std::size_t>::max()),
            Outcome::kDone);
}

TEST(InflaterTest, ABombTakesNoMoreMemoryThanTheLimit) {
  const auto deflater = Deflater::Create(15, 9, 9);
  const auto inflater = Inflater::Create(15);
  const std::string bomb =
      Deflated(*deflater, std::string(20 << 20, '\0'), false);
  std::string text;
  EXPECT_EQ(InflateTo(*inflater, bomb, false, text, 100'000), Outcome::kTooBig);
  EXPECT_LE(inflater->capacity(), 100'001u);
  EXPECT_EQ(text, "");
  EXPECT_EQ(InflateTo(*inflater, FromHex("f248cdc9c90700"), false, text, 5),
            Outcome::kDone);
  EXPECT_EQ(text, "Hello");
}

TEST(InflaterTest, AFailureForgetsTheContext) {
  const auto inflater = Inflater::Create(15);
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90700"), true), "Hello");
  std::string text;
  EXPECT_EQ(InflateTo(*inflater, "\xff", true, text), Outcome::kBad);
  EXPECT_EQ(InflateTo(*inflater, FromHex("f200110000"), true, text),
            Outcome::kBad);
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90700")), "Hello");
}

TEST(InflaterTest, WithoutContextTheNextMessageCannotReferBack) {
  const auto inflater = Inflater::Create(15);
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90700"), false), "Hello");
  std::string text;
  EXPECT_EQ(InflateTo(*inflater, FromHex("f200110000"), false, text),
            Outcome::kBad);
}

TEST(InflaterTest, ASmallWindowForgetsWhatIsFurtherBack) {
  const std::string text = RandomBytes(2000, 1);
  const auto deflater = Deflater::Create(15, 6, 8);
  const std::string first = Deflated(*deflater, text, true);
  const std::string second = Deflated(*deflater, text, true);
  for (const int window_bits : {9, 15}) {
    const auto inflater = Inflater::Create(window_bits);
    EXPECT_EQ(Inflated(*inflater, first, true), text);
    std::string out;
    EXPECT_EQ(InflateTo(*inflater, second, true, out),
              window_bits == 9 ? Outcome::kBad : Outcome::kDone);
  }
}

TEST(InflaterTest, ReleaseGivesBackALargeBufferOnly) {
  const auto deflater = Deflater::Create(15, 6, 8);
  const auto inflater = Inflater::Create(15);
  const std::string large = Deflated(*deflater, Pattern(200'000), false);
  EXPECT_EQ(Inflated(*inflater, large), Pattern(200'000));
  EXPECT_GE(inflater->capacity(), 200'000u);
  inflater->Release();
  EXPECT_EQ(inflater->capacity(), 0u);
  EXPECT_EQ(Inflated(*inflater, FromHex("f248cdc9c90700")), "Hello");
  inflater->Release();
  EXPECT_GT(inflater->capacity(), 0u);
  EXPECT_LE(inflater->capacity(), std::size_t{64} << 10);
}

}  // namespace
}  // namespace eddy::internal
