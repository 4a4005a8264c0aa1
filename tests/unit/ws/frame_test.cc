// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Frame tests: headers as they are written and read.

#include "ws/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "eddy/bytes.h"
#include "unit/ws/reader_test.h"

namespace eddy::internal {
namespace {

using test::FrameWith;

constexpr MaskKey kSomeKey = {std::byte{1}, std::byte{2}, std::byte{3},
                              std::byte{4}};

std::string Written(Opcode opcode, std::size_t size, bool is_compressed,
                    const MaskKey* mask) {
  std::array<std::byte, kMaxFrameHeaderBytes> out{};
  const std::size_t n =
      WriteFrameHeader(out, opcode, size, is_compressed, mask);
  return std::string(AsText(std::span(out).first(n)));
}

struct Parsed {
  HeaderOutcome outcome;
  FrameHeader header;
  std::string_view wrong;
};

Parsed Parse(std::string_view text) {
  Parsed parsed{};
  parsed.outcome = ParseFrameHeader(AsBytes(text), parsed.header, parsed.wrong);
  return parsed;
}

std::string_view FaultOf(std::string_view text) {
  const Parsed parsed = Parse(text);
  return parsed.outcome == HeaderOutcome::kBad ? parsed.wrong : "none";
}

TEST(FrameTest, WritesTheExamplesOfTheStandard) {
  // RFC 6455, 5.7.
  EXPECT_EQ(Written(Opcode::kText, 5, false, nullptr), "\x81\x05");
  const MaskKey key = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                       std::byte{0x3d}};
  EXPECT_EQ(Written(Opcode::kText, 5, false, &key), "\x81\x85\x37\xfa\x21\x3d");
  EXPECT_EQ(Written(Opcode::kPing, 5, false, nullptr), "\x89\x05");
  EXPECT_EQ(Written(Opcode::kBinary, 256, false, nullptr),
            (std::string{"\x82\x7e\x01\x00", 4}));
  EXPECT_EQ(Written(Opcode::kBinary, 65536, false, nullptr),
            (std::string{"\x82\x7f\0\0\0\0\0\x01\0\0", 10}));
  // RFC 7692, 7.2.3.1.
  EXPECT_EQ(Written(Opcode::kText, 7, true, nullptr), "\xc1\x07");
}

TEST(FrameTest, WritesTheShortestLength) {
  for (const auto& [size, bytes] : {std::pair<std::size_t, std::size_t>{0, 2},
                                    {125, 2},
                                    {126, 4},
                                    {65535, 4},
                                    {65536, 10},
                                    {std::size_t{1} << 40, 10}}) {
    EXPECT_EQ(Written(Opcode::kBinary, size, false, nullptr).size(), bytes);
    EXPECT_EQ(Written(Opcode::kBinary, size, false, &kSomeKey).size(),
              bytes + 4);
  }
}

TEST(FrameTest, ReadsWhatItWrites) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{125}, std::size_t{126}, std::size_t{65535},
        std::size_t{65536}, std::size_t{1} << 40}) {
    for (const MaskKey* mask :
         {&kSomeKey, static_cast<const MaskKey*>(nullptr)}) {
      for (const bool is_compressed : {false, true}) {
        const std::string text =
            Written(Opcode::kBinary, size, is_compressed, mask);
        const Parsed parsed = Parse(text + "payload");
        EXPECT_EQ(parsed.outcome, HeaderOutcome::kDone);
        EXPECT_EQ(parsed.header.size, size);
        EXPECT_EQ(parsed.header.header_size, text.size());
        EXPECT_EQ(parsed.header.opcode, Opcode::kBinary);
        EXPECT_TRUE(parsed.header.is_final);
        EXPECT_EQ(parsed.header.is_compressed, is_compressed);
        EXPECT_EQ(parsed.header.is_masked, mask != nullptr);
        EXPECT_EQ(parsed.header.mask, mask != nullptr ? *mask : MaskKey{});
      }
    }
  }
}

TEST(FrameTest, EveryPrefixOfAHeaderIsIncomplete) {
  for (const std::size_t size :
       {std::size_t{5}, std::size_t{126}, std::size_t{65536}}) {
    const std::string text = Written(Opcode::kText, size, false, &kSomeKey);
    for (std::size_t n = 0; n < text.size(); ++n) {
      EXPECT_EQ(Parse(text.substr(0, n)).outcome, HeaderOutcome::kIncomplete);
    }
  }
}

TEST(FrameTest, ReadsFragments) {
  const Parsed parsed = Parse(std::string_view("\x01\x00", 2));
  EXPECT_EQ(parsed.outcome, HeaderOutcome::kDone);
  EXPECT_FALSE(parsed.header.is_final);
  EXPECT_EQ(parsed.header.opcode, Opcode::kText);
}

TEST(FrameTest, RefusesReservedBitsAndOpcodes) {
  EXPECT_EQ(FaultOf("\x91\x01"), "a frame with a reserved bit");
  EXPECT_EQ(FaultOf("\xa1\x01"), "a frame with a reserved bit");
  EXPECT_EQ(FaultOf("\xc9\x01"), "a control frame with a reserved bit");
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    const std::string text = {static_cast<char>(0x80 | opcode), '\x01'};
    EXPECT_EQ(FaultOf(text), "a frame with a reserved opcode") << opcode;
  }
}

TEST(FrameTest, RefusesControlFramesThatAreLongOrInFragments) {
  for (const char opcode : {'\x8', '\x9', '\xa'}) {
    const std::string fragment = {opcode, '\x01'};
    EXPECT_EQ(FaultOf(fragment), "a control frame in fragments");
    const char first = static_cast<char>(opcode | 0x80);
    EXPECT_EQ(FaultOf(std::string{first, '\x7e'}),
              "a control frame of more than 125 bytes");
    EXPECT_EQ(FaultOf(std::string{first, '\xff'}),
              "a control frame of more than 125 bytes");
    EXPECT_EQ(FaultOf(std::string{first, '\x7d'}), "none");
  }
}

TEST(FrameTest, RefusesLengthsThatAreNotInTheirShortestForm) {
  constexpr std::string_view kFault =
      "a length that is not in its shortest form";
  const auto fault = [](std::size_t size, int length_bytes) {
    return FaultOf(FrameWith(0x82, std::string(size, 'x'), true, length_bytes));
  };
  EXPECT_EQ(fault(0, 2), kFault);
  EXPECT_EQ(fault(125, 2), kFault);
  EXPECT_EQ(fault(126, 2), "none");
  EXPECT_EQ(fault(125, 8), kFault);
  EXPECT_EQ(fault(126, 8), kFault);
  EXPECT_EQ(fault(65535, 8), kFault);
  EXPECT_EQ(fault(65536, 8), "none");
}

TEST(FrameTest, RefusesLengthsOf64Bits) {
  EXPECT_EQ(
      FaultOf("\x82\x7f" + test::BigEndianText(std::uint64_t{1} << 63, 8)),
      "a length of more than 63 bits");
  const Parsed parsed =
      Parse("\x82\x7f" + test::BigEndianText((std::uint64_t{1} << 63) - 1, 8));
  EXPECT_EQ(parsed.outcome, HeaderOutcome::kDone);
  EXPECT_EQ(parsed.header.size, (std::uint64_t{1} << 63) - 1);
}

}  // namespace
}  // namespace eddy::internal
