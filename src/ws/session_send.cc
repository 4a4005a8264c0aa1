// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionCore: sending.

#include <algorithm>
#include <array>
#include <new>

#include "net/stream_connection.h"
#include "ws/mask.h"
#include "ws/prepared_frame.h"
#include "ws/session_core.h"
#include "ws/utf8_validator.h"

namespace eddy::internal {
namespace {

// Up to here a frame is put together before it is sent.
constexpr std::size_t kSmallBytes = 1024;
// What is masked at a time.
constexpr std::size_t kMaskBytes = std::size_t{16} << 10;

Opcode OpcodeOf(ws::MessageType type) noexcept {
  return static_cast<Opcode>(type);
}

// The longest part of `text` that is no longer than `size` and does not end
// inside a character.
std::string_view CutText(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && continues(size)) --size;
  return text.substr(0, size);
}

}  // namespace

Status SessionCore::WithMemory(auto&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return stream().Refuse(Error::kNoMemory);
  }
}

Status SessionCore::DoSend(ws::MessageType type,
                           std::span<const std::byte> bytes) {
  if (!is_open()) return Error::kClosed;
  if (compression_ == nullptr) return SendFrame(OpcodeOf(type), bytes);
  const auto compressed = compression_->Deflate(bytes);
  if (!compressed) return SendFrame(OpcodeOf(type), bytes);
  Status status = SendFrame(OpcodeOf(type), *compressed, true);
  compression_->ReleaseOutput();
  return status;
}

Status SessionCore::DoSend(const PreparedFrame& message) {
  if (!is_open()) return Error::kClosed;
  return WithMemory([&] { return SendPrepared(message); });
}

Status SessionCore::SendPrepared(const PreparedFrame& message) {
  if (is_client_) return DoSend(message.type(), message.bytes());
  if (compression_ == nullptr) return connection_.Send(message.plain());
  const Payload& compressed = message.Compressed(compression_->send_bits(),
                                                 *endpoint_.options().deflate);
  if (compressed.empty()) return connection_.Send(message.plain());
  compression_->OnForeignMessage();
  return connection_.Send(compressed);
}

// Not one that the context knows nothing of: this one is for nobody else.
Status SessionCore::DoSendOnce(const PreparedFrame& message) {
  return compression_ == nullptr ? DoSend(message)
                                 : DoSend(message.type(), message.bytes());
}

Status SessionCore::DoPing(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxControlBytes) {
    return Status(Error::kInvalidArgument, "a ping of more than 125 bytes");
  }
  if (!is_open()) return Error::kClosed;
  return SendFrame(Opcode::kPing, bytes);
}

Status SessionCore::SendFrame(Opcode opcode, std::span<const std::byte> bytes,
                              bool is_compressed) {
  if (is_client_) {
    return WithMemory([&] { return SendMasked(opcode, bytes, is_compressed); });
  }
  std::array<std::byte, kMaxFrameHeaderBytes + kSmallBytes> frame;
  const std::size_t header_size =
      WriteFrameHeader(std::span(frame).first<kMaxFrameHeaderBytes>(), opcode,
                       bytes.size(), is_compressed, nullptr);
  const auto header = std::span(frame).first(header_size);
  if (bytes.size() > kSmallBytes) return stream().DoSend(header, bytes);
  std::copy(bytes.begin(), bytes.end(), frame.begin() + std::ssize(header));
  return connection_.Send(std::span(frame).first(header_size + bytes.size()));
}

Status SessionCore::SendMasked(Opcode opcode, std::span<const std::byte> bytes,
                               bool is_compressed) {
  std::array<std::byte, kMaxFrameHeaderBytes + kMaskBytes> frame;
  const MaskKey key = MaskSource::OfThread().Next();
  std::size_t used =
      WriteFrameHeader(std::span(frame).first<kMaxFrameHeaderBytes>(), opcode,
                       bytes.size(), is_compressed, &key);
  // A multiple of the key's length each but for the last, so that the key
  // begins anew with each.
  static_assert(kMaskBytes % std::tuple_size_v<MaskKey> == 0);
  do {
    const auto part = bytes.first(std::min(bytes.size(), kMaskBytes));
    CopyMasked(frame.data() + used, part, key);
    Status status =
        connection_.Send(std::span(frame).first(used + part.size()));
    if (!status.ok()) return status;
    bytes = bytes.subspan(part.size());
    used = 0;
  } while (!bytes.empty());
  return {};
}

// ---- Closing ----------------------------------------------------------------

Status SessionCore::SendClose(ws::CloseCode code, std::string_view reason) {
  if (!ws::MayBeSent(code)) return SendFrame(Opcode::kClose, {});
  std::array<std::byte, kMaxControlBytes> body;
  const auto value = static_cast<std::uint16_t>(code);
  body[0] = static_cast<std::byte>(value >> 8U);
  body[1] = static_cast<std::byte>(value & 0xFFU);
  const auto text = AsBytes(CutText(reason, kMaxControlBytes - 2));
  std::copy(text.begin(), text.end(), body.begin() + 2);
  return SendFrame(Opcode::kClose, std::span(body).first(2 + text.size()));
}

Status SessionCore::CheckClose(ws::CloseCode code, std::string_view reason) {
  if (!ws::MayBeSent(code)) {
    return Status(Error::kInvalidArgument,
                  "a close code that must not be sent");
  }
  if (!IsUtf8(AsBytes(reason))) {
    return Status(Error::kInvalidArgument, "a close reason that is not UTF-8");
  }
  return {};
}

Status SessionCore::DoClose(ws::CloseCode code, std::string_view reason) {
  Status status = CheckClose(code, reason);
  if (!status.ok()) return status;
  stream().NoteOwnEnd();
  if (!is_open()) return {};
  SendClose(code, reason);
  state_ = State::kClosing;
  // The peer's answer must be heard.
  connection_.ResumeReading();
  StopTimer();
  SetTimer(endpoint_.options().close_timeout);
  return {};
}

void SessionCore::DoAbort() {
  state_ = State::kEnded;
  StopTimer();
  connection_.Abort();
}

}  // namespace eddy::internal
