// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Codec: where one frame ends in a stream of bytes.

#ifndef EDDY_CODEC_H_
#define EDDY_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "eddy/bytes.h"
#include "eddy/export.h"
#include "eddy/ring_buffer.h"
#include "eddy/status.h"

namespace eddy {

// FrameBounds: what a codec found at the front of the input.
//
// Complete: the frame's bytes are [offset, offset + size) of the input, and
// `consumed` bytes (>= offset + size) are done with. Incomplete: consumed == 0.
struct FrameBounds {
  std::size_t offset = 0;
  std::size_t size = 0;
  std::size_t consumed = 0;

  bool complete() const noexcept { return consumed != 0; }
};

// FrameCursor: how far the input has been searched in vain, so that a frame
// that comes in many pieces is searched once. One for each connection, reset
// after each frame.
struct FrameCursor {
  std::size_t searched = 0;
};

// Codec: finds frames in input and wraps frames for output.
//
// Thread: any; a codec keeps no state of a connection and is shared by all.
class EDDY_EXPORT Codec {
 public:
  virtual ~Codec();

  // Looks for one frame at the front of `input`, which it leaves as it is.
  // Returns kProtocol, with the reason in its message, for bytes that no frame
  // can begin with, and for a frame that is larger than the codec's limit (as
  // soon as that is known, not when the bytes are there).
  virtual Result<FrameBounds> Decode(const RingBuffer& input,
                                     FrameCursor& cursor) const = 0;

  // Appends `frame`, wrapped, to `output`. Returns kInvalidArgument, with
  // nothing appended, for a frame that the format can't carry or that is larger
  // than the codec's limit.
  virtual Status Encode(std::span<const std::byte> frame,
                        RingBuffer& output) const = 0;
};

// FixedLengthCodec: every frame is `frame_bytes` long.
class EDDY_EXPORT FixedLengthCodec final : public Codec {
 public:
  // REQUIRES: frame_bytes > 0.
  explicit FixedLengthCodec(std::size_t frame_bytes);
  Result<FrameBounds> Decode(const RingBuffer& input,
                             FrameCursor& cursor) const override;
  Status Encode(std::span<const std::byte> frame,
                RingBuffer& output) const override;

 private:
  std::size_t frame_bytes_;
};

// DelimiterCodec: a frame ends where `delimiter` begins; it may be empty.
class EDDY_EXPORT DelimiterCodec final : public Codec {
 public:
  // REQUIRES: `delimiter` is not empty.
  explicit DelimiterCodec(std::string_view delimiter,
                          std::size_t max_frame_bytes = std::size_t{64} << 10);
  Result<FrameBounds> Decode(const RingBuffer& input,
                             FrameCursor& cursor) const override;
  // kInvalidArgument also for a frame that contains the delimiter.
  Status Encode(std::span<const std::byte> frame,
                RingBuffer& output) const override;

 private:
  std::string delimiter_;
  std::size_t max_frame_bytes_;
};

// LineCodec: text lines, ended by LF or CR LF, which are not part of the frame.
// Encode ends a line with LF.
class EDDY_EXPORT LineCodec final : public Codec {
 public:
  explicit LineCodec(std::size_t max_frame_bytes = std::size_t{64} << 10);
  Result<FrameBounds> Decode(const RingBuffer& input,
                             FrameCursor& cursor) const override;
  Status Encode(std::span<const std::byte> frame,
                RingBuffer& output) const override;

 private:
  std::size_t max_frame_bytes_;
};

enum class Endian : std::uint8_t { kBig, kLittle };

// LengthFieldOptions: where a frame's length stands and what it counts.
//
// A packet is `offset` bytes, the length field, then the rest. The field's
// value plus `adjustment` is how many bytes come after the field. The frame is
// the packet without its first `strip` bytes.
struct LengthFieldOptions {
  std::size_t width = 4;  // of the length field: 1, 2, 3, 4 or 8 bytes
  Endian endian = Endian::kBig;
  std::size_t offset = 0;       // bytes before the length field
  std::int64_t adjustment = 0;  // -width if the field counts itself, ...
  std::size_t strip = 4;        // usually offset + width; 0 keeps the header
  std::size_t max_frame_bytes = std::size_t{1} << 20;  // of the whole packet
};

// LengthFieldCodec: packets that carry their length in a header.
//
// Encode writes the header itself when strip == offset + width and offset == 0;
// otherwise the caller gives whole headers: with strip == 0 the frame's own
// length field is overwritten with the right value. Other shapes can't be
// encoded: kInvalidArgument.
class EDDY_EXPORT LengthFieldCodec final : public Codec {
 public:
  // REQUIRES: the width is one of those named; strip <= offset + width.
  explicit LengthFieldCodec(LengthFieldOptions options = {});
  Result<FrameBounds> Decode(const RingBuffer& input,
                             FrameCursor& cursor) const override;
  Status Encode(std::span<const std::byte> frame,
                RingBuffer& output) const override;

 private:
  LengthFieldOptions options_;
};

// VarintCodec: the length stands before the frame as a base-128 varint, as in
// delimited Protocol Buffers: seven bits a byte, the lowest first, at most ten.
class EDDY_EXPORT VarintCodec final : public Codec {
 public:
  explicit VarintCodec(std::size_t max_frame_bytes = std::size_t{1} << 20);
  Result<FrameBounds> Decode(const RingBuffer& input,
                             FrameCursor& cursor) const override;
  Status Encode(std::span<const std::byte> frame,
                RingBuffer& output) const override;

 private:
  std::size_t max_frame_bytes_;
};

}  // namespace eddy

#endif  // EDDY_CODEC_H_
