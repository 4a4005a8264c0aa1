// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Codec tests: frames whole, in pieces, round the end of a ring, and malformed.

#include "eddy/codec.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/pattern.h"

namespace eddy {
namespace {

using std::string_literals::operator""s;
using test::Pattern;

using Frames = std::vector<std::string>;

constexpr std::size_t kMaxSize = std::numeric_limits<std::size_t>::max();

// A connection's input: bytes come, frames leave.
class Reader {
 public:
  explicit Reader(const Codec& codec) : codec_(codec) {}

  // Puts the next byte at `offset` of the ring's block, so that what follows
  // goes round its end sooner.
  void StartAt(std::size_t offset) {
    input_.Append(std::string(offset + 1, '-'));
    input_.Consume(offset);
    skips_first_ = true;
  }

  void Feed(std::string_view bytes) {
    input_.Append(bytes);
    if (skips_first_ && !bytes.empty()) {
      input_.Consume(1);
      skips_first_ = false;
    }
    while (!error_) {
      const Result<FrameBounds> bounds = codec_.Decode(input_, cursor_);
      if (!bounds) {
        error_ = bounds.status();
        return;
      }
      if (!bounds->complete()) return;
      const std::size_t end = bounds->offset + bounds->size;
      ASSERT_LE(end, bounds->consumed);
      ASSERT_LE(bounds->consumed, input_.size());
      frames_.emplace_back(
          AsText(input_.Contiguous(end).subspan(bounds->offset)));
      input_.Consume(bounds->consumed);
    }
  }

  const Frames& frames() const { return frames_; }
  const std::optional<Status>& error() const { return error_; }
  const FrameCursor& cursor() const { return cursor_; }
  std::size_t unread() const { return input_.size(); }

 private:
  const Codec& codec_;
  RingBuffer input_;
  FrameCursor cursor_;
  bool skips_first_ = false;
  Frames frames_;
  std::optional<Status> error_;
};

Frames Decoded(const Codec& codec, std::string_view bytes) {
  Reader reader(codec);
  reader.Feed(bytes);
  EXPECT_FALSE(reader.error()) << reader.error()->message();
  return reader.frames();
}

// What is wrong with `bytes`; empty if nothing is.
std::string Complaint(const Codec& codec, std::string_view bytes) {
  Reader reader(codec);
  reader.Feed(bytes);
  if (!reader.error()) return "";
  EXPECT_EQ(reader.error()->code(), Error::kProtocol);
  return reader.error()->message();
}

// `bytes` give `frames` however they are cut into reads, and wherever in the
// ring they come to stand.
void ExpectFrames(const Codec& codec, std::string_view bytes,
                  const Frames& frames) {
  EXPECT_EQ(Decoded(codec, bytes), frames);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Reader reader(codec);
    reader.Feed(bytes.substr(0, cut));
    reader.Feed(bytes.substr(cut));
    EXPECT_EQ(reader.frames(), frames) << "cut at " << cut;
    EXPECT_FALSE(reader.error()) << "cut at " << cut;
    EXPECT_EQ(reader.unread(), 0u) << "cut at " << cut;
  }
  Reader byte_by_byte(codec);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    byte_by_byte.Feed(bytes.substr(i, 1));
  }
  EXPECT_EQ(byte_by_byte.frames(), frames);
  constexpr std::size_t kBlock = 512;
  for (std::size_t before_end = 1; before_end < bytes.size(); ++before_end) {
    Reader reader(codec);
    reader.StartAt(kBlock - before_end - 1);
    reader.Feed(bytes);
    EXPECT_EQ(reader.frames(), frames) << before_end << " before the end";
  }
}

std::string Encoded(const Codec& codec, std::string_view frame) {
  RingBuffer output;
  const Status status = codec.Encode(AsBytes(frame), output);
  EXPECT_TRUE(status.ok()) << status.message();
  return output.ToString();
}

// `frame` is refused, and nothing is appended.
void ExpectRefused(const Codec& codec, std::string_view frame) {
  RingBuffer output;
  output.Append("before");
  const Status status = codec.Encode(AsBytes(frame), output);
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  EXPECT_EQ(output.ToString(), "before");
}

TEST(FixedLengthCodecTest, CutsFramesOfItsLength) {
  ExpectFrames(FixedLengthCodec(3), "abcdef", {"abc", "def"});
  ExpectFrames(FixedLengthCodec(1), "ab", {"a", "b"});
}

TEST(FixedLengthCodecTest, WaitsForAWholeFrame) {
  Reader reader{FixedLengthCodec(3)};
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
  Reader reader(codec);
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
  Reader reader{LineCodec()};
  const LineCodec codec;
  Reader lines(codec);
  lines.Feed("abc");
  EXPECT_EQ(lines.cursor().searched, 3u);
  lines.Feed("def\r");
  EXPECT_EQ(lines.cursor().searched, 7u);
  lines.Feed("\n");
  EXPECT_EQ(lines.frames(), (Frames{"abcdef"}));
  EXPECT_EQ(lines.cursor().searched, 0u);
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

// One byte of length that counts itself, so that a header is all there is to
// the smallest packet.
constexpr LengthFieldOptions kCountsItself = {
    .width = 1, .adjustment = -1, .strip = 1, .max_frame_bytes = 255};

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
}

TEST(LengthFieldCodecTest, RefusesALengthThatIsSmallerThanTheHeader) {
  const LengthFieldCodec codec(kCountsItself);
  EXPECT_EQ(Complaint(codec, "\0"s),
            "a frame's length of 0 is too small: protocol error");
  ExpectFrames(codec, "\x01\x02x", {"", "x"});
}

TEST(LengthFieldCodecTest, TakesAPacketAsLongAsTheLimit) {
  const LengthFieldCodec codec({.width = 1, .strip = 1, .max_frame_bytes = 4});
  ExpectFrames(codec, "\x03" "abc", {"abc"});
  EXPECT_EQ(Encoded(codec, "abc"), "\x03" "abc");
  ExpectRefused(codec, "abcd");
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
      {.width = 8, .strip = 8, .max_frame_bytes = kMaxSize});
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
  EXPECT_DEATH(LengthFieldCodec({.offset = kMaxSize, .strip = 0}), "offset");
}

TEST(VarintCodecTest, ReadsLengthsOfOneAndMoreBytes) {
  const VarintCodec codec;
  ExpectFrames(codec, "\x03" "abc\x01" "d", {"abc", "d"});
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
  ExpectFrames(VarintCodec(4), "\x04" "abcd", {"abcd"});
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
