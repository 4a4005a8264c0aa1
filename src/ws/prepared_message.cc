// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PreparedMessage: the public face of PreparedFrame.

#include "eddy/ws/prepared_message.h"

#include <array>

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
    const ws::DeflateOptions& options) const {
  std::call_once(compressed_once_, [&] {
    const auto deflated = DeflateAlone(bytes(), options, kWindowBits);
    if (!deflated) return;
    std::array<std::byte, kMaxFrameHeaderBytes> header;
    const std::size_t size = WriteFrameHeader(
        header, static_cast<Opcode>(type_), deflated->size(), true, nullptr);
    compressed_ = Payload(std::span(header).first(size), *deflated);
  });
  return compressed_;
}

}  // namespace eddy::internal

namespace eddy::ws {

PreparedMessage::PreparedMessage(MessageType type,
                                 std::span<const std::byte> bytes)
    : frame_(std::make_shared<internal::PreparedFrame>(type, bytes)) {}

MessageType PreparedMessage::type() const noexcept { return frame_->type(); }

std::span<const std::byte> PreparedMessage::bytes() const noexcept {
  return frame_->bytes();
}

}  // namespace eddy::ws
