// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Compression: how a session compresses and inflates.

#include "ws/compression.h"

#include <array>

#include "ws/deflate_window.h"

namespace eddy::internal {
namespace {

// SharedContexts: those of a thread, for all sessions that keep none.
struct SharedContexts {
  static SharedContexts& OfThread() noexcept {
    static thread_local SharedContexts contexts;
    return contexts;
  }

  // nullptr: there is no memory for it. Servers of one thread whose options
  // differ make them anew at each turn.
  Deflater* DeflaterFor(int window_bits, const ws::DeflateOptions& options) {
    if (level != options.level || memory_level != options.memory_level) {
      level = options.level;
      memory_level = options.memory_level;
      for (auto& deflater : deflaters) deflater.reset();
    }
    auto& found = deflaters[IndexOfWindow(window_bits)];
    if (found == nullptr) {
      found = Deflater::Create(window_bits, level, memory_level);
    }
    return found.get();
  }

  Inflater* InflaterForAll() {
    if (inflater == nullptr) inflater = Inflater::Create(kMaxWindowBits);
    return inflater.get();
  }

  std::array<std::unique_ptr<Deflater>, kWindowCount> deflaters;  // by window
  std::unique_ptr<Inflater> inflater;
  int level = 0;
  int memory_level = 0;
};

}  // namespace

Compression::Compression(const DeflateAgreement& agreement, bool is_client,
                         const ws::DeflateOptions& options) noexcept
    : options_(options),
      send_bits_(is_client ? agreement.client_window_bits
                           : agreement.server_window_bits),
      receive_bits_(is_client ? agreement.server_window_bits
                              : agreement.client_window_bits),
      keeps_context_(is_client ? agreement.client_keeps_context
                               : agreement.server_keeps_context),
      peer_keeps_context_(is_client ? agreement.server_keeps_context
                                    : agreement.client_keeps_context) {}

Deflater* Compression::deflater() {
  if (!keeps_context_) {
    return SharedContexts::OfThread().DeflaterFor(send_bits_, options_);
  }
  if (own_deflater_ == nullptr) {
    own_deflater_ =
        Deflater::Create(send_bits_, options_.level, options_.memory_level);
  }
  return own_deflater_.get();
}

Inflater* Compression::inflater() {
  if (!peer_keeps_context_) {
    return SharedContexts::OfThread().InflaterForAll();
  }
  if (own_inflater_ == nullptr) {
    own_inflater_ = Inflater::Create(receive_bits_);
  }
  return own_inflater_.get();
}

std::optional<std::span<const std::byte>> Compression::Deflate(
    std::span<const std::byte> bytes) {
  // zlib has no deflater of 8 bits; nobody has to compress.
  if (bytes.size() < options_.min_bytes || send_bits_ < kMinWindowBits) {
    return std::nullopt;
  }
  Deflater* const used = deflater();
  std::span<const std::byte> compressed;
  if (used == nullptr || !used->Deflate(bytes, keeps_context_, compressed)) {
    return std::nullopt;
  }
  // What a context remembers the peer has to be sent.
  if (keeps_context_ || compressed.size() < bytes.size()) return compressed;
  used->Release();
  return std::nullopt;
}

void Compression::OnForeignMessage() noexcept {
  if (own_deflater_ != nullptr) own_deflater_->Reset();
}

void Compression::ReleaseOutput() noexcept {
  if (Deflater* const used = deflater()) used->Release();
}

std::size_t Compression::output_capacity() {
  const Deflater* const used = deflater();
  return used == nullptr ? 0 : used->capacity();
}

Payload MakeCompressedFrame(Opcode opcode, std::span<const std::byte> bytes,
                            int window_bits,
                            const ws::DeflateOptions& options) {
  if (bytes.size() < options.min_bytes) return {};
  Deflater* const used =
      SharedContexts::OfThread().DeflaterFor(window_bits, options);
  std::span<const std::byte> body;
  if (used == nullptr || !used->Deflate(bytes, false, body)) return {};
  Payload frame;
  if (body.size() < bytes.size()) {
    std::array<std::byte, kMaxFrameHeaderBytes> header;
    const std::size_t size =
        WriteFrameHeader(header, opcode, body.size(), true, nullptr);
    frame = Payload(std::span(header).first(size), body);
  }
  used->Release();
  return frame;
}

}  // namespace eddy::internal
