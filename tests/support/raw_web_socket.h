// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RawWebSocket: a WebSocket peer that does what it is told, right or wrong.

#ifndef EDDY_SUPPORT_RAW_WEB_SOCKET_H_
#define EDDY_SUPPORT_RAW_WEB_SOCKET_H_

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "eddy/unique_fd.h"
#include "support/frames.h"
#include "support/socket_pair.h"

namespace eddy::test {

// RawFrame: one frame as it is on the wire.
struct RawFrame {
  unsigned first = 0;  // FIN, RSV and opcode
  bool is_masked = false;
  std::string payload;  // unmasked
  std::string mask;     // if it is masked

  unsigned opcode() const { return first & 0x0FU; }
  // Of a close.
  unsigned code() const {
    if (payload.size() < 2) return 0;
    return static_cast<unsigned char>(payload[0]) * 256U +
           static_cast<unsigned char>(payload[1]);
  }
};

inline constexpr std::string_view kUpgrade =
    "GET /chat?room=1 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";

// What a server answers to `key` (RFC 6455, 1.3).
inline std::string AcceptKey(std::string key) {
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  unsigned int size = 0;
  EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), 20);
  return {text.begin(), text.begin() + length};
}

// RawWebSocket: one connection.
class RawWebSocket {
 public:
  explicit RawWebSocket(UniqueFd fd) : fd_(std::move(fd)) {
    AwaitReady(fd_.get(), POLLOUT);
  }

  int fd() const { return fd_.get(); }
  UniqueFd Take() { return std::move(fd_); }

  bool Write(std::string_view bytes) { return WriteAll(fd_.get(), bytes); }

  // The head of what the peer sends, up to its empty line.
  std::string ReadHead() {
    std::size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore()) return std::exchange(input_, {});
    }
    std::string head = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    return head;
  }
  // Makes a client's handshake and returns the answer's head.
  std::string Upgrade(std::string_view more_headers = {}) {
    Write(std::string(kUpgrade) + std::string(more_headers) + "\r\n");
    return ReadHead();
  }
  bool UpgradesWell() { return Upgrade().starts_with("HTTP/1.1 101 "); }

  // The next frame; nothing once the stream has ended, or patience has.
  std::optional<RawFrame> ReadFrame() {
    for (;;) {
      if (auto frame = TakeFrame()) return frame;
      if (!ReadMore()) return std::nullopt;
    }
  }
  // The payload of the next frame, which is to be a text.
  std::string ReadText() {
    const auto frame = ReadFrame();
    if (!frame) return "(no frame)";
    return frame->first == (kFin | 1) ? frame->payload : "(another frame)";
  }
  // The code of the next frame, which is to be a close; 0 if it has none.
  int ReadClose() {
    const auto frame = ReadFrame();
    if (!frame || frame->first != (kFin | 8)) return -1;
    return static_cast<int>(frame->code());
  }
  // What comes until the stream is over.
  std::string ReadRest() {
    while (ReadMore()) {
    }
    return std::exchange(input_, {});
  }
  // Whether the peer ends the stream well; ends this side's, too.
  bool HasEndedWell() {
    while (ReadMore()) {
    }
    fd_.Reset();
    return stream_ == Stream::kEnded;
  }

 private:
  bool ReadMore() {
    if (stream_ != Stream::kOpen) return false;
    const std::size_t before = input_.size();
    if (!AwaitReady(fd_.get(), POLLIN)) return false;
    stream_ = ReadSome(fd_.get(), input_);
    return stream_ == Stream::kOpen || input_.size() > before;
  }

  std::optional<RawFrame> TakeFrame() {
    const auto at = [&](std::size_t i) {
      return static_cast<unsigned char>(input_[i]);
    };
    if (input_.size() < 2) return std::nullopt;
    std::size_t size = at(1) & 0x7FU;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    const bool is_masked = (at(1) & 0x80U) != 0;
    const std::size_t header = 2 + extra + (is_masked ? 4 : 0);
    if (input_.size() < header) return std::nullopt;
    if (extra != 0) size = 0;
    for (std::size_t i = 0; i < extra; ++i) size = size * 256 + at(2 + i);
    if (input_.size() < header + size) return std::nullopt;
    RawFrame frame{at(0), is_masked, input_.substr(header, size), {}};
    if (is_masked) frame.mask = input_.substr(header - 4, 4);
    for (std::size_t i = 0; is_masked && i < size; ++i) {
      frame.payload[i] =
          static_cast<char>(frame.payload[i] ^ frame.mask[i % 4]);
    }
    input_.erase(0, header + size);
    return frame;
  }

  UniqueFd fd_;
  std::string input_;
  Stream stream_ = Stream::kOpen;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_RAW_WEB_SOCKET_H_
