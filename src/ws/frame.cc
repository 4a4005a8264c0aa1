// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Frame: writing and reading headers.

#include "ws/frame.h"

#include <algorithm>

namespace eddy::internal {
namespace {

constexpr unsigned kFinBit = 0x80;
constexpr unsigned kRsv1Bit = 0x40;
constexpr unsigned kRsv2And3Bits = 0x30;
constexpr unsigned kMaskedBit = 0x80;
// Instead of a length: it follows, in 2 or 8 bytes.
constexpr unsigned kLength16 = 126;
constexpr unsigned kLength64 = 127;

unsigned ByteAt(std::span<const std::byte> bytes, std::size_t i) noexcept {
  return std::to_integer<unsigned>(bytes[i]);
}

std::uint64_t ReadBigEndian(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) {
    value = value << 8 | std::to_integer<std::uint64_t>(byte);
  }
  return value;
}

constexpr bool IsKnown(unsigned opcode) noexcept {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// What the first two bytes have wrong, if anything.
std::string_view FaultOfStart(unsigned first, unsigned second) noexcept {
  if ((first & kRsv2And3Bits) != 0) return "a frame with a reserved bit";
  if (!IsKnown(first & 0x0F)) return "a frame with a reserved opcode";
  if ((first & 0x08) == 0) return {};
  if ((first & kRsv1Bit) != 0) return "a control frame with a reserved bit";
  if ((first & kFinBit) == 0) return "a control frame in fragments";
  if ((second & 0x7F) > kMaxControlBytes) {
    return "a control frame of more than 125 bytes";
  }
  return {};
}

}  // namespace

std::size_t WriteFrameHeader(std::span<std::byte, kMaxFrameHeaderBytes> out,
                             Opcode opcode, std::size_t size,
                             bool is_compressed, const MaskKey* mask) noexcept {
  out[0] = static_cast<std::byte>(kFinBit | (is_compressed ? kRsv1Bit : 0u) |
                                  static_cast<unsigned>(opcode));
  const unsigned masked = mask != nullptr ? kMaskedBit : 0u;
  std::size_t length_bytes = 0;
  if (size < kLength16) {
    out[1] = static_cast<std::byte>(masked | static_cast<unsigned>(size));
  } else if (size <= 0xFFFF) {
    out[1] = static_cast<std::byte>(masked | kLength16);
    length_bytes = 2;
  } else {
    out[1] = static_cast<std::byte>(masked | kLength64);
    length_bytes = 8;
  }
  std::uint64_t rest = size;
  for (std::size_t i = length_bytes; i > 0; --i) {
    out[1 + i] = static_cast<std::byte>(rest & 0xFF);
    rest >>= 8;
  }
  std::size_t written = 2 + length_bytes;
  if (mask != nullptr) {
    std::copy(mask->begin(), mask->end(), out.subspan(written).begin());
    written += mask->size();
  }
  return written;
}

HeaderOutcome ParseFrameHeader(std::span<const std::byte> bytes,
                               FrameHeader& header,
                               std::string_view& wrong) noexcept {
  if (bytes.size() < 2) return HeaderOutcome::kIncomplete;
  const unsigned first = ByteAt(bytes, 0);
  const unsigned second = ByteAt(bytes, 1);
  wrong = FaultOfStart(first, second);
  if (!wrong.empty()) return HeaderOutcome::kBad;

  std::size_t read = 2;
  std::uint64_t size = second & 0x7F;
  if (size >= kLength16) {
    const std::size_t length_bytes = size == kLength16 ? 2 : 8;
    if (bytes.size() < read + length_bytes) return HeaderOutcome::kIncomplete;
    size = ReadBigEndian(bytes.subspan(read, length_bytes));
    read += length_bytes;
    if (size < kLength16 || (length_bytes == 8 && size <= 0xFFFF)) {
      wrong = "a length that is not in its shortest form";
    } else if (size >> 63 != 0) {
      wrong = "a length of more than 63 bits";
    }
    if (!wrong.empty()) return HeaderOutcome::kBad;
  }

  header.is_masked = (second & kMaskedBit) != 0;
  header.mask = {};
  if (header.is_masked) {
    if (bytes.size() < read + header.mask.size()) {
      return HeaderOutcome::kIncomplete;
    }
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(read),
                header.mask.size(), header.mask.begin());
    read += header.mask.size();
  }
  header.size = size;
  header.opcode = static_cast<Opcode>(first & 0x0F);
  header.header_size = static_cast<std::uint8_t>(read);
  header.is_final = (first & kFinBit) != 0;
  header.is_compressed = (first & kRsv1Bit) != 0;
  return HeaderOutcome::kDone;
}

}  // namespace eddy::internal
