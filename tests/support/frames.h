// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Frames: the bytes of WebSocket frames, right and wrong.

#ifndef EDDY_SUPPORT_FRAMES_H_
#define EDDY_SUPPORT_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eddy::test {

// The first byte of frames.
inline constexpr unsigned kFin = 0x80;
inline constexpr unsigned kRsv1 = 0x40;
inline constexpr unsigned kCont = 0;
inline constexpr unsigned kText = 1;
inline constexpr unsigned kBinary = 2;
inline constexpr unsigned kClose = 8;
inline constexpr unsigned kPing = 9;
inline constexpr unsigned kPong = 10;

inline std::string BigEndianText(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return text;
}

// A frame whose length takes `length_bytes` bytes: 0, 2 or 8.
inline std::string FrameWith(unsigned first, std::string_view payload,
                             bool is_masked, int length_bytes) {
  std::string frame(1, static_cast<char>(first));
  const unsigned masked = is_masked ? 0x80u : 0u;
  const std::size_t field = length_bytes == 0   ? payload.size()
                            : length_bytes == 2 ? 126
                                                : 127;
  frame += static_cast<char>(masked | field);
  frame += BigEndianText(payload.size(), length_bytes);
  if (!is_masked) return frame.append(payload);
  const std::string key = {'\x37', '\xfa', '\x21',
                           static_cast<char>(first ^ payload.size())};
  frame += key;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ key[i % 4]);
  }
  return frame;
}

inline std::string Frame(unsigned first, std::string_view payload = {},
                         bool is_masked = true) {
  const int length_bytes = payload.size() < 126      ? 0
                           : payload.size() <= 65535 ? 2
                                                     : 8;
  return FrameWith(first, payload, is_masked, length_bytes);
}

inline std::string TextFrame(std::string_view text) {
  return Frame(kFin | kText, text);
}

inline std::string CloseFrame(unsigned code, std::string_view reason = {},
                              bool is_masked = true) {
  return Frame(kFin | kClose, BigEndianText(code, 2).append(reason), is_masked);
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_FRAMES_H_
