// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// XorFilter: a StreamFilter with all that TLS does, but for the secrecy.

#ifndef EDDY_SUPPORT_XOR_FILTER_H_
#define EDDY_SUPPORT_XOR_FILTER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "eddy/bytes.h"
#include "eddy/ring_buffer.h"
#include "eddy/status.h"
#include "net/stream_filter.h"

namespace eddy::test {

// A record: its kind, the length of its body in two bytes, the body with every
// byte turned over.
enum class Record : char {
  kHello = 'h',   // both sides send one, the client first
  kFinish = 'f',  // the client's answer, which ends the handshake
  kData = 'd',
  kClose = 'c',
  kAlert = 'a',
};

inline std::string XorRecord(Record kind, std::string_view body = {}) {
  std::string text;
  text += static_cast<char>(kind);
  text += static_cast<char>(body.size() >> 8);
  text += static_cast<char>(body.size());
  for (const char c : body) text += static_cast<char>(~c);
  return text;
}

// `text` as data records of at most `most` bytes.
inline std::string XorData(std::string_view text, std::size_t most = 16000) {
  std::string wire;
  while (!text.empty()) {
    const std::size_t n = std::min(text.size(), most);
    wire += XorRecord(Record::kData, text.substr(0, n));
    text.remove_prefix(n);
  }
  return wire;
}

inline std::string XorHandshake() {
  return XorRecord(Record::kHello) + XorRecord(Record::kFinish);
}

// Takes the first record off `wire`. False if it is incomplete.
inline bool TakeRecord(std::string& wire, Record& kind, std::string& body) {
  if (wire.size() < 3) return false;
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(wire[i]));
  };
  const std::size_t size = at(1) << 8 | at(2);
  if (wire.size() < 3 + size) return false;
  kind = static_cast<Record>(wire[0]);
  body = wire.substr(3, size);
  for (char& c : body) c = static_cast<char>(~c);
  wire.erase(0, 3 + size);
  return true;
}

// What a client read, record by record.
struct XorTranscript {
  explicit XorTranscript(std::string wire) {
    Record kind{};
    std::string body;
    while (TakeRecord(wire, kind, body)) {
      kinds += static_cast<char>(kind);
      if (kind == Record::kData) data += body;
    }
    rest = wire;
  }
  std::string kinds;
  std::string data;
  std::string rest;  // an incomplete record
};

// XorFilter: the server's side.
class XorFilter final : public internal::StreamFilter {
 public:
  Status Start(RingBuffer&) override { return {}; }
  bool is_ready() const noexcept override { return is_ready_; }
  bool has_ended() const noexcept override { return has_ended_; }

  Status Decode(std::span<const std::byte> received, RingBuffer& plain,
                RingBuffer& wire) override {
    received_ += AsText(received);
    Record kind{};
    std::string body;
    while (TakeRecord(received_, kind, body)) {
      if (!Take(kind, body, plain, wire)) {
        wire.Append(XorRecord(Record::kAlert));
        return Status(Error::kProtocol, "a bad record");
      }
    }
    return {};
  }
  Status OnWireEnd() override {
    if (has_ended_) return {};
    return Status(Error::kProtocol, "the stream was cut");
  }
  Status Encode(std::span<const std::byte> bytes, RingBuffer& wire) override {
    wire.Append(XorData(AsText(bytes)));
    return {};
  }
  void Finish(RingBuffer& wire) override {
    wire.Append(XorRecord(Record::kClose));
  }

 private:
  bool Take(Record kind, std::string_view body, RingBuffer& plain,
            RingBuffer& wire) {
    switch (kind) {
      case Record::kHello:
        if (has_hello_) return false;
        has_hello_ = true;
        wire.Append(XorRecord(Record::kHello));
        return true;
      case Record::kFinish:
        if (!has_hello_ || is_ready_) return false;
        is_ready_ = true;
        return true;
      case Record::kData:
        if (!is_ready_ || has_ended_) return false;
        plain.Append(body);
        return true;
      case Record::kClose:
        has_ended_ = true;
        return is_ready_;
      case Record::kAlert:
        break;
    }
    return false;
  }

  std::string received_;
  bool has_hello_ = false;
  bool is_ready_ = false;
  bool has_ended_ = false;
};

class XorFilterFactory final : public internal::StreamFilterFactory {
 public:
  std::unique_ptr<internal::StreamFilter> Create() override {
    return std::make_unique<XorFilter>();
  }
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_XOR_FILTER_H_
