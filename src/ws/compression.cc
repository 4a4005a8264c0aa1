// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Compression: how a session compresses and inflates.

#include "ws/compression.h"

namespace eddy::internal {
namespace {

constexpr int kMaxWindowBits = 15;

// SharedContexts: those of a thread, for all sessions that keep none.
struct SharedContexts {
  static SharedContexts& OfThread() noexcept {
    static thread_local SharedContexts contexts;
    return contexts;
  }

  // nullptr: there is no memory for it. Servers of one thread that differ in
  // their options make it anew at each turn.
  Deflater* DeflaterFor(int window_bits, const ws::DeflateOptions& options) {
    if (deflater == nullptr || bits != window_bits || level != options.level ||
        memory_level != options.memory_level) {
      bits = window_bits;
      level = options.level;
      memory_level = options.memory_level;
      deflater = Deflater::Create(bits, level, memory_level);
    }
    return deflater.get();
  }

  Inflater* InflaterForAll() {
    if (inflater == nullptr) inflater = Inflater::Create(kMaxWindowBits);
    return inflater.get();
  }

  std::unique_ptr<Deflater> deflater;
  std::unique_ptr<Inflater> inflater;
  int bits = 0;
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
  if (bytes.size() < options_.min_bytes) return std::nullopt;
  Deflater* const used = deflater();
  std::span<const std::byte> compressed;
  if (used == nullptr || !used->Deflate(bytes, keeps_context_, compressed)) {
    return std::nullopt;
  }
  // What a context remembers the peer has to be sent.
  if (!keeps_context_ && compressed.size() >= bytes.size()) return std::nullopt;
  return compressed;
}

void Compression::OnForeignMessage() noexcept {
  if (own_deflater_ != nullptr) own_deflater_->Reset();
}

std::optional<std::span<const std::byte>> DeflateAlone(
    std::span<const std::byte> bytes, const ws::DeflateOptions& options,
    int window_bits) {
  if (bytes.size() < options.min_bytes) return std::nullopt;
  Deflater* const used =
      SharedContexts::OfThread().DeflaterFor(window_bits, options);
  std::span<const std::byte> compressed;
  if (used == nullptr || !used->Deflate(bytes, false, compressed) ||
      compressed.size() >= bytes.size()) {
    return std::nullopt;
  }
  return compressed;
}

}  // namespace eddy::internal
