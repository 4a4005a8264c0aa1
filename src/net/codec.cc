// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Codecs: finding the end of a frame, and wrapping one.

#include "eddy/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <new>
#include <utility>

#include "base/check.h"
#include "buffer/ring_buffer_access.h"

namespace eddy {
namespace {

using Bytes = std::span<const std::byte>;

// An error with a message, or without one when there is no memory for it.
template <typename... Args>
Status Failure(Error error, fmt::format_string<Args...> format,
               Args&&... args) noexcept {
  try {
    return Status(error, fmt::format(format, std::forward<Args>(args)...));
  } catch (const std::bad_alloc&) {
    return error;
  }
}

Status TooLargeToDecode(std::size_t max_frame_bytes) noexcept {
  return Failure(Error::kProtocol, "a frame is larger than {} bytes",
                 max_frame_bytes);
}

Status TooLargeToEncode(std::size_t frame_bytes,
                        std::size_t max_frame_bytes) noexcept {
  return Failure(Error::kInvalidArgument,
                 "a frame of {} bytes is larger than {} bytes", frame_bytes,
                 max_frame_bytes);
}

// Appends all of `parts` or nothing.
Status AppendAll(RingBuffer& output,
                 std::initializer_list<Bytes> parts) noexcept {
  std::size_t bytes = 0;
  for (const Bytes part : parts) bytes += part.size();
  try {
    internal::RingBufferAccess::Reserve(output, bytes);
  } catch (const std::bad_alloc&) {
    return Error::kNoMemory;
  }
  for (const Bytes part : parts) output.Append(part);
  return {};
}

std::uint64_t ByteAt(const RingBuffer::Views& views,
                     std::size_t index) noexcept {
  const std::size_t in_first = views.first.size();
  return std::to_integer<std::uint64_t>(
      index < in_first ? views.first[index] : views.second[index - in_first]);
}

}  // namespace

Codec::~Codec() = default;

FixedLengthCodec::FixedLengthCodec(std::size_t frame_bytes)
    : frame_bytes_(frame_bytes) {
  EDDY_CHECK(frame_bytes > 0, "FixedLengthCodec needs frames of some length");
}

Result<FrameBounds> FixedLengthCodec::Decode(const RingBuffer& input,
                                             FrameCursor&) const {
  if (input.size() < frame_bytes_) return FrameBounds{};
  return FrameBounds{0, frame_bytes_, frame_bytes_};
}

Status FixedLengthCodec::Encode(std::span<const std::byte> frame,
                                RingBuffer& output) const {
  if (frame.size() != frame_bytes_) {
    return Failure(Error::kInvalidArgument,
                   "a frame of {} bytes where all have {}", frame.size(),
                   frame_bytes_);
  }
  return AppendAll(output, {frame});
}

DelimiterCodec::DelimiterCodec(std::string_view delimiter,
                               std::size_t max_frame_bytes)
    : delimiter_(delimiter), max_frame_bytes_(max_frame_bytes) {
  EDDY_CHECK(!delimiter.empty(), "DelimiterCodec needs a delimiter");
}

Result<FrameBounds> DelimiterCodec::Decode(const RingBuffer& input,
                                           FrameCursor& cursor) const {
  const std::size_t end = input.Find(delimiter_, cursor.searched);
  if (end == RingBuffer::kNotFound) {
    // The delimiter's first bytes may have come already; the frame is at least
    // what stands before those.
    const std::size_t kept = std::min(input.size(), delimiter_.size() - 1);
    cursor.searched = input.size() - kept;
    if (cursor.searched > max_frame_bytes_) {
      return TooLargeToDecode(max_frame_bytes_);
    }
    return FrameBounds{};
  }
  if (end > max_frame_bytes_) return TooLargeToDecode(max_frame_bytes_);
  cursor = {};
  return FrameBounds{0, end, end + delimiter_.size()};
}

Status DelimiterCodec::Encode(std::span<const std::byte> frame,
                              RingBuffer& output) const {
  if (frame.size() > max_frame_bytes_) {
    return TooLargeToEncode(frame.size(), max_frame_bytes_);
  }
  // A delimiter may also begin in the frame and end in the delimiter behind it:
  // "a" before "aa" reads as an empty frame and a lone "a".
  const std::string_view text = AsText(frame);
  bool is_ambiguous = text.find(delimiter_) != std::string_view::npos;
  const std::string_view delimiter = delimiter_;
  for (std::size_t shift = 1; shift < delimiter.size(); ++shift) {
    is_ambiguous |= text.ends_with(delimiter.substr(0, shift)) &&
                    delimiter.starts_with(delimiter.substr(shift));
  }
  if (is_ambiguous) {
    return Failure(Error::kInvalidArgument, "a frame contains its delimiter");
  }
  return AppendAll(output, {frame, AsBytes(delimiter_)});
}

LineCodec::LineCodec(std::size_t max_frame_bytes)
    : max_frame_bytes_(max_frame_bytes) {}

Result<FrameBounds> LineCodec::Decode(const RingBuffer& input,
                                      FrameCursor& cursor) const {
  std::size_t end = input.Find("\n", cursor.searched);
  const bool is_complete = end != RingBuffer::kNotFound;
  const std::size_t consumed = is_complete ? end + 1 : 0;
  if (!is_complete) end = input.size();
  // A CR at the very end of the input may yet turn out to be part of CR LF.
  if (end > 0 && input.PeekUint8(end - 1) == '\r') --end;
  if (end > max_frame_bytes_) return TooLargeToDecode(max_frame_bytes_);
  cursor.searched = is_complete ? 0 : input.size();
  if (!is_complete) return FrameBounds{};
  return FrameBounds{0, end, consumed};
}

Status LineCodec::Encode(std::span<const std::byte> frame,
                         RingBuffer& output) const {
  if (frame.size() > max_frame_bytes_) {
    return TooLargeToEncode(frame.size(), max_frame_bytes_);
  }
  const std::string_view line = AsText(frame);
  if (line.find('\n') != std::string_view::npos || line.ends_with('\r')) {
    return Failure(Error::kInvalidArgument,
                   "a line contains LF or ends with CR");
  }
  return AppendAll(output, {frame, AsBytes(std::string_view("\n"))});
}

LengthFieldCodec::LengthFieldCodec(LengthFieldOptions options)
    : options_(options) {
  const std::size_t width = options.width;
  EDDY_CHECK((width >= 1 && width <= 4) || width == 8,
             "a length field has 1, 2, 3, 4 or 8 bytes");
  EDDY_CHECK(options.offset <= static_cast<std::size_t>(-1) - width,
             "a length field's offset is out of range");
  EDDY_CHECK(options.strip <= options.offset + width,
             "only the header of a frame can be stripped");
}

Result<FrameBounds> LengthFieldCodec::Decode(const RingBuffer& input,
                                             FrameCursor&) const {
  const std::size_t header_bytes = options_.offset + options_.width;
  if (input.size() < header_bytes) return FrameBounds{};

  const RingBuffer::Views views = input.Peek();
  std::uint64_t rest = 0;  // what comes after the header
  for (std::size_t i = 0; i < options_.width; ++i) {
    const bool is_big = options_.endian == Endian::kBig;
    const std::size_t index = is_big ? i : options_.width - 1 - i;
    rest = rest << 8 | ByteAt(views, options_.offset + index);
  }
  const std::uint64_t length = rest;
  // In unsigned numbers, which wrap round where they overflow.
  rest += static_cast<std::uint64_t>(options_.adjustment);
  if (options_.adjustment < 0 && rest > length) {
    return Failure(Error::kProtocol, "a frame's length of {} is too small",
                   length);
  }
  const bool overflows = options_.adjustment > 0 && rest < length;
  if (overflows || header_bytes > options_.max_frame_bytes ||
      rest > options_.max_frame_bytes - header_bytes) {
    return TooLargeToDecode(options_.max_frame_bytes);
  }

  const std::size_t packet_bytes =
      header_bytes + static_cast<std::size_t>(rest);
  if (input.size() < packet_bytes) return FrameBounds{};
  return FrameBounds{options_.strip, packet_bytes - options_.strip,
                     packet_bytes};
}

Status LengthFieldCodec::Encode(std::span<const std::byte> frame,
                                RingBuffer& output) const {
  const std::size_t header_bytes = options_.offset + options_.width;
  const bool writes_header =
      options_.offset == 0 && options_.strip == header_bytes;
  if (!writes_header && options_.strip != 0) {
    return Failure(Error::kInvalidArgument,
                   "frames cannot be encoded when a part of the header was "
                   "stripped");
  }
  if (!writes_header && frame.size() < header_bytes) {
    return Failure(Error::kInvalidArgument,
                   "a frame of {} bytes lacks the header of {}", frame.size(),
                   header_bytes);
  }
  const std::size_t limit = options_.max_frame_bytes;
  const std::size_t added = writes_header ? header_bytes : 0;
  if (added > limit || frame.size() > limit - added) {
    return TooLargeToEncode(frame.size(), limit);
  }

  const std::size_t kept = writes_header ? 0 : header_bytes;
  const std::uint64_t rest = frame.size() - kept;
  const auto adjustment = static_cast<std::uint64_t>(options_.adjustment);
  const std::uint64_t length = rest - adjustment;
  const bool underflows = options_.adjustment > 0 && length > rest;
  const bool overflows = options_.adjustment < 0 && length < rest;
  const std::size_t bits = 8 * options_.width;
  if (underflows || overflows || (bits < 64 && length >> bits != 0)) {
    return Failure(Error::kInvalidArgument,
                   "the length of a frame of {} bytes does not go into {} "
                   "bytes",
                   frame.size(), options_.width);
  }
  std::array<std::byte, 8> field{};
  for (std::size_t i = 0; i < options_.width; ++i) {
    const bool is_big = options_.endian == Endian::kBig;
    const std::size_t index = is_big ? options_.width - 1 - i : i;
    field[index] = static_cast<std::byte>(length >> (8 * i) & 0xFF);
  }
  const Bytes before = frame.first(writes_header ? 0 : options_.offset);
  return AppendAll(output, {before, Bytes(field).first(options_.width),
                            frame.subspan(kept)});
}

VarintCodec::VarintCodec(std::size_t max_frame_bytes)
    : max_frame_bytes_(max_frame_bytes) {}

Result<FrameBounds> VarintCodec::Decode(const RingBuffer& input,
                                        FrameCursor&) const {
  constexpr std::size_t kMaxVarintBytes = 10;
  const RingBuffer::Views views = input.Peek();
  const std::size_t available = std::min(input.size(), kMaxVarintBytes);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < available; ++i) {
    const std::uint64_t byte = ByteAt(views, i);
    // Nine bytes hold 63 bits: the tenth has one to add, and ends the number.
    if (i == kMaxVarintBytes - 1 && byte > 1) {
      return Failure(Error::kProtocol, "a frame's length has over 64 bits");
    }
    length |= (byte & 0x7F) << (7 * i);
    // More bytes can only add to it.
    if (length > max_frame_bytes_) return TooLargeToDecode(max_frame_bytes_);
    if ((byte & 0x80) != 0) continue;
    const std::size_t header_bytes = i + 1;
    if (input.size() - header_bytes < length) return FrameBounds{};
    const auto size = static_cast<std::size_t>(length);
    return FrameBounds{header_bytes, size, header_bytes + size};
  }
  return FrameBounds{};
}

Status VarintCodec::Encode(std::span<const std::byte> frame,
                           RingBuffer& output) const {
  if (frame.size() > max_frame_bytes_) {
    return TooLargeToEncode(frame.size(), max_frame_bytes_);
  }
  std::array<std::byte, 10> header{};
  std::size_t header_bytes = 0;
  std::uint64_t rest = frame.size();
  while (rest >= 0x80) {
    header[header_bytes++] = static_cast<std::byte>((rest & 0x7F) | 0x80);
    rest >>= 7;
  }
  header[header_bytes++] = static_cast<std::byte>(rest);
  return AppendAll(output, {Bytes(header).first(header_bytes), frame});
}

}  // namespace eddy
