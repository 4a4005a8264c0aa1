// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// MessageReader tests: each rule of the protocol, however the bytes come.

#include "ws/message_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/pattern.h"
#include "unit/ws/reader_test.h"
#include "unit/ws/utf8_cases_test.h"
#include "ws/deflater.h"

namespace eddy::internal {
namespace {

using test::CloseFrame;
using test::Events;
using test::EventsOf;
using test::ExpectEvents;
using test::Frame;
using test::FrameWith;
using test::FromHex;
using test::kBinary;
using test::kClose;
using test::kCont;
using test::kFin;
using test::kPing;
using test::kPong;
using test::kRsv1;
using test::kText;
using test::Pattern;
using test::ReaderRig;
using test::RigOptions;
using Event = MessageReader::Event;

const RigOptions kClient{.is_masked = false};
const RigOptions kCompressing{.may_compress = true};
const RigOptions kKeeping{.may_compress = true, .keeps_context = true};

RigOptions WithLimits(MessageReader::Limits limits, bool may_compress = false) {
  return {.may_compress = may_compress, .limits = limits};
}

std::string DeflatedFrame(unsigned first, std::string_view text) {
  std::span<const std::byte> out;
  const auto deflater = Deflater::Create(15, 6, 8);
  EXPECT_TRUE(deflater->Deflate(AsBytes(text), false, out));
  return Frame(first, AsText(out));
}

TEST(MessageReaderTest, ReadsWholeMessages) {
  ExpectEvents(Frame(kFin | kText, "hello") +
                   Frame(kFin | kBinary, "\xff\x01") + Frame(kFin | kText) +
                   Frame(kFin | kBinary),
               {"text hello", "binary \xff\x01", "text ", "binary "});
}

TEST(MessageReaderTest, ReadsMessagesThatAreNotMasked) {
  ExpectEvents(Frame(kFin | kText, "hello", false) + Frame(kText, "a", false) +
                   Frame(kFin | kPing, "p", false) +
                   Frame(kFin | kCont, "b", false),
               {"text hello", "ping p", "text ab"}, kClient);
}

TEST(MessageReaderTest, ReadsEveryFormOfLength) {
  for (const std::size_t size : test::Sizes{0, 1, 125, 126, 127, 300}) {
    ExpectEvents(Frame(kFin | kBinary, Pattern(size)),
                 {"binary " + Pattern(size)});
  }
  for (const std::size_t size : test::Sizes{65'535, 65'536, 100'000}) {
    const Events expected = {"binary " + Pattern(size), "ping "};
    const std::string stream =
        Frame(kFin | kBinary, Pattern(size)) + Frame(kFin | kPing);
    for (const std::size_t piece :
         test::Sizes{1, 3, 997, 4096, 65'540, 200'000}) {
      EXPECT_EQ(EventsOf(stream, {}, piece), expected) << size << " " << piece;
    }
  }
}

TEST(MessageReaderTest, JoinsFragments) {
  ExpectEvents(Frame(kText, "one ") + Frame(kCont) + Frame(kCont, "two ") +
                   Frame(kFin | kCont, "three"),
               {"text one two three"});
  ExpectEvents(Frame(kBinary) + Frame(kFin | kCont), {"binary "});
  ExpectEvents(
      Frame(kBinary, "x") + Frame(kFin | kCont) + Frame(kFin | kText, "next"),
      {"binary x", "text next"});
}

TEST(MessageReaderTest, ControlFramesComeInBetween) {
  ExpectEvents(Frame(kFin | kPong) + Frame(kText, "a") +
                   Frame(kFin | kPing, "1") + Frame(kCont, "b") +
                   Frame(kFin | kPong, "2") + Frame(kFin | kCont, "c") +
                   Frame(kFin | kPing, std::string(125, 'p')),
               {"pong ", "ping 1", "pong 2", "text abc",
                "ping " + std::string(125, 'p')});
}

TEST(MessageReaderTest, TheCommonCaseIsReadInPlace) {
  std::string block = Frame(kFin | kBinary, "hello") + Frame(kFin | kPing, "x");
  RingBuffer input;
  RingBufferAccess::Borrow(input, AsBytes(block));
  MessageReader reader(true);
  const RigOptions options;
  ASSERT_EQ(reader.Next(input, options.limits, nullptr, false),
            Event::kMessage);
  EXPECT_EQ(static_cast<const void*>(reader.message().bytes.data()),
            block.data() + 6);
  EXPECT_EQ(reader.message().text(), "hello");
  EXPECT_FALSE(reader.is_mid_message());
  EXPECT_EQ(input.size(), block.size());
  reader.Release(input);
  EXPECT_EQ(input.size(), 7u);
  ASSERT_EQ(reader.Next(input, options.limits, nullptr, false), Event::kPing);
  EXPECT_EQ(static_cast<const void*>(reader.control().data()),
            block.data() + block.size() - 1);
  reader.Release(input);
  EXPECT_TRUE(input.empty());
  input.Clear();
}

TEST(MessageReaderTest, ReadsFramesThatGoRoundTheEndOfTheRing) {
  for (std::size_t shift = 440; shift < 512; ++shift) {
    RingBuffer input(512);
    input.Append(std::string(shift, '#'));
    input.Append(Frame(kFin | kText, "hello") + Frame(kText, Pattern(30)) +
                 Frame(kFin | kCont, "."));
    input.Consume(shift);
    MessageReader reader(true);
    const RigOptions options;
    ASSERT_EQ(reader.Next(input, options.limits, nullptr, false),
              Event::kMessage);
    ASSERT_EQ(reader.message().text(), "hello");
    reader.Release(input);
    ASSERT_EQ(reader.Next(input, options.limits, nullptr, false),
              Event::kMessage);
    ASSERT_EQ(reader.message().text(), Pattern(30) + ".");
    reader.Release(input);
    ASSERT_TRUE(input.empty());
  }
}

TEST(MessageReaderTest, HoldsNothingBetweenMessages) {
  ReaderRig rig;
  const std::string frame = Frame(kFin | kText, "hello");
  EXPECT_FALSE(rig.reader().is_mid_message());
  rig.Feed(frame.substr(0, 5));
  EXPECT_FALSE(rig.reader().is_mid_message());
  rig.Feed(frame.substr(5, 2));
  EXPECT_TRUE(rig.reader().is_mid_message());
  EXPECT_TRUE(rig.input().empty());
  rig.Feed(Frame(kFin | kText, "hello").substr(7) + Frame(kText, "a"));
  EXPECT_TRUE(rig.reader().is_mid_message());
  rig.Feed(Frame(kFin | kPing, "p"));
  EXPECT_TRUE(rig.reader().is_mid_message());
  rig.Feed(Frame(kFin | kCont, "b"));
  EXPECT_FALSE(rig.reader().is_mid_message());
  EXPECT_EQ(rig.events(), (Events{"text hello", "ping p", "text ab"}));
}

TEST(MessageReaderTest, RefusesFramesThatAreNotMaskedAsTheyShouldBe) {
  ExpectEvents(Frame(kFin | kText, "hello", false),
               {"failed 1002 a frame that is not masked"});
  ExpectEvents(Frame(kFin | kPing, "", false),
               {"failed 1002 a frame that is not masked"});
  ExpectEvents(Frame(kFin | kText, "hello", true),
               {"failed 1002 a frame that is masked"}, kClient);
  ExpectEvents(Frame(kText, "a") + Frame(kFin | kCont, "b", false),
               {"failed 1002 a frame that is not masked"});
}

TEST(MessageReaderTest, RefusesReservedBits) {
  for (const RigOptions& options : {RigOptions{}, kCompressing}) {
    for (const unsigned bits : {0x20u, 0x10u, 0x30u, 0x70u}) {
      ExpectEvents(Frame(kFin | bits | kText, "hello"),
                   {"failed 1002 a frame with a reserved bit"}, options);
    }
    ExpectEvents(Frame(kFin | kRsv1 | kPing, "hello"),
                 {"failed 1002 a control frame with a reserved bit"}, options);
    ExpectEvents(Frame(kText, "a") + Frame(kFin | kRsv1 | kCont, "b"),
                 {"failed 1002 a frame with a reserved bit"}, options);
  }
  ExpectEvents(Frame(kFin | kRsv1 | kText, "hello"),
               {"failed 1002 a frame with a reserved bit"});
}

TEST(MessageReaderTest, RefusesReservedOpcodes) {
  for (const unsigned opcode : {3u, 7u, 11u, 15u}) {
    ExpectEvents(Frame(kFin | kText, "ok") + Frame(kFin | opcode, "x") +
                     Frame(kFin | kPing),
                 {"text ok", "failed 1002 a frame with a reserved opcode"});
  }
}

TEST(MessageReaderTest, RefusesBadControlFrames) {
  for (const unsigned opcode : {kClose, kPing, kPong}) {
    ExpectEvents(Frame(opcode, "ab"),
                 {"failed 1002 a control frame in fragments"});
    ExpectEvents(Frame(kFin | opcode, std::string(126, 'x')),
                 {"failed 1002 a control frame of more than 125 bytes"});
  }
}

TEST(MessageReaderTest, RefusesFragmentsOutOfOrder) {
  ExpectEvents(Frame(kFin | kCont, "x"),
               {"failed 1002 a fragment of no message"});
  ExpectEvents(Frame(kText, "a") + Frame(kFin | kCont, "b") + Frame(kCont, "c"),
               {"text ab", "failed 1002 a fragment of no message"});
  for (const unsigned first : {kText, kFin | kText, kFin | kBinary}) {
    ExpectEvents(Frame(kText, "a") + Frame(first, "b"),
                 {"failed 1002 a message inside of another one"});
  }
}

TEST(MessageReaderTest, RefusesLengthsInAnotherFormThanTheShortest) {
  constexpr std::string_view kFault =
      "failed 1002 a length that is not in its shortest form";
  ExpectEvents(FrameWith(kFin | kText, "hello", true, 2),
               {std::string(kFault)});
  ExpectEvents(FrameWith(kFin | kText, "hello", true, 8),
               {std::string(kFault)});
  ExpectEvents("\x82\xff" + test::BigEndianText(std::uint64_t{1} << 63, 8),
               {"failed 1002 a length of more than 63 bits"});
}

TEST(MessageReaderTest, RefusesAnAnnouncedLengthAtOnce) {
  const RigOptions options = WithLimits({1000, 10, 0});
  ExpectEvents(Frame(kFin | kBinary, Pattern(1000)),
               {"binary " + Pattern(1000)}, options);
  const std::string header = Frame(kFin | kBinary, Pattern(1001)).substr(0, 8);
  ExpectEvents(header, {"failed 1009 a message that is too large"}, options);
  ExpectEvents(
      "\x82\xff" + test::BigEndianText(~std::uint64_t{0} >> 1, 8) + "mask",
      {"failed 1009 a message that is too large"});
}

TEST(MessageReaderTest, AnAnnouncementAloneTakesNoMemory) {
  // Nor could it: there is not that much.
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 61;
  ReaderRig rig(WithLimits({std::size_t{1} << 62, 0, 0}));
  rig.Feed("\x02\xff" + test::BigEndianText(kHuge, 8) + "mask" + Pattern(1000));
  EXPECT_EQ(rig.events(), Events{});
  EXPECT_TRUE(rig.reader().is_mid_message());
  rig.Feed(Pattern(100'000));
  EXPECT_EQ(rig.events(), Events{});
}

TEST(MessageReaderTest, LimitsTheSumOfFragments) {
  const RigOptions options = WithLimits({100, 10, 0});
  ExpectEvents(Frame(kBinary, Pattern(60)) + Frame(kFin | kCont, Pattern(40)),
               {"binary " + Pattern(60) + Pattern(40)}, options);
  ExpectEvents(Frame(kBinary, Pattern(60)) + Frame(kFin | kPing, "p") +
                   Frame(kCont, Pattern(41)).substr(0, 6),
               {"ping p", "failed 1009 a message that is too large"}, options);
}

TEST(MessageReaderTest, LimitsTheNumberOfFragments) {
  const std::string three =
      Frame(kText, "a") + Frame(kCont) + Frame(kFin | kCont, "c");
  ExpectEvents(three + three, {"text ac", "text ac"}, WithLimits({100, 3, 0}));
  ExpectEvents(three, {"failed 1009 a message in too many fragments"},
               WithLimits({100, 2, 0}));
  ExpectEvents(Frame(kFin | kText, "a"), {"text a"}, WithLimits({100, 1, 0}));
  std::string many = Frame(kText, "a");
  for (int i = 0; i < 5000; ++i) many += Frame(kCont);
  EXPECT_EQ(EventsOf(many + Frame(kFin | kCont, "b"), WithLimits({100, 0, 0})),
            Events{"text ab"});
}

TEST(MessageReaderTest, RefusesTextThatIsNotUtf8) {
  const Events failed = {"failed 1007 a text that is not UTF-8"};
  for (const auto& test : test::kUtf8Cases) {
    const std::string text = FromHex(test.hex);
    const Events expected = test.is_valid ? Events{"text " + text} : failed;
    ExpectEvents(Frame(kFin | kText, text), expected);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      const std::string stream = Frame(kText, text.substr(0, at)) +
                                 Frame(kFin | kCont, text.substr(at));
      ASSERT_EQ(EventsOf(stream), expected) << test.number << " at " << at;
      ASSERT_EQ(EventsOf(stream, {}, 1), expected) << test.number;
    }
    ExpectEvents(Frame(kFin | kBinary, text), {"binary " + text});
  }
}

TEST(MessageReaderTest, RefusesBadTextAtTheFirstBadByte) {
  const std::string text =
      "\xce\xba\xe1\xbd\xb9\xf4\x90\x80\x80"
      "more";
  const std::string frame = Frame(kFin | kText, text);
  ReaderRig rig;
  rig.Feed(frame.substr(0, 6 + 6));
  EXPECT_EQ(rig.events(), Events{});
  rig.Feed(frame.substr(6 + 6, 1));
  EXPECT_EQ(rig.events(), Events{"failed 1007 a text that is not UTF-8"});
}

TEST(MessageReaderTest, TellsOfCloseFrames) {
  ExpectEvents(Frame(kFin | kClose), {"close 1005 "});
  ExpectEvents(CloseFrame(1000), {"close 1000 "});
  ExpectEvents(CloseFrame(4999, "bye \xe2\x82\xac"),
               {"close 4999 bye \xe2\x82\xac"});
  ExpectEvents(CloseFrame(1001, std::string(123, 'r')),
               {"close 1001 " + std::string(123, 'r')});
}

TEST(MessageReaderTest, RefusesBadCloseFrames) {
  ExpectEvents(Frame(kFin | kClose, "\x03"),
               {"failed 1002 a close frame of one byte"});
  for (const unsigned code :
       {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 2999u, 5000u, 65535u}) {
    ExpectEvents(
        CloseFrame(code, "why"),
        {"failed 1002 a close frame with a code that may not be sent"});
  }
  ExpectEvents(CloseFrame(1000, "\xff"),
               {"failed 1007 a reason to close that is not UTF-8"});
  ExpectEvents(CloseFrame(1000, "\xe2\x82"),
               {"failed 1007 a reason to close that is not UTF-8"});
}

TEST(MessageReaderTest, NothingFollowsTheLastEvent) {
  ExpectEvents(CloseFrame(1000) + Frame(kFin | kText, "late") + "\xff\xff",
               {"close 1000 "});
  ExpectEvents(
      Frame(kText, "half") + CloseFrame(1000) + Frame(kFin | kCont, "late"),
      {"close 1000 "});
  ExpectEvents(Frame(kFin | kCont) + Frame(kFin | kText, "late"),
               {"failed 1002 a fragment of no message"});
  ReaderRig rig;
  rig.Feed(Frame(kText, "half") + CloseFrame(1000) + "rest");
  EXPECT_TRUE(rig.input().empty());
  EXPECT_FALSE(rig.reader().is_mid_message());
  rig.Feed(Frame(kFin | kText, "late"));
  EXPECT_TRUE(rig.input().empty());
}

TEST(MessageReaderTest, InflatesMessages) {
  const std::string hello = FromHex("f248cdc9c90700");
  ExpectEvents(
      Frame(kFin | kRsv1 | kText, hello) + Frame(kFin | kText, "plain") +
          Frame(kFin | kRsv1 | kBinary, hello) +
          Frame(kRsv1 | kText, hello.substr(0, 3)) + Frame(kFin | kPing, "p") +
          Frame(kFin | kCont, hello.substr(3)) +
          Frame(kFin | kRsv1 | kText, std::string(1, '\0')),
      {"text Hello", "text plain", "binary Hello", "ping p", "text Hello",
       "text "},
      kCompressing);
}

TEST(MessageReaderTest, KeepsTheSendersContextIfToldTo) {
  const std::string stream =
      Frame(kFin | kRsv1 | kText, FromHex("f248cdc9c90700")) +
      Frame(kFin | kRsv1 | kText, FromHex("f200110000"));
  ExpectEvents(stream, {"text Hello", "text Hello"}, kKeeping);
  ExpectEvents(
      stream,
      {"text Hello", "failed 1007 a compressed message that can't be read"},
      kCompressing);
}

TEST(MessageReaderTest, RefusesCompressedMessagesThatAreBad) {
  ExpectEvents(Frame(kFin | kRsv1 | kText, "\xff\xff"),
               {"failed 1007 a compressed message that can't be read"},
               kCompressing);
  ExpectEvents(DeflatedFrame(kFin | kRsv1 | kText, "caf\xe9 au lait"),
               {"failed 1007 a text that is not UTF-8"}, kCompressing);
  ExpectEvents(DeflatedFrame(kFin | kRsv1 | kText, "cut \xe2\x82"),
               {"failed 1007 a text that is not UTF-8"}, kCompressing);
  ExpectEvents(DeflatedFrame(kFin | kRsv1 | kBinary, "caf\xe9"),
               {"binary caf\xe9"}, kCompressing);
}

TEST(MessageReaderTest, LimitsWhatMessagesInflateTo) {
  const std::string text(1000, 'a');
  const std::string frame = DeflatedFrame(kFin | kRsv1 | kText, text);
  ExpectEvents(frame, {"text " + text}, WithLimits({1000, 10, 5}, true));
  ExpectEvents(frame, {"failed 1009 a compressed message that is too large"},
               WithLimits({999, 10, 0}, true));
  const std::string bomb =
      DeflatedFrame(kFin | kRsv1 | kText, std::string(200'000, 'a'));
  ExpectEvents(bomb, {"failed 1009 a compressed message that is too large"},
               WithLimits({1 << 20, 10, 100}, true));
}

TEST(MessageReaderTest, LimitsCompressedBytesButLeavesRoomForTheirForm) {
  // Stored blocks are a bit larger than what is in them.
  std::string noise(1000, '\0');
  std::mt19937 random(1);
  for (char& byte : noise) byte = static_cast<char>(random());
  const std::string frame = DeflatedFrame(kFin | kRsv1 | kBinary, noise);
  ASSERT_GT(frame.size(), 1008u);
  ExpectEvents(frame, {"binary " + noise}, WithLimits({1000, 10, 0}, true));
  ExpectEvents(Frame(kFin | kRsv1 | kBinary, Pattern(2000)).substr(0, 8),
               {"failed 1009 a message that is too large"},
               WithLimits({1000, 10, 0}, true));
}

TEST(MessageReaderTest, WithoutAnInflaterThereWasNoMemoryForIt) {
  MessageReader reader(true);
  reader.AllowCompression();
  RingBuffer input;
  input.Append(Frame(kFin | kRsv1 | kText, FromHex("f248cdc9c90700")));
  EXPECT_EQ(reader.Next(input, RigOptions{}.limits, nullptr, false),
            Event::kFailed);
  EXPECT_EQ(reader.close_code(), ws::CloseCode::kInternalError);
  EXPECT_EQ(reader.close_reason(), "memory ran out");
  EXPECT_TRUE(input.empty());
}

TEST(MessageReaderTest, ReleaseGivesBackTheInflatersMemory) {
  const auto inflater = Inflater::Create(15);
  MessageReader reader(true);
  reader.AllowCompression();
  RingBuffer input;
  const std::string text = Pattern(200'000);
  input.Append(DeflatedFrame(kFin | kRsv1 | kText, text));
  ASSERT_EQ(reader.Next(input, RigOptions{}.limits, inflater.get(), false),
            Event::kMessage);
  EXPECT_EQ(reader.message().text(), text);
  EXPECT_GE(inflater->capacity(), text.size());
  reader.Release(input);
  EXPECT_EQ(inflater->capacity(), 0u);
}

}  // namespace
}  // namespace eddy::internal
