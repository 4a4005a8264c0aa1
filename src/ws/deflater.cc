// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Deflater: a raw stream that is flushed after each message.

#include "ws/deflater.h"

#include <algorithm>
#include <limits>
#include <new>

#include "base/check.h"

namespace eddy::internal {
namespace {

// What a flush ends with, and a message of permessage-deflate leaves out.
constexpr std::size_t kFlushTailBytes = 4;
// Output is that much larger at the least than what is free of it when zlib is
// called: with less room than six bytes it may write the tail twice.
constexpr std::size_t kMinRoomBytes = 64;
// More is given back after a message.
constexpr std::size_t kMaxKeptOutputBytes = std::size_t{64} << 10;

// Input of at most as much as zlib counts at once.
uInt ClampToUint(std::size_t size) noexcept {
  return static_cast<uInt>(
      std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

std::unique_ptr<Deflater> Deflater::Create(int window_bits, int level,
                                           int memory_level) noexcept {
  EDDY_DCHECK(window_bits >= 9 && window_bits <= 15,
              "a window of 9 to 15 bits");
  try {
    std::unique_ptr<Deflater> deflater(new Deflater());
    // Negative: a raw stream.
    const int error =
        deflateInit2(&deflater->stream_, level, Z_DEFLATED, -window_bits,
                     memory_level, Z_DEFAULT_STRATEGY);
    if (error == Z_MEM_ERROR) return nullptr;
    EDDY_CHECK(error == Z_OK, "a Deflater with parameters that can't be");
    deflater->is_open_ = true;
    return deflater;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

Deflater::~Deflater() {
  if (is_open_) deflateEnd(&stream_);
}

bool Deflater::Deflate(std::span<const std::byte> bytes, bool keeps_context,
                       std::span<const std::byte>& out) noexcept {
  if (bytes.empty()) {
    // zlib writes nothing when it flushes twice in a row. This is the begin of
    // an empty block, and no context matters to it (RFC 7692, 7.2.3.6).
    static constexpr std::byte kEmptyMessage[] = {std::byte{0}};
    out = kEmptyMessage;
    return true;
  }
  output_.Clear();
  is_fresh_ = false;
  const bool is_done = TakeIn(bytes);
  if (!is_done || !keeps_context) Reset();
  if (!is_done) {
    Release();
    return false;
  }
  out = output_.bytes().first(output_.size() - kFlushTailBytes);
  return true;
}

// Compresses `bytes` to the output, and flushes. False: it could not.
bool Deflater::TakeIn(std::span<const std::byte> bytes) noexcept try {
  while (!bytes.empty()) {
    const uInt count = ClampToUint(bytes.size());
    const bool is_last = count == bytes.size();
    // zlib does not write to its input; its declaration dates from before
    // const.
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = count;
    do {
      // Most messages become smaller: then this is all they need.
      const std::size_t expected = stream_.avail_in / 2 + kMinRoomBytes;
      if (output_.room().size() < kMinRoomBytes) {
        output_.Reserve(
            std::max(output_.size() + expected, output_.capacity() / 2 * 3));
      }
      const std::span<std::byte> room = output_.room();
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = ClampToUint(room.size());
      const uInt offered = stream_.avail_out;
      const int error = deflate(&stream_, is_last ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      output_.Advance(offered - stream_.avail_out);
      if (error != Z_OK && error != Z_BUF_ERROR) return false;
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    bytes = bytes.subspan(count);
  }
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void Deflater::Reset() noexcept {
  if (is_fresh_) return;
  deflateReset(&stream_);
  is_fresh_ = true;
}

void Deflater::Release() noexcept {
  if (output_.capacity() > kMaxKeptOutputBytes) output_.Free();
}

}  // namespace eddy::internal
