// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// AutobahnCases: what the published test suite sends, and what comes of it.
// Those of other sections are about more than frames that are right or wrong.

#include "unit/ws/autobahn_cases.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "support/frames.h"
#include "support/pattern.h"
#include "unit/ws/utf8_cases_test.h"

namespace eddy::test {
namespace {

using Events = std::vector<std::string>;

// Failures.
constexpr std::string_view kProtocolFailure = "failed 1002";
constexpr std::string_view kPayloadFailure = "failed 1007";

// CaseMaker: makes the cases, with frames masked or not.
class CaseMaker {
 public:
  explicit CaseMaker(bool is_masked) : is_masked_(is_masked) {}

  std::vector<AutobahnCase> Make() {
    AddFraming();
    AddPings();
    AddReserved();
    AddFragmentation();
    AddUtf8();
    AddClosing();
    return std::move(cases_);
  }

 private:
  void AddFraming();
  void AddPings();
  void AddReserved();
  void AddFragmentation();
  void AddUtf8();
  void AddClosing();
  void Add(AutobahnCase test) { cases_.push_back(std::move(test)); }
  void AddFault(const std::string& name, const std::string& frame,
                bool is_between);

  std::string Frame(unsigned first, std::string_view payload = {}) const {
    return test::Frame(first, payload, is_masked_);
  }
  std::string CloseFrame(unsigned code, std::string_view reason = {}) const {
    return test::CloseFrame(code, reason, is_masked_);
  }
  std::string Text(std::string_view text) const {
    return Frame(kFin | kText, text);
  }
  // In frames of a byte each, and an empty one.
  std::string ByteByByte(std::string_view text) const {
    std::string stream;
    unsigned first = kText;
    for (const char byte : text) {
      stream += Frame(first, std::string_view(&byte, 1));
      first = kCont;
    }
    return stream + Frame(kFin | kCont);
  }

