// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Frame: the headers of WebSocket frames (RFC 6455, 5.2).

#ifndef EDDY_WS_FRAME_H_
#define EDDY_WS_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ws/mask.h"

namespace eddy::internal {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// Of a client's frame of 64 KiB and more.
inline constexpr std::size_t kMaxFrameHeaderBytes = 14;
// The payload of a close, ping or pong.
inline constexpr std::size_t kMaxControlBytes = 125;

constexpr bool IsControl(Opcode opcode) noexcept {
  return static_cast<std::uint8_t>(opcode) >= 8;
}

// Writes the header of a frame that is the last of its message and has `size`
// bytes, in the shortest form. Returns its length. Without `mask` the frame is
// not masked.
std::size_t WriteFrameHeader(std::span<std::byte, kMaxFrameHeaderBytes> out,
                             Opcode opcode, std::size_t size,
                             bool is_compressed, const MaskKey* mask) noexcept;

// FrameHeader: one that came.
struct FrameHeader {
  std::uint64_t size = 0;  // of the payload
  MaskKey mask{};          // zeros if it is not masked
  Opcode opcode = Opcode::kContinuation;
  std::uint8_t header_size = 0;
  bool is_final = false;
  bool is_compressed = false;  // RSV1
  bool is_masked = false;
};

enum class HeaderOutcome : std::uint8_t { kDone, kIncomplete, kBad };

// Reads the header that `bytes` begin with. kBad if it is against the protocol
// whatever was agreed on, and `wrong` says how, a literal; that is found as
// soon as the bytes show it, and the earliest of several faults is the one
// told.
HeaderOutcome ParseFrameHeader(std::span<const std::byte> bytes,
                               FrameHeader& header,
                               std::string_view& wrong) noexcept;

}  // namespace eddy::internal

#endif  // EDDY_WS_FRAME_H_
