// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Codec tests: frames whole, in pieces, round the end of a ring, and malformed.

#include "eddy/codec.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <random>
#include <string>

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
using test::FrameReader;
using test::Frames;
using test::Pattern;

constexpr std::size_t kMaxSize = std::numeric_limits<std::size_t>::max();

TEST(FixedLengthCodecTest, CutsFramesOfItsLength) {
  ExpectFrames(FixedLengthCodec(3), "abcdef", {"abc", "def"});
  ExpectFrames(FixedLengthCodec(1), "ab", {"a", "b"});
}

TEST(FixedLengthCodecTest, WaitsForAWholeFrame) {
  EXPECT_EQ(Decoded(FixedLengthCodec(3), "abcd"), (Frames{"abc"}));
  EXPECT_EQ(Decoded(FixedLengthCodec(kMaxSize), "abcd"), Frames());
}

TEST(FixedLengthCodecTest, EncodesFramesOfItsLengthOnly) {
  const FixedLengthCodec codec(3);
  EXPECT_EQ(Encoded(codec, "abc"), "abc");
  ExpectRefused(codec, "ab");
  ExpectRefused(codec, "abcd");
}

TEST(FixedLengthCodecDeathTest, RefusesFramesOfNoLength) {
  EXPECT_DEATH(FixedLengthCodec(0), "FixedLengthCodec");
}

TEST(DelimiterCodecTest, CutsFramesAtTheDelimiter) {
  ExpectFrames(DelimiterCodec("\r\n"), "one\r\ntwo\r\n", {"one", "two"});
  ExpectFrames(DelimiterCodec("|"), "one|two|", {"one", "two"});
  ExpectFrames(DelimiterCodec("--end--"), "a-b--end--c--end--", {"a-b", "c"});
}

TEST(DelimiterCodecTest, TheEmptyFrameCounts) {
  ExpectFrames(DelimiterCodec("\r\n"), "\r\n\r\na\r\n", {"", "", "a"});
}

TEST(DelimiterCodecTest, APartOfTheDelimiterIsNoDelimiter) {
  ExpectFrames(DelimiterCodec("aab"), "aaaab--aab", {"aa", "--"});
}

TEST(DelimiterCodecTest, SearchesNoByteTwiceButTheDelimitersLength) {
  const DelimiterCodec codec("\r\n\r\n");
  FrameReader reader(codec);
  reader.Feed(std::string(1000, 'x'));
  EXPECT_EQ(reader.cursor().searched, 997u);
  reader.Feed("\r\n\r");
  EXPECT_EQ(reader.cursor().searched, 1000u);
  reader.Feed("\n");
  EXPECT_EQ(reader.frames(), (Frames{std::string(1000, 'x')}));
  EXPECT_EQ(reader.cursor().searched, 0u);
}

TEST(DelimiterCodecTest, TakesAFrameAsLongAsTheLimit) {
  ExpectFrames(DelimiterCodec("\r\n", 4), "abcd\r\n", {"abcd"});
  EXPECT_EQ(Complaint(DelimiterCodec("\r\n", 4), "abcde\r\n"),
            "a frame is larger than 4 bytes: protocol error");
}

TEST(DelimiterCodecTest, RefusesATooLongFrameBeforeItsEnd) {
  const DelimiterCodec codec("\r\n", 4);
  EXPECT_EQ(Complaint(codec, "abcd\r"), "");
  EXPECT_EQ(Complaint(codec, "abcde"), "");  // "e" may begin a delimiter
  EXPECT_NE(Complaint(codec, "abcdef"), "");
}

TEST(DelimiterCodecTest, AppendsTheDelimiter) {
  EXPECT_EQ(Encoded(DelimiterCodec("\r\n"), "one"), "one\r\n");
  EXPECT_EQ(Encoded(DelimiterCodec("\r\n"), ""), "\r\n");
}

TEST(DelimiterCodecTest, RefusesToEncodeWhatWouldDecodeToSomethingElse) {
  ExpectRefused(DelimiterCodec("\r\n"), "one\r\ntwo");
  ExpectRefused(DelimiterCodec("aa"), "xa");
  ExpectRefused(DelimiterCodec("abab"), "xab");
  EXPECT_EQ(Encoded(DelimiterCodec("\r\n"), "one\r"), "one\r\r\n");
  EXPECT_EQ(Encoded(DelimiterCodec("abab"), "xaba"), "xabaabab");
}

TEST(DelimiterCodecTest, RefusesToEncodeAFrameAboveTheLimit) {
  const DelimiterCodec codec("\r\n", 4);
  EXPECT_EQ(Encoded(codec, "abcd"), "abcd\r\n");
  ExpectRefused(codec, "abcde");
}

// Every frame that is accepted comes back as it was, with delimiters and frames
// of few letters, so that they overlap in every way.
TEST(DelimiterCodecTest, WhatItEncodesItDecodes) {
  std::mt19937 random(20260105);
  const auto any_text = [&random](std::size_t max_size) {
    std::string text(random() % (max_size + 1), '\0');
    for (char& letter : text) letter = static_cast<char>('a' + random() % 2);
    return text;
  };
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string frame = any_text(8);
    const std::string delimiter = "a" + any_text(4);
    const DelimiterCodec codec(delimiter);
    RingBuffer output;
    const bool is_accepted = codec.Encode(AsBytes(frame), output).ok();
    const bool is_unambiguous =
        (frame + delimiter).find(delimiter) == frame.size();
    ASSERT_EQ(is_accepted, is_unambiguous) << frame << ", " << delimiter;
    if (!is_accepted) continue;
    ++accepted;
    ASSERT_EQ(Decoded(codec, output.ToString()), (Frames{frame}));
  }
  EXPECT_GT(accepted, 1000);
}

