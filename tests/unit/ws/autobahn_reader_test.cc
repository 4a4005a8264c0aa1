// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Autobahn cases: what the cases of the published test suite send, by their
// numbers, and what a reader must make of it. Those of other sections are about
// more than reading; large messages are smaller here, with as many frames.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/pattern.h"
#include "unit/ws/reader_test.h"
#include "unit/ws/utf8_cases_test.h"
#include "ws/deflater.h"

namespace eddy::internal {
namespace {

using test::CloseFrame;
using test::Events;
using test::EventsOf;
using test::Frame;
using test::kBinary;
using test::kClose;
using test::kCont;
using test::kFin;
using test::kPing;
using test::kPong;
using test::kText;
using test::Pattern;

struct AutobahnCase {
  std::string name;  // the number, with underscores
  std::string stream;
  Events events;
};

// A failure without the words.
constexpr std::string_view kProtocolFailure = "failed 1002";
constexpr std::string_view kPayloadFailure = "failed 1007";

using Cases = std::vector<AutobahnCase>;

std::string Text(std::string_view text) { return Frame(kFin | kText, text); }

void AddFraming(Cases& cases) {
  int number = 1;
  for (const std::size_t size :
       test::Sizes{0, 125, 126, 127, 128, 65'535, 65'536, 65'536}) {
    const std::string n = std::to_string(number++);
    const std::string stars(size, '*');
    const std::string bytes(size, '\xfe');
    cases.push_back({"1_1_" + n, Text(stars), {"text " + stars}});
    cases.push_back(
        {"1_2_" + n, Frame(kFin | kBinary, bytes), {"binary " + bytes}});
  }
}

void AddPings(Cases& cases) {
  const std::string binary("\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8);
  const std::string longest(125, '\xfe');
  const auto ping = [](std::string_view payload) {
    return Frame(kFin | kPing, payload);
  };
  const auto pong = [](std::string_view payload) {
    return Frame(kFin | kPong, payload);
  };
  cases.push_back({"2_1", ping(""), {"ping "}});
  cases.push_back({"2_2", ping("Hello, world!"), {"ping Hello, world!"}});
  cases.push_back({"2_3", ping(binary), {"ping " + binary}});
  cases.push_back({"2_4", ping(longest), {"ping " + longest}});
  cases.push_back(
      {"2_5", ping(longest + '\xfe'), {std::string(kProtocolFailure)}});
  cases.push_back({"2_6", ping(longest), {"ping " + longest}});
  cases.push_back(
      {"2_7", pong("") + CloseFrame(1000), {"pong ", "close 1000 "}});
  cases.push_back({"2_8",
                   pong("unasked") + CloseFrame(1000),
                   {"pong unasked", "close 1000 "}});
  cases.push_back({"2_9",
                   pong("unasked") + ping("ping payload"),
                   {"pong unasked", "ping ping payload"}});
  AutobahnCase ten{"2_10", "", {}};
  for (int i = 0; i < 10; ++i) {
    const std::string payload = "payload-" + std::to_string(i);
    ten.stream += ping(payload);
    ten.events.push_back("ping " + payload);
  }
  cases.push_back(ten);
  ten.name = "2_11";
  cases.push_back(ten);
}

// One frame, or the same after a message and in front of a ping.
void AddFault(Cases& cases, const std::string& name, const std::string& frame,
              bool is_between) {
  if (is_between) {
    cases.push_back({name,
                     Text("Hello, world!") + frame + Frame(kFin | kPing),
                     {"text Hello, world!", std::string(kProtocolFailure)}});
  } else {
    cases.push_back({name, frame, {std::string(kProtocolFailure)}});
  }
}

void AddReserved(Cases& cases) {
  const std::string hello = "Hello, world!";
  AddFault(cases, "3_1", Frame(kFin | 0x10 | kText, hello), false);
  AddFault(cases, "3_2", Frame(kFin | 0x20 | kText, hello), true);
  AddFault(cases, "3_3", Frame(kFin | 0x30 | kText, hello), true);
  AddFault(cases, "3_4", Frame(kFin | 0x40 | kText, hello), true);
  AddFault(cases, "3_5", Frame(kFin | 0x50 | kBinary, "\x01\xff"), false);
  AddFault(cases, "3_6", Frame(kFin | 0x60 | kPing, hello), false);
  AddFault(cases, "3_7", Frame(kFin | 0x70 | kClose), false);
  for (unsigned i = 1; i <= 5; ++i) {
    const std::string payload = i % 2 == 0 ? "reserved" : "";
    AddFault(cases, "4_1_" + std::to_string(i), Frame(kFin | (2 + i), payload),
             i > 2);
    AddFault(cases, "4_2_" + std::to_string(i), Frame(kFin | (10 + i), payload),
             i > 2);
  }
}

void AddFragmentation(Cases& cases) {
  const auto add = [&cases](int first, int last, const std::string& stream,
                            const Events& events) {
    for (int i = first; i <= last; ++i) {
      cases.push_back({"5_" + std::to_string(i), stream, events});
    }
  };
  const Events failed = {std::string(kProtocolFailure)};
  const std::string end = Frame(kFin | kCont, "fragment2");
  const std::string begin = Frame(kText, "fragment1");
  const std::string lone = "non-continuation payload";
  add(1, 1, Frame(kPing, "fragment1") + end, failed);
  add(2, 2, Frame(kPong, "fragment1") + end, failed);
  add(3, 5, begin + end, {"text fragment1fragment2"});
  add(6, 8, begin + Frame(kFin | kPing, "ping payload") + end,
      {"ping ping payload", "text fragment1fragment2"});
  add(9, 11, Frame(kFin | kCont, lone) + Text("Hello, world!"), failed);
  add(12, 14, Frame(kCont, lone) + Text("Hello, world!"), failed);
  add(15, 15, begin + end + Frame(kCont, "fragment3") + Text("fragment4"),
      {"text fragment1fragment2", std::string(kProtocolFailure)});
  add(16, 16,
      Frame(kCont, "fragment1") + Frame(kText, "fragment2") +
          Frame(kFin | kCont, "fragment3"),
      failed);
  add(17, 17,
      Frame(kFin | kCont, "fragment1") + Frame(kText, "fragment2") +
          Frame(kFin | kCont, "fragment3"),
      failed);
  add(18, 18, begin + Text("fragment2"), failed);
  add(19, 20,
      begin + Frame(kCont, "fragment2") + Frame(kFin | kPing, "pongme 1!") +
          Frame(kCont, "fragment3") + Frame(kCont, "fragment4") +
          Frame(kFin | kPing, "pongme 2!") + Frame(kFin | kCont, "fragment5"),
      {"ping pongme 1!", "ping pongme 2!",
       "text fragment1fragment2fragment3fragment4fragment5"});
}

std::string ByteByByte(unsigned first, std::string_view payload) {
  std::string stream;
  for (const char byte : payload) {
    stream += Frame(first, std::string_view(&byte, 1));
    first = kCont;
  }
  return stream + Frame(kFin | kCont);
}

void AddUtf8(Cases& cases) {
  const std::string greek = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  const std::string mixed =
      "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!";
  const Events failed = {std::string(kPayloadFailure)};
  const std::string empty = Frame(kText) + Frame(kCont);
  cases.push_back({"6_1_1", Text(""), {"text "}});
  cases.push_back({"6_1_2", empty + Frame(kFin | kCont), {"text "}});
  cases.push_back({"6_1_3",
                   Frame(kText) + Frame(kCont, "middle") + Frame(kFin | kCont),
                   {"text middle"}});
  cases.push_back({"6_2_1", Text(mixed), {"text " + mixed}});
  cases.push_back({"6_2_2",
                   Frame(kText, mixed.substr(0, 12)) +
                       Frame(kFin | kCont, mixed.substr(12)),
                   {"text " + mixed}});
  cases.push_back({"6_2_3", ByteByByte(kText, mixed), {"text " + mixed}});
  cases.push_back({"6_2_4", ByteByByte(kText, greek), {"text " + greek}});
  const std::string bad = greek + "\xed\xa0\x80" + "edited";
  cases.push_back({"6_3_1", Text(bad), failed});
  cases.push_back({"6_3_2", ByteByByte(kText, bad), failed});
  // Without their ends: what made them invalid has come.
  const std::string high = greek + "\xf4\x90\x80\x80";
  cases.push_back(
      {"6_4_1", Frame(kText, greek) + Frame(kCont, high.substr(11)), failed});
  cases.push_back(
      {"6_4_2",
       Frame(kText, high.substr(0, 12)) + Frame(kCont, high.substr(12, 1)),
       failed});
  const std::string frame = Text(high + "edited");
  cases.push_back({"6_4_3", frame.substr(0, 6 + high.size()), failed});
  cases.push_back({"6_4_4", frame.substr(0, 6 + 13), failed});
  for (const auto& test : test::kUtf8Cases) {
    std::string name(test.number);
    for (char& c : name) c = c == '.' ? '_' : c;
    const std::string text = test::FromHex(test.hex);
    cases.push_back(
        {name, Text(text), test.is_valid ? Events{"text " + text} : failed});
  }
}

void AddClosing(Cases& cases) {
  const Events closed = {"close 1000 "};
  const Events failed = {std::string(kProtocolFailure)};
  const std::string close = CloseFrame(1000);
  const std::string large = Pattern(256 << 10);
  cases.push_back({"7_1_1", Text("Hello World!"), {"text Hello World!"}});
  cases.push_back({"7_1_2", close + Frame(kFin | kClose), closed});
  cases.push_back({"7_1_3", close + Frame(kFin | kPing), closed});
  cases.push_back({"7_1_4", close + Text("Hello World!"), closed});
  cases.push_back(
      {"7_1_5",
       Frame(kText, "fragment1") + close + Frame(kFin | kCont, "fragment2"),
       closed});
  cases.push_back(
      {"7_1_6",
       Text(large) + Text("Hello World!") + close + Frame(kFin | kPing),
       {"text " + large, "text Hello World!", "close 1000 "}});
  const std::string longest(123, '*');
  cases.push_back({"7_3_1", Frame(kFin | kClose), {"close 1005 "}});
  cases.push_back({"7_3_2", Frame(kFin | kClose, "a"), failed});
  cases.push_back({"7_3_3", close, closed});
  cases.push_back(
      {"7_3_4", CloseFrame(1000, "Hello World!"), {"close 1000 Hello World!"}});
  cases.push_back(
      {"7_3_5", CloseFrame(1000, longest), {"close 1000 " + longest}});
  cases.push_back({"7_3_6", CloseFrame(1000, longest + '*'), failed});
  cases.push_back({"7_5_1",
                   CloseFrame(1000,
                              "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce"
                              "\xb5\xed\xa0\x80"
                              "edited"),
                   {std::string(kPayloadFailure)}});
  int number = 1;
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u,
                              1010u, 1011u, 3000u, 3999u, 4000u, 4999u}) {
    cases.push_back({"7_7_" + std::to_string(number++),
                     CloseFrame(code),
                     {"close " + std::to_string(code) + " "}});
  }
  number = 1;
  for (const unsigned code :
       {0u, 999u, 1004u, 1005u, 1006u, 1016u, 1100u, 2000u, 2999u}) {
    cases.push_back(
        {"7_9_" + std::to_string(number++), CloseFrame(code), failed});
  }
  cases.push_back({"7_13_1", CloseFrame(5000), failed});
  cases.push_back({"7_13_2", CloseFrame(65535), failed});
}

Cases AllCases() {
  Cases cases;
  AddFraming(cases);
  AddPings(cases);
  AddReserved(cases);
  AddFragmentation(cases);
  AddUtf8(cases);
  AddClosing(cases);
  return cases;
}

// As the cases expect it: code 1002 or 1007, whatever the words.
Events WithoutWords(Events events) {
  for (std::string& event : events) {
    if (event.starts_with("failed ")) event.resize(kProtocolFailure.size());
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
                         testing::ValuesIn(AllCases()), NameOf);

// 9.1 to 9.6: large messages, in fragments and chops of several sizes.
TEST(AutobahnReaderLimitsTest, Cases9_1And9_2LargeMessages) {
  for (const std::size_t size :
       test::Sizes{64 << 10, 128 << 10, 256 << 10, 512 << 10}) {
    const std::string text = Pattern(size);
    const std::string bytes(size, '\xfe');
    EXPECT_EQ(EventsOf(Text(text), {}, 65'536), Events{"text " + text});
    EXPECT_EQ(EventsOf(Frame(kFin | kBinary, bytes), {}, 65'536),
              Events{"binary " + bytes});
  }
}

TEST(AutobahnReaderLimitsTest, Cases9_3And9_4LargeMessagesInFragments) {
  const std::string payload = Pattern(256 << 10);
  for (const std::size_t fragment : test::Sizes{
           64, 256, 1024, 4096, 16'384, 65'536, 100'000, 131'072, 262'144}) {
    for (const unsigned opcode : {kText, kBinary}) {
      std::string stream;
      unsigned first = opcode;
      for (std::size_t at = 0; at < payload.size(); at += fragment) {
        const bool is_last = at + fragment >= payload.size();
        stream += Frame((is_last ? kFin : 0u) | first,
                        std::string_view(payload).substr(at, fragment));
        first = kCont;
      }
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
    EXPECT_EQ(EventsOf(Text(payload), {}, chop), Events{"text " + payload});
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
  const std::string_view sent = AsText(out);
  if (frame_size == 0) frame_size = sent.size();
  unsigned first = test::kRsv1 | kText;
  for (std::size_t at = 0; at < sent.size(); at += frame_size) {
    const bool is_last = at + frame_size >= sent.size();
    stream += Frame((is_last ? kFin : 0u) | first, sent.substr(at, frame_size));
    first = kCont;
  }
}

void ExpectCompressedMessages(int window_bits, bool keeps_context, int count) {
  struct Size {
    std::size_t bytes;
    std::size_t frame;
  };
  constexpr Size kSizes[] = {
      {16, 0},         {64, 0},          {256, 0},       {1024, 0},
      {4096, 0},       {8192, 0},        {16'384, 0},    {32'768, 0},
      {65'536, 0},     {131'072, 0},     {8192, 256},    {16'384, 256},
      {32'768, 256},   {65'536, 256},    {131'072, 256}, {131'072, 1024},
      {131'072, 4096}, {131'072, 32'768}};
  for (const Size& size : kSizes) {
    const auto deflater = Deflater::Create(window_bits, 6, 8);
    std::string stream;
    Events expected;
    for (int i = 0; i < count; ++i) {
      const std::string payload = Pattern(size.bytes, static_cast<size_t>(i));
      AddCompressed(*deflater, keeps_context, payload, size.frame, stream);
      expected.push_back("text " + payload);
    }
    const test::RigOptions options{.may_compress = true,
                                   .keeps_context = keeps_context,
                                   .limits = {1 << 20, 1 << 12, 0}};
    for (const std::size_t chop : test::Sizes{1000, 65'536}) {
      ASSERT_EQ(EventsOf(stream, options, chop), expected)
          << size.bytes << " in frames of " << size.frame;
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
