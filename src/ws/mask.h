// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Mask: the XOR that hides what clients send (RFC 6455, 5.3).

#ifndef EDDY_WS_MASK_H_
#define EDDY_WS_MASK_H_

#include <array>
#include <cstddef>
#include <span>

namespace eddy::internal {

using MaskKey = std::array<std::byte, 4>;

// Masks or unmasks `bytes`, of which the first is the `phase`-th of its frame.
void ApplyMask(std::span<std::byte> bytes, MaskKey key,
               std::size_t phase = 0) noexcept;

// The same into `target`, which does not overlap `source`.
void CopyMasked(std::byte* target, std::span<const std::byte> source,
                MaskKey key, std::size_t phase = 0) noexcept;

// MaskSource: keys that nobody can foretell (RFC 6455, 10.3).
//
// Thread: external; each thread has one of its own.
class MaskSource {
 public:
  static MaskSource& OfThread() noexcept;

  // Most calls only read memory. Throws std::bad_alloc when libcrypto can't
  // give more, which happens only for want of memory.
  MaskKey Next();

 private:
  static constexpr std::size_t kKeys = 256;

  void Refill();

  std::array<MaskKey, kKeys> keys_{};
  std::size_t next_ = kKeys;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_MASK_H_
