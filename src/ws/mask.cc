// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Mask: XOR by the word, and where keys come from.

#include "ws/mask.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace eddy::internal {
namespace {

// Eight bytes of mask of which the first is for the `phase`-th byte of a frame.
// As all of it is done in memory order, byte order does not matter.
std::uint64_t WordOfKey(MaskKey key, std::size_t phase) noexcept {
  std::rotate(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(phase % 4),
              key.end());
  std::uint32_t half;
  std::memcpy(&half, key.data(), sizeof(half));
  return std::uint64_t{half} << 32 | half;
}

template <typename Word>
inline void MaskWord(std::byte* target, const std::byte* source,
                     std::uint64_t mask) noexcept {
  Word word;
  std::memcpy(&word, source, sizeof(word));
  word = static_cast<Word>(word ^ static_cast<Word>(mask));
  std::memcpy(target, &word, sizeof(word));
}

// `target` is `source`, or does not overlap it. Every step but the last ones
// is of a multiple of four bytes, so that the mask never turns.
inline void MaskRun(std::byte* target, const std::byte* source,
                    std::size_t size, std::uint64_t mask) noexcept {
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32) {  // one that compilers make vectors of
    std::uint64_t words[4];
    std::memcpy(words, source + i, sizeof(words));
    for (std::uint64_t& word : words) word ^= mask;
    std::memcpy(target + i, words, sizeof(words));
  }
  for (; i + 8 <= size; i += 8) {
    MaskWord<std::uint64_t>(target + i, source + i, mask);
  }
  if ((size & 4) != 0) {
    MaskWord<std::uint32_t>(target + i, source + i, mask);
    i += 4;
  }
  std::byte key[4];
  std::memcpy(key, &mask, sizeof(key));
  for (std::size_t k = 0; i < size; ++i, ++k) target[i] = source[i] ^ key[k];
}

}  // namespace

void ApplyMask(std::span<std::byte> bytes, MaskKey key,
               std::size_t phase) noexcept {
  MaskRun(bytes.data(), bytes.data(), bytes.size(), WordOfKey(key, phase));
}

void CopyMasked(std::byte* target, std::span<const std::byte> source,
                MaskKey key, std::size_t phase) noexcept {
  MaskRun(target, source.data(), source.size(), WordOfKey(key, phase));
}

MaskSource& MaskSource::OfThread() noexcept {
  thread_local MaskSource source;
  return source;
}

MaskKey MaskSource::Next() {
  if (next_ == kKeys) Refill();
  return keys_[next_++];
}

void MaskSource::Refill() {
  static_assert(sizeof(keys_) == kKeys * sizeof(MaskKey));
  auto* bytes = reinterpret_cast<unsigned char*>(keys_.data());
  if (RAND_bytes(bytes, sizeof(keys_)) != 1) throw std::bad_alloc();
  next_ = 0;
}

}  // namespace eddy::internal
