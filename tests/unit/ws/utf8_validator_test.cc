// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Utf8Validator tests: which bytes it refuses, and how early.

#include "ws/utf8_validator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "eddy/bytes.h"
#include "support/pattern.h"
#include "unit/ws/utf8_cases_test.h"

namespace eddy::internal {
namespace {

using test::FromHex;
using test::kUtf8Cases;

static_assert(sizeof(Utf8Validator) <= 4);

// By RFC 3629's definition, code point by code point; surrogates as if they
// were characters.
std::string EncodeCodePoint(std::uint32_t point) {
  const auto tail = [point](int shift) {
    return static_cast<char>(0x80 | (point >> shift & 0x3F));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(0)};
  if (point < 0x10000) {
    return {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  }
  return {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8ValidatorTest, DecidesThePublishedCases) {
  for (const auto& test : kUtf8Cases) {
    EXPECT_EQ(IsUtf8(AsBytes(FromHex(test.hex))), test.is_valid) << test.number;
  }
}

TEST(Utf8ValidatorTest, DecidesThemInTheMiddleOfText) {
  for (const auto& test : kUtf8Cases) {
    for (std::size_t before = 0; before <= 70; ++before) {
      const std::string text = std::string(before, 'a') + FromHex(test.hex) +
                               std::string(70 - before, 'z');
      ASSERT_EQ(IsUtf8(AsBytes(text)), test.is_valid)
          << test.number << " after " << before;
    }
  }
}

TEST(Utf8ValidatorTest, DecidesThemHoweverTheyAreCut) {
  for (const auto& test : kUtf8Cases) {
    const std::string text = FromHex(test.hex);
    for (std::size_t a = 0; a <= text.size(); ++a) {
      for (std::size_t b = a; b <= text.size(); ++b) {
        Utf8Validator validator;
        const auto bytes = AsBytes(text);
        const bool is_valid = validator.Feed(bytes.first(a)) &&
                              validator.Feed(bytes.subspan(a, b - a)) &&
                              validator.Feed(bytes.subspan(b)) &&
                              validator.is_complete();
        ASSERT_EQ(is_valid, test.is_valid)
            << test.number << " " << a << " " << b;
      }
    }
  }
}

TEST(Utf8ValidatorTest, FailsAtTheFirstByteThatCannotBe) {
  for (const auto& test : kUtf8Cases) {
    const std::string text = FromHex(test.hex);
    for (std::size_t n = 0; n <= text.size(); ++n) {
      Utf8Validator validator;
      ASSERT_EQ(validator.Feed(AsBytes(text).first(n)), n <= test.bad_at)
          << test.number << " of " << n;
    }
  }
}

TEST(Utf8ValidatorTest, StaysFailed) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.Feed(AsBytes(std::string_view("\xff"))));
  EXPECT_FALSE(validator.Feed({}));
  EXPECT_FALSE(validator.Feed(AsBytes(std::string(100, 'a'))));
  EXPECT_FALSE(validator.is_complete());
}

TEST(Utf8ValidatorTest, KnowsEveryCodePoint) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const std::string text = EncodeCodePoint(point);
    const bool is_valid =
        point < 0xD800 || (point > 0xDFFF && point <= 0x10FFFF);
    ASSERT_EQ(IsUtf8(AsBytes(text)), is_valid) << point;
  }
}

TEST(Utf8ValidatorTest, KnowsEveryThreeBytes) {
  // A second opinion, by the table 3-7 of the Unicode standard.
  const auto is_tail = [](unsigned b) { return b >= 0x80 && b <= 0xBF; };
  const auto length = [&](unsigned a, unsigned b, unsigned c) {
    if (a < 0x80) return 1;
    if (a >= 0xC2 && a <= 0xDF) return is_tail(b) ? 2 : 0;
    const bool is_pair = a == 0xE0   ? b >= 0xA0 && b <= 0xBF
                         : a == 0xED ? b >= 0x80 && b <= 0x9F
                                     : is_tail(b);
    return a >= 0xE0 && a <= 0xEF && is_pair && is_tail(c) ? 3 : 0;
  };
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      for (unsigned c = 0; c < 256; c += b < 0x80 ? 16 : 1) {
        const int first = length(a, b, c);
        bool is_valid = first == 3;
        if (first == 2) is_valid = c < 0x80;
        if (first == 1) {
          const int second = length(b, c, 0);
          is_valid = second == 2 || (second == 1 && c < 0x80);
        }
        const std::byte bytes[] = {std::byte(a), std::byte(b), std::byte(c)};
        ASSERT_EQ(IsUtf8(bytes), is_valid) << a << " " << b << " " << c;
      }
    }
  }
}

TEST(Utf8ValidatorTest, FindsABadByteAnywhereInLongText) {
  const std::string text = test::Pattern(200);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    ASSERT_TRUE(IsUtf8(AsBytes(text).first(size)));
    for (std::size_t at = 0; at < size; ++at) {
      std::string bad = text.substr(0, size);
      bad[at] = '\x80';
      ASSERT_FALSE(IsUtf8(AsBytes(bad))) << at << " of " << size;
    }
  }
}

TEST(Utf8ValidatorTest, TakesMixedText) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += test::Pattern(static_cast<std::size_t>(i) % 37) +
            "\xc3\xa4\xe2\x82\xac" + "\xf0\x9f\x98\x80";
    ASSERT_TRUE(IsUtf8(AsBytes(text)));
    ASSERT_FALSE(IsUtf8(AsBytes(text).first(text.size() - 1)));
  }
}

}  // namespace
}  // namespace eddy::internal
