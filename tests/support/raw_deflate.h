// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RawDeflate, RawInflate: permessage-deflate by zlib alone.

#ifndef EDDY_SUPPORT_RAW_DEFLATE_H_
#define EDDY_SUPPORT_RAW_DEFLATE_H_

#include <zlib.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eddy::test {

// What senders leave out at the end of each message (RFC 7692, 7.2.1).
inline constexpr std::string_view kDeflateTail("\x00\x00\xff\xff", 4);

// As zlib takes what it does not change.
inline Bytef* ZlibBytes(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

// RawDeflate: what a peer compresses with.
class RawDeflate {
 public:
  RawDeflate(int window_bits, bool keeps_context)
      : keeps_context_(keeps_context) {
    deflateInit2(&stream_, 6, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY);
  }
  RawDeflate(const RawDeflate&) = delete;
  RawDeflate& operator=(const RawDeflate&) = delete;
  ~RawDeflate() { deflateEnd(&stream_); }

  // What the frames of `message` carry.
  std::string operator()(std::string_view message) {
    if (!keeps_context_) deflateReset(&stream_);
    std::string result(message.size() + message.size() / 8 + 64, '\0');
    stream_.next_in = ZlibBytes(message);
    stream_.avail_in = static_cast<uInt>(message.size());
    stream_.next_out = ZlibBytes(result);
    stream_.avail_out = static_cast<uInt>(result.size());
    deflate(&stream_, Z_SYNC_FLUSH);
    result.resize(result.size() - stream_.avail_out);
    // zlib flushes but once: the header of an empty block is left to us.
    if (result.empty()) return std::string(1, '\0');
    result.resize(result.size() - kDeflateTail.size());
    return result;
  }

 private:
  const bool keeps_context_;
  z_stream stream_{};
};

// RawInflate: what a peer expands with that keeps no more than it must.
class RawInflate {
 public:
  RawInflate(int window_bits, bool keeps_context)
      : keeps_context_(keeps_context) {
    inflateInit2(&stream_, -window_bits);
  }
  RawInflate(const RawInflate&) = delete;
  RawInflate& operator=(const RawInflate&) = delete;
  ~RawInflate() { inflateEnd(&stream_); }

  // The message whose frames carry `bytes`; nothing if it can't be expanded.
  std::optional<std::string> operator()(std::string bytes) {
    if (!keeps_context_) inflateReset(&stream_);
    bytes += kDeflateTail;
    std::string result;
    stream_.next_in = ZlibBytes(bytes);
    stream_.avail_in = static_cast<uInt>(bytes.size());
    // So little at a time that what lies further back than the window is not
    // found in it.
    std::array<char, 64> some;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(some.data());
      stream_.avail_out = static_cast<uInt>(some.size());
      const int error = inflate(&stream_, Z_SYNC_FLUSH);
      if (error != Z_OK && error != Z_BUF_ERROR) return std::nullopt;
      result.append(some.data(), some.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    if (stream_.avail_in != 0) return std::nullopt;
    return result;
  }

 private:
  const bool keeps_context_;
  z_stream stream_{};
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_RAW_DEFLATE_H_
