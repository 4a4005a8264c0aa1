// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FrameReader: takes what a WebSocket server sends apart, however it comes.

#include "bench/load/frame_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace eddy::load {
namespace {

constexpr unsigned kContinuation = 0;
constexpr unsigned kBinary = 2;
constexpr unsigned kCloseFrame = 8;
constexpr unsigned kPongFrame = 10;

std::span<const std::byte> TakeFront(std::span<const std::byte>& bytes,
                                     std::size_t size) {
  const auto front = bytes.first(size);
  bytes = bytes.subspan(size);
  return front;
}

// Copies the front of `bytes` until `to` holds `wanted`; whether it does.
//
// REQUIRES: it does not hold more.
template <std::size_t kSize>
bool Fill(std::array<std::byte, kSize>& to, std::uint8_t& held,
          std::size_t wanted, std::span<const std::byte>& bytes) {
  const auto part =
      TakeFront(bytes, std::min<std::size_t>(wanted - held, bytes.size()));
  std::copy(part.begin(), part.end(), to.begin() + held);
  held = static_cast<std::uint8_t>(held + part.size());
  return held == wanted;
}

}  // namespace

FrameReader::Event FrameReader::Next(std::span<const std::byte>& bytes) {
  for (;;) {
    if (!is_in_frame_) {
      if (!TakeHeader(bytes)) return {};
      if (const auto fault = Fault(); !fault.empty()) {
        return {Kind::kBroken, {}, fault};
      }
      BeginFrame();
    }
    if (is_control()) {
      if (!TakeControl(bytes)) return {};
      is_in_frame_ = false;
      if (opcode() == kPongFrame) continue;  // Nobody asked for it.
      return EndControl();
    }
    if (left_ > 0) {
      if (bytes.empty()) return {};
      const auto part =
          TakeFront(bytes, std::min<std::uint64_t>(left_, bytes.size()));
      left_ -= part.size();
      return {Kind::kPayload, part, {}};
    }
    is_in_frame_ = false;
    is_in_message_ = !is_final();
    if (is_final()) return {Kind::kEnd, {}, {}};
  }
}

bool FrameReader::TakeHeader(std::span<const std::byte>& bytes) {
  return (num_header_ >= 2 || Fill(header_, num_header_, 2, bytes)) &&
         Fill(header_, num_header_, HeaderBytes(), bytes);
}

// REQUIRES: the first two are there.
std::size_t FrameReader::HeaderBytes() const {
  switch (HeaderByte(1) & 0x7f) {
    case 126:
      return 4;
    case 127:
      return 10;
    default:
      return 2;
  }
}

// What is wrong with a complete header; empty: nothing.
std::string_view FrameReader::Fault() const {
  if ((HeaderByte(0) & 0x70) != 0) return "a frame with reserved bits came";
  if ((HeaderByte(1) & 0x80) != 0) return "a masked frame came";
  if (is_control()) {
    if (opcode() > kPongFrame) return "a frame of an unknown kind came";
    if (!is_final() || HeaderBytes() > 2) return "a bad control frame came";
    return "";
  }
  if (opcode() > kBinary) return "a frame of an unknown kind came";
  if ((opcode() == kContinuation) != is_in_message_) {
    return "a frame came that does not fit the one before it";
  }
  return "";
}

void FrameReader::BeginFrame() {
  left_ = HeaderByte(1) & 0x7f;
  if (num_header_ > 2) {
    left_ = 0;
    for (std::size_t i = 2; i < num_header_; ++i) {
      left_ = left_ << 8 | HeaderByte(i);
    }
  }
  num_header_ = 0;
  num_control_ = 0;
  is_in_frame_ = true;
}

bool FrameReader::TakeControl(std::span<const std::byte>& bytes) {
  return Fill(control_, num_control_, left_, bytes);
}

FrameReader::Event FrameReader::EndControl() {
  const auto payload = std::span<const std::byte>(control_).first(num_control_);
  return {opcode() == kCloseFrame ? Kind::kClose : Kind::kPing, payload, {}};
}

std::string DescribeClose(std::span<const std::byte> payload) {
  if (payload.size() < 2) return "closed by the server without a code";
  const unsigned code = std::to_integer<unsigned>(payload[0]) << 8 |
                        std::to_integer<unsigned>(payload[1]);
  std::string text = fmt::format("closed by the server with code {}", code);
  if (payload.size() > 2) {
    text += ": ";
    for (const std::byte byte : payload.subspan(2)) {
      text += static_cast<char>(byte);
    }
  }
  return text;
}

}  // namespace eddy::load
