// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FrameReader: takes what a WebSocket server sends apart, however it comes.

#ifndef EDDY_BENCH_LOAD_FRAME_READER_H_
#define EDDY_BENCH_LOAD_FRAME_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace eddy::load {

// Payload is not gathered but given out as it comes, in parts; only headers
// and the payload of control frames are kept until they are complete.
class FrameReader {
 public:
  enum class Kind : std::uint8_t {
    kNothing,  // All bytes are taken.
    kPayload,  // A part of a message.
    kEnd,      // The message is complete.
    kPing,     // Its payload is to be sent back.
    kClose,    // No more will come; DescribeClose tells why.
    kBroken,   // No server may send this.
  };
  struct Event {
    Kind kind = Kind::kNothing;
    std::span<const std::byte> payload;  // Valid until the next call.
    std::string_view fault;              // Of kBroken.
  };

  // Takes from the front of `bytes` what the next event consists of. Not to be
  // called again after kClose or kBroken.
  Event Next(std::span<const std::byte>& bytes);

 private:
  static constexpr std::size_t kMaxHeaderBytes = 10;  // There is no key.
  static constexpr std::size_t kMaxControlBytes = 125;

  bool TakeHeader(std::span<const std::byte>& bytes);
  std::size_t HeaderBytes() const;
  std::string_view Fault() const;
  void BeginFrame();
  bool TakeControl(std::span<const std::byte>& bytes);
  Event EndControl();

  unsigned HeaderByte(std::size_t index) const {
    return std::to_integer<unsigned>(header_[index]);
  }
  unsigned opcode() const { return HeaderByte(0) & 0xf; }
  bool is_final() const { return (HeaderByte(0) & 0x80) != 0; }
  bool is_control() const { return (opcode() & 0x8) != 0; }

  std::uint64_t left_ = 0;  // Of the frame's payload.
  std::uint8_t num_header_ = 0;
  std::uint8_t num_control_ = 0;
  bool is_in_frame_ = false;    // Its header is complete.
  bool is_in_message_ = false;  // A frame that was not final has begun it.
  std::array<std::byte, kMaxHeaderBytes> header_;
  std::array<std::byte, kMaxControlBytes> control_;
};

// What a close frame with this payload says.
std::string DescribeClose(std::span<const std::byte> payload);

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_FRAME_READER_H_
