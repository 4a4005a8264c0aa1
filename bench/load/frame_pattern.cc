// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FramePattern: the endless stream of masked WebSocket frames that every
// connection sends.

#include "bench/load/frame_pattern.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace eddy::load {
namespace {

constexpr std::size_t kMaxShortLength = 125;
constexpr std::size_t kMaxMediumLength = 0xffff;

// The first bytes of a final frame, up to and with its key.
std::vector<std::byte> HeaderOf(std::byte opcode, std::uint64_t length,
                                const FramePattern::Key& key) {
  constexpr std::byte kFinal{0x80};
  constexpr unsigned kMasked = 0x80;
  std::vector<std::byte> header = {kFinal | opcode};
  unsigned length_bytes = 0;
  std::uint64_t short_length = length;
  if (length > kMaxMediumLength) {
    short_length = 127;
    length_bytes = 8;
  } else if (length > kMaxShortLength) {
    short_length = 126;
    length_bytes = 2;
  }
  header.push_back(static_cast<std::byte>(kMasked | short_length));
  while (length_bytes > 0) {
    header.push_back(static_cast<std::byte>(length >> 8 * --length_bytes));
  }
  header.insert(header.end(), key.begin(), key.end());
  return header;
}

}  // namespace

FramePattern::Key FramePattern::MakeKey() {
  std::random_device random;
  Key key;
  for (std::byte& byte : key) byte = static_cast<std::byte>(1 + random() % 255);
  return key;
}

FramePattern::FramePattern(const Pattern& pattern, const Key& key,
                           std::size_t message_bytes)
    : key_(key),
      message_bytes_(message_bytes),
      header_(HeaderOf(std::byte{2}, message_bytes, key)) {
  const auto plain = pattern.block();
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    masked_[i].resize(plain.size());
    for (std::size_t x = 0; x < plain.size(); ++x) {
      masked_[i][x] = plain[x] ^ key[(x + i) % kKeyBytes];
    }
  }
}

std::size_t FramePattern::PayloadIn(std::size_t unsent) const {
  return unsent / frame_bytes() * message_bytes_ +
         std::min(unsent % frame_bytes(), message_bytes_);
}

std::size_t FramePattern::Gather(std::size_t unsent, std::size_t phase,
                                 std::span<iovec> parts) const {
  const std::size_t begun = unsent % frame_bytes();
  std::size_t offset = begun == 0 ? 0 : frame_bytes() - begun;
  std::size_t num_parts = 0;
  while (unsent > 0 && num_parts < parts.size()) {
    const auto part = PartAt(offset, phase);
    parts[num_parts++] = {const_cast<std::byte*>(part.data()), part.size()};
    if (offset >= header_.size()) phase = Pattern::Advance(phase, part.size());
    unsent -= part.size();
    offset += part.size();
    if (offset == frame_bytes()) offset = 0;
  }
  return num_parts;
}

// What stands at `offset` of a frame, up to the end of what is contiguous.
std::span<const std::byte> FramePattern::PartAt(std::size_t offset,
                                                std::size_t phase) const {
  if (offset < header_.size()) return std::span(header_).subspan(offset);
  const std::size_t sent = offset - header_.size();
  // Unsigned numbers wrap around at a multiple of four.
  const auto& block = masked_[(sent - phase) % kKeyBytes];
  return std::span(block).subspan(
      phase, std::min(message_bytes_ - sent, Pattern::kMaxChunkBytes));
}

std::string FramePattern::Pong(std::span<const std::byte> payload) const {
  std::string pong;
  for (const std::byte byte : HeaderOf(std::byte{0xa}, payload.size(), key_)) {
    pong += static_cast<char>(byte);
  }
  for (std::size_t i = 0; i < payload.size(); ++i) {
    pong += static_cast<char>(payload[i] ^ key_[i % kKeyBytes]);
  }
  return pong;
}

}  // namespace eddy::load
