// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Compression: how a session compresses and inflates.

#ifndef EDDY_WS_COMPRESSION_H_
#define EDDY_WS_COMPRESSION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "eddy/ws/options.h"
#include "ws/deflate_agreement.h"
#include "ws/deflater.h"
#include "ws/inflater.h"

namespace eddy::internal {

// Compression: what was agreed on, and the contexts that are this session's
// own. A context that is not kept from message to message is the thread's,
// shared by all of its sessions.
//
// Ownership: its session's. Thread: the loop's.
class Compression {
 public:
  Compression(const DeflateAgreement& agreement, bool is_client,
              const ws::DeflateOptions& options) noexcept;

  // The message compressed, until the next call on this thread; none: it is not
  // worth it, or there is no memory.
  std::optional<std::span<const std::byte>> Deflate(
      std::span<const std::byte> bytes);
  // A message was sent compressed that Deflate knows nothing of.
  void OnForeignMessage() noexcept;
  // Whether the peer understands what was compressed with `window_bits`.
  bool MaySend(int window_bits) const noexcept {
    return window_bits <= send_bits_;
  }

  // For what the peer sends; nullptr: there is no memory for it.
  Inflater* inflater();
  bool peer_keeps_context() const noexcept { return peer_keeps_context_; }

 private:
  Deflater* deflater();

  const ws::DeflateOptions& options_;
  std::unique_ptr<Deflater> own_deflater_;
  std::unique_ptr<Inflater> own_inflater_;
  int send_bits_;
  int receive_bits_;
  bool keeps_context_;
  bool peer_keeps_context_;
};

// PreparedFrame's: `bytes` compressed without a context, by the thread's
// deflater. Until the next call on this thread; none: as Compression::Deflate.
std::optional<std::span<const std::byte>> DeflateAlone(
    std::span<const std::byte> bytes, const ws::DeflateOptions& options,
    int window_bits);

}  // namespace eddy::internal

#endif  // EDDY_WS_COMPRESSION_H_
