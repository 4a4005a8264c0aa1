// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReceiveBuffers: memory that a ring receives into.

#ifndef EDDY_POLL_RECEIVE_BUFFERS_H_
#define EDDY_POLL_RECEIVE_BUFFERS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "eddy/status.h"
#include "poll/ring.h"

namespace eddy::internal {

// ReceiveBuffers: blocks of one size, of which the kernel takes one for each
// receive completion (a provided buffer ring).
//
// Ownership: its poller's. It outlives the ring, into whose use it goes, and no
//   receive is under way when the ring ends.
// Thread: the ring's.
class ReceiveBuffers {
 public:
  static constexpr std::uint16_t kGroup = 0;
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
  static constexpr std::uint16_t kCount = 64;  // a power of two

  // kUnsupported if the kernel takes no buffer rings. Throws std::bad_alloc.
  static Result<std::unique_ptr<ReceiveBuffers>> Create(Ring& ring);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;
  ~ReceiveBuffers();

  // Which block a completion names. REQUIRES: IORING_CQE_F_BUFFER is set.
  static std::uint16_t IdOf(const Ring::Completion& completion) noexcept {
    return static_cast<std::uint16_t>(completion.flags >>
                                      IORING_CQE_BUFFER_SHIFT);
  }
  // The first `size` bytes of the block `id`, which a completion names.
  std::span<const std::byte> Get(std::uint16_t id,
                                 std::size_t size) const noexcept {
    return {blocks_ + id * kBlockBytes, size};
  }
  // Gives it back to the kernel.
  void Return(std::uint16_t id) noexcept;

 private:
  ReceiveBuffers() = default;

  // One mapping: the entries that are shared with the kernel, then the blocks.
  void* mapping_ = nullptr;
  io_uring_buf_ring* entries_ = nullptr;
  std::byte* blocks_ = nullptr;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_RECEIVE_BUFFERS_H_
