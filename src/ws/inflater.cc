// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Inflater: a raw stream that goes on from message to message.

#include "ws/inflater.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "base/check.h"

namespace eddy::internal {
namespace {

// What senders leave out at the end of each message.
constexpr std::array<std::byte, 4> kLeftOutTail = {
    std::byte{0x00}, std::byte{0x00}, std::byte{0xFF}, std::byte{0xFF}};
// From here on the ratio counts; and more is given back after a message.
constexpr std::size_t kHarmlessBytes = std::size_t{64} << 10;
constexpr std::size_t kFirstInflatedBytes = 1024;
// Set in data_type after a block's last byte, in front of the next one.
constexpr int kBetweenBlocks = 128;

std::size_t MostOutput(std::size_t size, std::size_t max_bytes,
                       std::size_t max_ratio) noexcept {
  std::size_t most = std::numeric_limits<std::size_t>::max();
  if (max_ratio != 0 && size <= most / max_ratio) {
    most = std::max(kHarmlessBytes, size * max_ratio);
  }
  return std::min(most, max_bytes);
}

}  // namespace

std::unique_ptr<Inflater> Inflater::Create(int window_bits) noexcept {
  EDDY_DCHECK(window_bits >= 9 && window_bits <= 15,
              "a window of 9 to 15 bits");
  return std::unique_ptr<Inflater>(new (std::nothrow) Inflater(window_bits));
}

bool Inflater::Open() noexcept {
  // Negative: a raw stream.
  const int error = inflateInit2(&stream_, -window_bits_);
  if (error == Z_MEM_ERROR) return false;
  EDDY_CHECK(error == Z_OK, "an Inflater with parameters that can't be");
  is_open_ = true;
  return true;
}

Inflater::~Inflater() {
  if (is_open_) inflateEnd(&stream_);
}

Inflater::Outcome Inflater::Inflate(std::span<const std::byte> bytes,
                                    bool keeps_context, std::size_t max_bytes,
                                    std::size_t max_ratio,
                                    std::span<const std::byte>& out) noexcept {
  output_.Clear();
  out = {};
  // Some senders make nothing of an empty message, where the standard wants a
  // byte. With the tail alone it would not be a block.
  if (bytes.empty()) return Outcome::kDone;
  if (!is_open_ && !Open()) return Outcome::kNoMemory;
  Outcome outcome = Outcome::kDone;
  try {
    outcome = Expand(bytes, MostOutput(bytes.size(), max_bytes, max_ratio));
  } catch (const std::bad_alloc&) {
    outcome = Outcome::kNoMemory;
  }
  if (outcome != Outcome::kDone || !keeps_context) inflateReset(&stream_);
  if (outcome == Outcome::kDone) {
    out = output_.bytes();
  } else {
    output_.Clear();
    Release();
  }
  return outcome;
}

// Inflates `bytes` and the tail. Throws std::bad_alloc.
Inflater::Outcome Inflater::Expand(std::span<const std::byte> bytes,
                                   std::size_t max_bytes) {
  has_ended_ = false;
  Outcome outcome = Feed(bytes, max_bytes);
  if (outcome != Outcome::kDone) return outcome;
  // A final block needs no tail, though a sender should have let an empty one
  // follow (RFC 7692, 7.2.3.4).
  if (has_ended_) return Outcome::kDone;
  const std::size_t size = output_.size();
  outcome = Feed(kLeftOutTail, max_bytes);
  if (outcome != Outcome::kDone) return outcome;
  // The tail must have been the end of an empty block. If it was taken for
  // content, or for the middle of anything, the message was cut off.
  const bool is_whole = has_ended_ || (stream_.data_type & kBetweenBlocks) != 0;
  return is_whole && output_.size() == size ? Outcome::kDone : Outcome::kBad;
}

// Inflates all of `bytes`, which may end anywhere. Throws std::bad_alloc.
Inflater::Outcome Inflater::Feed(std::span<const std::byte> bytes,
                                 std::size_t max_bytes) {
  // So that one byte too many shows.
  const std::size_t max_capacity = max_bytes + (max_bytes + 1 != 0 ? 1 : 0);
  do {
    const uInt count = static_cast<uInt>(
        std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
    // zlib does not write to its input; its declaration dates from before
    // const.
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = count;
    do {
      if (output_.room().empty()) {
        const std::size_t wanted =
            std::max({kFirstInflatedBytes, output_.capacity() * 2,
                      std::min<std::size_t>(count, kHarmlessBytes) * 2});
        output_.Reserve(std::min(wanted, max_capacity));
      }
      const std::size_t room =
          std::min({output_.room().size(), max_capacity - output_.size(),
                    std::size_t{std::numeric_limits<uInt>::max()}});
      stream_.next_out = reinterpret_cast<Bytef*>(output_.room().data());
      stream_.avail_out = static_cast<uInt>(room);
      const int error = inflate(&stream_, Z_SYNC_FLUSH);
      output_.Advance(room - stream_.avail_out);
      if (output_.size() > max_bytes) return Outcome::kTooBig;
      if (error == Z_MEM_ERROR) return Outcome::kNoMemory;
      has_ended_ = error == Z_STREAM_END;
      if (has_ended_) {
        // What follows a final block is another stream, to zlib; not to the
        // sender, who may refer to what came before it.
        inflateResetKeep(&stream_);
      } else if (error != Z_OK && error != Z_BUF_ERROR) {
        return Outcome::kBad;
      }
      // Full output may mean that there is more of it.
    } while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !has_ended_));
    bytes = bytes.subspan(count);
  } while (!bytes.empty());
  return Outcome::kDone;
}

void Inflater::Release() noexcept {
  if (output_.capacity() > kHarmlessBytes) output_.Free();
}

}  // namespace eddy::internal
