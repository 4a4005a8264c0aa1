// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PreparedMessage: the public face of PreparedFrame.

#include "eddy/ws/prepared_message.h"

#include <array>

#include "base/check.h"
#include "ws/compression.h"
#include "ws/frame.h"
#include "ws/prepared_frame.h"

namespace eddy::internal {

PreparedFrame::PreparedFrame(ws::MessageType type,
                             std::span<const std::byte> bytes)
    : type_(type) {
  std::array<std::byte, kMaxFrameHeaderBytes> header;
  header_size_ = WriteFrameHeader(header, static_cast<Opcode>(type),
                                  bytes.size(), false, nullptr);
  plain_ = Payload(std::span(header).first(header_size_), bytes);
}

const Payload& PreparedFrame::Compressed(
    int window_bits, const ws::DeflateOptions& options) const {
  CompressedOnce& made = compressed_[IndexOfWindow(window_bits)];
  std::call_once(made.once, [&] {
    made.frame = MakeCompressedFrame(static_cast<Opcode>(type_), bytes(),
                                     window_bits, options);
  });
  return made.frame;
}

}  // namespace eddy::internal

namespace eddy::ws {

PreparedMessage::PreparedMessage(MessageType type,
                                 std::span<const std::byte> bytes)
    : frame_(std::make_shared<internal::PreparedFrame>(type, bytes)) {}

const internal::PreparedFrame& PreparedMessage::frame() const noexcept {
  EDDY_CHECK(frame_ != nullptr, "a PreparedMessage was used after its move");
  return *frame_;
}

MessageType PreparedMessage::type() const noexcept { return frame().type(); }

std::span<const std::byte> PreparedMessage::bytes() const noexcept {
  return frame().bytes();
}

}  // namespace eddy::ws
