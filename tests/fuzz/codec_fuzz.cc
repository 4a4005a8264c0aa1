// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Codec fuzzer: however a stream is cut, every codec finds the same frames.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "eddy/codec.h"
#include "eddy/ring_buffer.h"

namespace eddy {
namespace {

constexpr std::size_t kMaxFrameBytes = 300;

std::unique_ptr<const Codec> MakeCodec(std::uint8_t choice) {
  switch (choice % 7) {
    case 0:
      return std::make_unique<FixedLengthCodec>(1 + choice / 7);
    case 1:
      return std::make_unique<DelimiterCodec>("\r\n\r\n", kMaxFrameBytes);
    case 2:
      return std::make_unique<LineCodec>(kMaxFrameBytes);
    case 3:
      return std::make_unique<VarintCodec>(kMaxFrameBytes);
    case 4:
      return std::make_unique<LengthFieldCodec>(
          LengthFieldOptions{.max_frame_bytes = kMaxFrameBytes});
    case 5:
      return std::make_unique<LengthFieldCodec>(
          LengthFieldOptions{.width = 8,
                             .endian = Endian::kLittle,
                             .offset = 2,
                             .adjustment = -10,
                             .strip = 0,
                             .max_frame_bytes = kMaxFrameBytes});
    default:
      return std::make_unique<LengthFieldCodec>(
          LengthFieldOptions{.width = 1,
                             .offset = 3,
                             .adjustment = 2,
                             .strip = 4,
                             .max_frame_bytes = kMaxFrameBytes});
  }
}

// What a codec made of a stream: its frames, then how it ended.
struct Outcome {
  std::vector<std::string> frames;
  bool is_malformed = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Takes the frames out of `input`. Returns false when it is malformed.
bool Drain(const Codec& codec, RingBuffer& input, FrameCursor& cursor,
           Outcome& outcome) {
  while (!input.empty()) {
    const Result<FrameBounds> bounds = codec.Decode(input, cursor);
    if (!bounds) {
      outcome.is_malformed = true;
      return false;
    }
    if (!bounds->complete()) return true;
    const std::size_t end = bounds->offset + bounds->size;
    if (end > bounds->consumed || bounds->consumed > input.size()) std::abort();
    const auto frame = input.Contiguous(end).subspan(bounds->offset);
    outcome.frames.emplace_back(AsText(frame));
    input.Consume(bounds->consumed);
    cursor = {};
  }
  return true;
}

// Feeds `stream` in pieces of `piece` bytes.
Outcome Decode(const Codec& codec, std::string_view stream, std::size_t piece) {
  Outcome outcome;
  RingBuffer input;
  FrameCursor cursor;
  while (!stream.empty()) {
    const auto next = stream.substr(0, std::min(piece, stream.size()));
    input.Append(next);
    stream.remove_prefix(next.size());
    if (!Drain(codec, input, cursor, outcome)) break;
  }
  return outcome;
}

}  // namespace
}  // namespace eddy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const auto codec = eddy::MakeCodec(data[0]);
  const std::size_t piece = 1 + data[1] % 16;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2,
                                size - 2);
  const auto whole = eddy::Decode(*codec, stream, stream.size());
  const auto pieces = eddy::Decode(*codec, stream, piece);
  if (!(whole == pieces)) std::abort();
  return 0;
}