  const bool is_masked_;
  std::vector<AutobahnCase> cases_;
};

void CaseMaker::AddFraming() {
  int number = 1;
  for (const std::size_t size : std::vector<std::size_t>{
           0, 125, 126, 127, 128, 65'535, 65'536, 65'536}) {
    const std::string n = std::to_string(number++);
    const std::string stars(size, '*');
    const std::string bytes(size, '\xfe');
    Add({"1_1_" + n, Text(stars), {"text " + stars}});
    Add({"1_2_" + n, Frame(kFin | kBinary, bytes), {"binary " + bytes}});
  }
}

void CaseMaker::AddPings() {
  const std::string binary("\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8);
  const std::string longest(125, '\xfe');
  const auto ping = [this](std::string_view payload) {
    return Frame(kFin | kPing, payload);
  };
  const auto pong = [this](std::string_view payload) {
    return Frame(kFin | kPong, payload);
  };
  Add({"2_1", ping(""), {"ping "}});
  Add({"2_2", ping("Hello, world!"), {"ping Hello, world!"}});
  Add({"2_3", ping(binary), {"ping " + binary}});
  Add({"2_4", ping(longest), {"ping " + longest}});
  Add({"2_5", ping(longest + '\xfe'), {std::string(kProtocolFailure)}});
  Add({"2_6", ping(longest), {"ping " + longest}});
  Add({"2_7", pong("") + CloseFrame(1000), {"pong ", "close 1000 "}});
  Add({"2_8",
       pong("unasked") + CloseFrame(1000),
       {"pong unasked", "close 1000 "}});
  Add({"2_9",
       pong("unasked") + ping("ping payload"),
       {"pong unasked", "ping ping payload"}});
  AutobahnCase ten{"2_10", "", {}};
  for (int i = 0; i < 10; ++i) {
    const std::string payload = "payload-" + std::to_string(i);
    ten.stream += ping(payload);
    ten.events.push_back("ping " + payload);
  }
  Add(ten);
  ten.name = "2_11";
  Add(ten);
}

// One frame, or the same after a message and in front of a ping.
void CaseMaker::AddFault(const std::string& name, const std::string& frame,
                         bool is_between) {
  if (is_between) {
    Add({name,
         Text("Hello, world!") + frame + Frame(kFin | kPing),
         {"text Hello, world!", std::string(kProtocolFailure)}});
  } else {
    Add({name, frame, {std::string(kProtocolFailure)}});
  }
}

void CaseMaker::AddReserved() {
  const std::string hello = "Hello, world!";
  AddFault("3_1", Frame(kFin | 0x10 | kText, hello), false);
  AddFault("3_2", Frame(kFin | 0x20 | kText, hello), true);
  AddFault("3_3", Frame(kFin | 0x30 | kText, hello), true);
  AddFault("3_4", Frame(kFin | 0x40 | kText, hello), true);
  AddFault("3_5", Frame(kFin | 0x50 | kBinary, "\x01\xff"), false);
  AddFault("3_6", Frame(kFin | 0x60 | kPing, hello), false);
  AddFault("3_7", Frame(kFin | 0x70 | kClose), false);
  for (unsigned i = 1; i <= 5; ++i) {
    const std::string payload = i % 2 == 0 ? "reserved" : "";
    AddFault("4_1_" + std::to_string(i), Frame(kFin | (2 + i), payload), i > 2);
    AddFault("4_2_" + std::to_string(i), Frame(kFin | (10 + i), payload),
             i > 2);
  }
}

void CaseMaker::AddFragmentation() {
  const auto add = [this](int first, int last, const std::string& stream,
                          const Events& events) {
    for (int i = first; i <= last; ++i) {
      Add({"5_" + std::to_string(i), stream, events});
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

void CaseMaker::AddUtf8() {
  const std::string greek = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  const std::string mixed =
      "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!";
  const Events failed = {std::string(kPayloadFailure)};
  const std::string empty = Frame(kText) + Frame(kCont);
  Add({"6_1_1", Text(""), {"text "}});
  Add({"6_1_2", empty + Frame(kFin | kCont), {"text "}});
  Add({"6_1_3",
       Frame(kText) + Frame(kCont, "middle") + Frame(kFin | kCont),
       {"text middle"}});
  Add({"6_2_1", Text(mixed), {"text " + mixed}});
  Add({"6_2_2",
       Frame(kText, mixed.substr(0, 12)) +
           Frame(kFin | kCont, mixed.substr(12)),
       {"text " + mixed}});
  Add({"6_2_3", ByteByByte(mixed), {"text " + mixed}});
  Add({"6_2_4", ByteByByte(greek), {"text " + greek}});
  const std::string bad = greek + "\xed\xa0\x80" + "edited";
  Add({"6_3_1", Text(bad), failed});
  Add({"6_3_2", ByteByByte(bad), failed});
  // Without their ends: what made them invalid has come.
  const std::string high = greek + "\xf4\x90\x80\x80";
  Add({"6_4_1", Frame(kText, greek) + Frame(kCont, high.substr(11)), failed});
  Add({"6_4_2",
       Frame(kText, high.substr(0, 12)) + Frame(kCont, high.substr(12, 1)),
       failed});
  const std::string frame = Text(high + "edited");
  const std::size_t header = is_masked_ ? 6 : 2;
  Add({"6_4_3", frame.substr(0, header + high.size()), failed});
  Add({"6_4_4", frame.substr(0, header + 13), failed});
  for (const Utf8Case& test : kUtf8Cases) {
    std::string name(test.number);
    for (char& c : name) c = c == '.' ? '_' : c;
    const std::string text = FromHex(test.hex);
    Add({name, Text(text), test.is_valid ? Events{"text " + text} : failed});
  }
}

void CaseMaker::AddClosing() {
  const Events closed = {"close 1000 "};
  const Events failed = {std::string(kProtocolFailure)};
  const std::string close = CloseFrame(1000);
  const std::string large = Pattern(256 << 10);
  Add({"7_1_1", Text("Hello World!"), {"text Hello World!"}});
  Add({"7_1_2", close + Frame(kFin | kClose), closed});
  Add({"7_1_3", close + Frame(kFin | kPing), closed});
  Add({"7_1_4", close + Text("Hello World!"), closed});
  Add({"7_1_5",
       Frame(kText, "fragment1") + close + Frame(kFin | kCont, "fragment2"),
       closed});
  Add({"7_1_6",
       Text(large) + Text("Hello World!") + close + Frame(kFin | kPing),
       {"text " + large, "text Hello World!", "close 1000 "}});
  const std::string longest(123, '*');
  Add({"7_3_1", Frame(kFin | kClose), {"close 1005 "}});
  Add({"7_3_2", Frame(kFin | kClose, "a"), failed});
  Add({"7_3_3", close, closed});
  Add({"7_3_4", CloseFrame(1000, "Hello World!"), {"close 1000 Hello World!"}});
  Add({"7_3_5", CloseFrame(1000, longest), {"close 1000 " + longest}});
  Add({"7_3_6", CloseFrame(1000, longest + '*'), failed});
  Add({"7_5_1",
       CloseFrame(1000,
                  "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce"
                  "\xb5\xed\xa0\x80"
                  "edited"),
       {std::string(kPayloadFailure)}});
  int number = 1;
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u,
                              1010u, 1011u, 3000u, 3999u, 4000u, 4999u}) {
    Add({"7_7_" + std::to_string(number++),
         CloseFrame(code),
         {"close " + std::to_string(code) + " "}});
  }
  number = 1;
  for (const unsigned code :
       {0u, 999u, 1004u, 1005u, 1006u, 1016u, 1100u, 2000u, 2999u}) {
    Add({"7_9_" + std::to_string(number++), CloseFrame(code), failed});
  }
  Add({"7_13_1", CloseFrame(5000), failed});
  Add({"7_13_2", CloseFrame(65535), failed});
}

}  // namespace

std::vector<AutobahnCase> AutobahnCases(bool is_masked) {
  return CaseMaker(is_masked).Make();
}

std::string Fragmented(unsigned first, std::string_view payload,
                       std::size_t frame_size, bool is_masked) {
  if (frame_size == 0) frame_size = payload.size();
  std::string stream;
  for (std::size_t at = 0; at < payload.size(); at += frame_size) {
    const bool is_last = at + frame_size >= payload.size();
    stream += Frame((is_last ? kFin : 0U) | first,
                    payload.substr(at, frame_size), is_masked);
    first = kCont;
  }
  return stream;
}

}  // namespace eddy::test
