// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LengthFieldCodec tests: every shape of header, and lengths that lie.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "eddy/codec.h"
#include "support/frame_reader.h"
#include "support/pattern.h"

namespace eddy {
namespace {

using std::string_literals::operator""s;
using test::Complaint;
using test::Decoded;
using test::Encoded;
using test::ExpectFrames;
using test::ExpectRefused;
using test::Frames;
using test::Pattern;

constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max();

TEST(LengthFieldCodecTest, ReadsEachWidthInEachByteOrder) {
  struct Case {
    std::size_t width;
    Endian endian;
    std::string header;
  };
  const std::vector<Case> cases = {
      {1, Endian::kBig, "\x03"s},
      {1, Endian::kLittle, "\x03"s},
      {2, Endian::kBig, "\0\x03"s},
      {2, Endian::kLittle, "\x03\0"s},
      {3, Endian::kBig, "\0\0\x03"s},
      {3, Endian::kLittle, "\x03\0\0"s},
      {4, Endian::kBig, "\0\0\0\x03"s},
      {4, Endian::kLittle, "\x03\0\0\0"s},
      {8, Endian::kBig, "\0\0\0\0\0\0\0\x03"s},
      {8, Endian::kLittle, "\x03\0\0\0\0\0\0\0"s},
  };
  for (const Case& c : cases) {
    const LengthFieldCodec codec(
        {.width = c.width, .endian = c.endian, .strip = c.width});
    ExpectFrames(codec, c.header + "abc" + c.header + "def", {"abc", "def"});
    EXPECT_EQ(Encoded(codec, "abc"), c.header + "abc");
  }
}

TEST(LengthFieldCodecTest, ReadsEveryByteOfTheLength) {
  const std::string frame = Pattern(0x010203);
  const LengthFieldCodec big({.width = 3, .strip = 3});
  EXPECT_EQ(Decoded(big, "\x01\x02\x03" + frame), (Frames{frame}));
  EXPECT_EQ(Encoded(big, frame), "\x01\x02\x03" + frame);
  const LengthFieldCodec little(
      {.width = 3, .endian = Endian::kLittle, .strip = 3});
  EXPECT_EQ(Decoded(little, "\x03\x02\x01" + frame), (Frames{frame}));
  EXPECT_EQ(Encoded(little, frame), "\x03\x02\x01" + frame);
}

TEST(LengthFieldCodecTest, TheEmptyFrameCountsAndHidesNothingBehindIt) {
  ExpectFrames(LengthFieldCodec(), "\0\0\0\0\0\0\0\0\0\0\0\x01z"s,
               {"", "", "z"});
  EXPECT_EQ(Encoded(LengthFieldCodec(), ""), "\0\0\0\0"s);
}

TEST(LengthFieldCodecTest, KeepsTheHeaderWhenNothingIsStripped) {
  const LengthFieldCodec codec({.width = 2, .offset = 1, .strip = 0});
  ExpectFrames(codec, "T\0\x02hiU\0\0"s, {"T\0\x02hi"s, "U\0\0"s});
}

TEST(LengthFieldCodecTest, StripsAPartOfTheHeader) {
  const LengthFieldCodec codec({.width = 2, .offset = 2, .strip = 1});
  ExpectFrames(codec, "ab\0\x02hi"s, {"b\0\x02hi"s});
}

TEST(LengthFieldCodecTest, ALengthMayCountItself) {
  const LengthFieldCodec codec({.width = 2, .adjustment = -2, .strip = 2});
  ExpectFrames(codec, "\0\x05one\0\x02\0\x03x"s, {"one", "", "x"});
  EXPECT_EQ(Encoded(codec, "one"), "\0\x05one"s);
  EXPECT_EQ(Encoded(codec, ""), "\0\x02"s);
}

TEST(LengthFieldCodecTest, ALengthMayLeaveATrailerOut) {
  const LengthFieldCodec codec({.width = 1, .adjustment = 2, .strip = 1});
  ExpectFrames(codec, "\x03oneCC\0CC"s, {"oneCC", "CC"});
  EXPECT_EQ(Encoded(codec, "oneCC"), "\x03oneCC");
  ExpectRefused(codec, "C");
  const LengthFieldCodec wide({.width = 8, .adjustment = 2, .strip = 8});
  ExpectRefused(wide, "C");
}

TEST(LengthFieldCodecTest, RefusesALengthThatIsSmallerThanTheHeader) {
  const LengthFieldCodec codec({.width = 1, .adjustment = -1, .strip = 1});
  EXPECT_EQ(Complaint(codec, "\0"s),
            "a frame's length of 0 is too small: protocol error");
  ExpectFrames(codec, "\x01\x02x", {"", "x"});
}

TEST(LengthFieldCodecTest, TakesAPacketAsLongAsTheLimit) {
  const LengthFieldCodec codec({.width = 1, .strip = 1, .max_frame_bytes = 4});
  ExpectFrames(codec, "\x03xyz", {"xyz"});
  EXPECT_EQ(Encoded(codec, "xyz"), "\x03xyz");
  ExpectRefused(codec, "wxyz");
}

TEST(LengthFieldCodecTest, RefusesATooLongPacketByItsHeader) {
  const LengthFieldCodec codec({.width = 1, .strip = 1, .max_frame_bytes = 4});
  EXPECT_EQ(Complaint(codec, "\x04"),
            "a frame is larger than 4 bytes: protocol error");
}

TEST(LengthFieldCodecTest, RefusesLengthsThatOverflow) {
  const std::string all_ones = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  const std::int64_t max = std::numeric_limits<std::int64_t>::max();
  const std::int64_t min = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t adjustment : {max, std::int64_t{8}, std::int64_t{0},
                                        std::int64_t{-1}, std::int64_t{-8}}) {
    const LengthFieldCodec codec(
        {.width = 8, .adjustment = adjustment, .strip = 8});
    EXPECT_NE(Complaint(codec, all_ones), "") << adjustment;
  }
  const LengthFieldCodec lowest({.width = 8, .adjustment = min, .strip = 8});
  EXPECT_NE(Complaint(lowest, all_ones), "");
  EXPECT_NE(Complaint(lowest, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "");
  EXPECT_EQ(Decoded(lowest, "\x80\0\0\0\0\0\0\x01z"s), (Frames{"z"}));
}

TEST(LengthFieldCodecTest, AnEnormousLimitDoesNotOverflow) {
  const LengthFieldCodec codec(
      {.width = 8, .strip = 8, .max_frame_bytes = kLargest});
  EXPECT_NE(Complaint(codec, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "");
  EXPECT_NE(Complaint(codec, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF8"), "");
  // The largest that can be: it is waited for.
  EXPECT_EQ(Complaint(codec, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF7"), "");
}

TEST(LengthFieldCodecTest, ALimitBelowTheHeaderAllowsNothing) {
  const LengthFieldCodec codec({.max_frame_bytes = 3});
  EXPECT_NE(Complaint(codec, "\0\0\0\0"s), "");
  ExpectRefused(codec, "");
}

TEST(LengthFieldCodecTest, RefusesToEncodeWhatTheFieldCannotHold) {
  const LengthFieldCodec codec(
      {.width = 1, .strip = 1, .max_frame_bytes = 1000});
  EXPECT_EQ(Encoded(codec, Pattern(255)), "\xFF" + Pattern(255));
  ExpectRefused(codec, Pattern(256));
}

TEST(LengthFieldCodecTest, FillsInTheLengthOfWholeHeaders) {
  const LengthFieldCodec codec({.width = 2, .offset = 1, .strip = 0});
  EXPECT_EQ(Encoded(codec, "T??hello"), "T\0\x05hello"s);
  EXPECT_EQ(Encoded(codec, "T??"), "T\0\0"s);
  ExpectRefused(codec, "T?");
  const LengthFieldCodec counts_all(
      {.width = 2, .offset = 1, .adjustment = -3, .strip = 0});
  EXPECT_EQ(Encoded(counts_all, "T??hello"), "T\0\x08hello"s);
}

TEST(LengthFieldCodecTest, RefusesToEncodeWhereAPartOfTheHeaderIsLost) {
  ExpectRefused(LengthFieldCodec({.offset = 2, .strip = 6}), "abcdefgh");
  ExpectRefused(LengthFieldCodec({.strip = 2}), "abcdefgh");
}

TEST(LengthFieldCodecDeathTest, RefusesShapesThatCannotBe) {
  EXPECT_DEATH(LengthFieldCodec({.width = 0, .strip = 0}), "length field");
  EXPECT_DEATH(LengthFieldCodec({.width = 5}), "length field");
  EXPECT_DEATH(LengthFieldCodec({.width = 9}), "length field");
  EXPECT_DEATH(LengthFieldCodec({.strip = 5}), "header");
  EXPECT_DEATH(LengthFieldCodec({.offset = kLargest, .strip = 0}), "offset");
}

}  // namespace
}  // namespace eddy
