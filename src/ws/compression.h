// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Compression: how a session compresses and inflates.

#ifndef EDDY_WS_COMPRESSION_H_
#define EDDY_WS_COMPRESSION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "eddy/payload.h"
#include "eddy/ws/options.h"
#include "ws/deflate_agreement.h"
#include "ws/deflater.h"
#include "ws/frame.h"
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
  // What Deflate returned is no longer needed.
  void ReleaseOutput() noexcept;
  // The memory that is held for what Deflate returns.
  std::size_t output_capacity();
  // A message was sent compressed that Deflate knows nothing of.
  void OnForeignMessage() noexcept;
  // The window that the peer has for what is sent.
  int send_bits() const noexcept { return send_bits_; }

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

// A server's frame of `bytes` compressed without a context; empty: it is not
// worth it, or there is no memory to compress. Throws std::bad_alloc.
Payload MakeCompressedFrame(Opcode opcode, std::span<const std::byte> bytes,
                            int window_bits, const ws::DeflateOptions& options);

}  // namespace eddy::internal

#endif  // EDDY_WS_COMPRESSION_H_
