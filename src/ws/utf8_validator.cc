// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Utf8Validator: an automaton whose steps have no branches.

#include "ws/utf8_validator.h"

#include <array>
#include <cstring>

namespace eddy::internal {
namespace {

// A state is what the next byte may be, times six: the number of bits that it
// is shifted by to find its successor in the byte's row.
enum Utf8State : std::uint8_t {
  kStart = 0,         // between two characters
  kRejected = 6,      // for good
  kLast = 12,         // 80..BF, then kStart
  kLastTwo = 18,      // 80..BF, then kLast
  kLastThree = 24,    // 80..BF, then kLastTwo
  kNoOverlong3 = 30,  // A0..BF, then kLast
  kNoSurrogate = 36,  // 80..9F, then kLast
  kNoOverlong4 = 42,  // 90..BF, then kLastTwo
  kUpTo10FFFF = 48,   // 80..8F, then kLastTwo
};
constexpr unsigned kUtf8StateMask = 63;
constexpr std::size_t kUtf8Stride = 16;

constexpr Utf8State AfterLead(unsigned byte) noexcept {
  if (byte < 0x80) return kStart;
  if (byte < 0xC2) return kRejected;
  if (byte < 0xE0) return kLast;
  if (byte == 0xE0) return kNoOverlong3;
  if (byte == 0xED) return kNoSurrogate;
  if (byte < 0xF0) return kLastTwo;
  if (byte == 0xF0) return kNoOverlong4;
  if (byte < 0xF4) return kLastThree;
  return byte == 0xF4 ? kUpTo10FFFF : kRejected;
}

constexpr Utf8State Step(Utf8State state, unsigned byte) noexcept {
  const auto within = [byte](unsigned low, unsigned high, Utf8State next) {
    return byte >= low && byte <= high ? next : kRejected;
  };
  switch (state) {
    case kStart:
      return AfterLead(byte);
    case kRejected:
      return kRejected;
    case kLast:
      return within(0x80, 0xBF, kStart);
    case kLastTwo:
      return within(0x80, 0xBF, kLast);
    case kLastThree:
      return within(0x80, 0xBF, kLastTwo);
    case kNoOverlong3:
      return within(0xA0, 0xBF, kLast);
    case kNoSurrogate:
      return within(0x80, 0x9F, kLast);
    case kNoOverlong4:
      return within(0x90, 0xBF, kLastTwo);
    case kUpTo10FFFF:
      return within(0x80, 0x8F, kLastTwo);
  }
  return kRejected;
}

// Row B holds for each state the one that byte B leads to.
constexpr std::array<std::uint64_t, 256> MakeUtf8Rows() noexcept {
  std::array<std::uint64_t, 256> rows{};
  for (unsigned byte = 0; byte < rows.size(); ++byte) {
    for (unsigned state = kStart; state <= kUpTo10FFFF; state += 6) {
      const std::uint64_t next = Step(static_cast<Utf8State>(state), byte);
      rows[byte] |= next << state;
    }
  }
  return rows;
}

constexpr std::array<std::uint64_t, 256> kUtf8Rows = MakeUtf8Rows();

std::uint64_t StepThrough(std::uint64_t state, const std::byte* bytes,
                          std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    state = kUtf8Rows[std::to_integer<std::size_t>(bytes[i])] >>
            (state & kUtf8StateMask);
  }
  return state & kUtf8StateMask;
}

// How many bytes `bytes` begin with that are ASCII, in strides.
std::size_t SkipAscii(const std::byte* bytes, std::size_t size) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  std::uint64_t words[8];
  for (; i + sizeof(words) <= size; i += sizeof(words)) {
    std::memcpy(words, bytes + i, sizeof(words));
    std::uint64_t all = 0;
    for (const std::uint64_t word : words) all |= word;
    if ((all & kHighBits) != 0) break;
  }
  for (; i + kUtf8Stride <= size; i += kUtf8Stride) {
    std::memcpy(words, bytes + i, kUtf8Stride);
    if (((words[0] | words[1]) & kHighBits) != 0) break;
  }
  return i;
}

}  // namespace

bool Utf8Validator::Feed(std::span<const std::byte> bytes) noexcept {
  std::uint64_t state = state_;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  while (left >= kUtf8Stride && state != kRejected) {
    if (state == kStart) {
      const std::size_t skipped = SkipAscii(at, left);
      at += skipped;
      left -= skipped;
      if (left < kUtf8Stride) break;
    }
    state = StepThrough(state, at, kUtf8Stride);
    at += kUtf8Stride;
    left -= kUtf8Stride;
  }
  state = StepThrough(state, at, left);
  state_ = static_cast<std::uint8_t>(state);
  return state != kRejected;
}

bool IsUtf8(std::span<const std::byte> bytes) noexcept {
  Utf8Validator validator;
  return validator.Feed(bytes) && validator.is_complete();
}

}  // namespace eddy::internal