TEST(DelimiterCodecDeathTest, RefusesAnEmptyDelimiter) {
  EXPECT_DEATH(DelimiterCodec(""), "DelimiterCodec");
}

TEST(LineCodecTest, CutsLinesAtLfAndAtCrLf) {
  ExpectFrames(LineCodec(), "one\ntwo\r\nthree\n", {"one", "two", "three"});
}

TEST(LineCodecTest, TheEmptyLineCounts) {
  ExpectFrames(LineCodec(), "\n\r\n\n", {"", "", ""});
}

TEST(LineCodecTest, OnlyTheCrBeforeLfBelongsToTheEnd) {
  ExpectFrames(LineCodec(), "a\rb\r\r\n\rc\n", {"a\rb\r", "\rc"});
}

TEST(LineCodecTest, SearchesNoByteTwice) {
  const LineCodec codec;
  FrameReader reader(codec);
  reader.Feed("abc");
  EXPECT_EQ(reader.cursor().searched, 3u);
  reader.Feed("def\r");
  EXPECT_EQ(reader.cursor().searched, 7u);
  reader.Feed("\n");
  EXPECT_EQ(reader.frames(), (Frames{"abcdef"}));
  EXPECT_EQ(reader.cursor().searched, 0u);
}

TEST(LineCodecTest, TheLineEndDoesNotCountAgainstTheLimit) {
  ExpectFrames(LineCodec(4), "abcd\r\nabcd\n", {"abcd", "abcd"});
  EXPECT_NE(Complaint(LineCodec(4), "abcde\n"), "");
  EXPECT_NE(Complaint(LineCodec(4), "abcd\r\r\n"), "");
}

TEST(LineCodecTest, RefusesATooLongLineBeforeItsEnd) {
  EXPECT_EQ(Complaint(LineCodec(4), "abcd\r"), "");
  EXPECT_EQ(Complaint(LineCodec(4), "abcde"),
            "a frame is larger than 4 bytes: protocol error");
  EXPECT_NE(Complaint(LineCodec(4), "abcd\rx"), "");
}

TEST(LineCodecTest, EncodesLf) {
  EXPECT_EQ(Encoded(LineCodec(), "one"), "one\n");
  EXPECT_EQ(Encoded(LineCodec(), ""), "\n");
  EXPECT_EQ(Encoded(LineCodec(), "a\rb"), "a\rb\n");
}

TEST(LineCodecTest, RefusesToEncodeWhatWouldDecodeToSomethingElse) {
  ExpectRefused(LineCodec(), "one\ntwo");
  ExpectRefused(LineCodec(), "one\r");
  ExpectRefused(LineCodec(4), "abcde");
}

TEST(VarintCodecTest, ReadsLengthsOfOneAndMoreBytes) {
  const VarintCodec codec;
  ExpectFrames(codec, "\x03xyz\x01w", {"xyz", "w"});
  ExpectFrames(codec, "\x96\x01" + Pattern(150), {Pattern(150)});
  const std::string large = Pattern(20000);
  EXPECT_EQ(Decoded(codec, "\xA0\x9C\x01" + large), (Frames{large}));
}

TEST(VarintCodecTest, TheEmptyFrameCountsAndHidesNothingBehindIt) {
  ExpectFrames(VarintCodec(), "\0\0\x01z"s, {"", "", "z"});
}

TEST(VarintCodecTest, TakesALengthWithNeedlessZeros) {
  ExpectFrames(VarintCodec(), "\x81\x80\x80\x80\x80\x80\x80\x80\x80\0z"s,
               {"z"});
}

TEST(VarintCodecTest, RefusesALengthOfMoreThanTenBytes) {
  const VarintCodec codec;
  EXPECT_EQ(Complaint(codec, std::string(9, '\x80')), "");
  EXPECT_EQ(Complaint(codec, std::string(10, '\x80')),
            "a frame's length has over 64 bits: protocol error");
}

TEST(VarintCodecTest, RefusesATenthByteThatOverflows) {
  const VarintCodec codec(kMaxSize);
  const std::string nine(9, '\xFF');
  EXPECT_NE(Complaint(codec, nine + "\x02"), "");
  EXPECT_NE(Complaint(codec, nine + "\x7F"), "");
  // The largest number there is: it is waited for.
  EXPECT_EQ(Complaint(codec, nine + "\x01"), "");
}

TEST(VarintCodecTest, TakesAFrameAsLongAsTheLimit) {
  ExpectFrames(VarintCodec(4), "\x04wxyz", {"wxyz"});
  EXPECT_EQ(Complaint(VarintCodec(4), "\x05"),
            "a frame is larger than 4 bytes: protocol error");
}

TEST(VarintCodecTest, RefusesATooLongFrameBeforeItsLengthIsComplete) {
  EXPECT_EQ(Complaint(VarintCodec(200), "\xC8"), "");
  EXPECT_NE(Complaint(VarintCodec(200), "\x80\x82"), "");
}

TEST(VarintCodecTest, EncodesTheShortestLength) {
  const VarintCodec codec;
  EXPECT_EQ(Encoded(codec, ""), "\0"s);
  EXPECT_EQ(Encoded(codec, Pattern(127)), "\x7F" + Pattern(127));
  EXPECT_EQ(Encoded(codec, Pattern(128)), "\x80\x01" + Pattern(128));
  EXPECT_EQ(Encoded(codec, Pattern(16384)), "\x80\x80\x01" + Pattern(16384));
}

TEST(VarintCodecTest, RefusesToEncodeAFrameAboveTheLimit) {
  ExpectRefused(VarintCodec(4), "abcde");
}

}  // namespace
}  // namespace eddy
