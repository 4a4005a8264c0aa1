// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Codec benchmarks: what a frame of 64 bytes costs in an input of 64 KiB.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "buffer/ring_buffer_access.h"
#include "eddy/codec.h"
#include "eddy/ring_buffer.h"

namespace eddy {
namespace {

constexpr std::size_t kFrameBytes = 64;
constexpr std::size_t kInputBytes = 64 << 10;

void Decode(benchmark::State& state, const Codec& codec) {
  RingBuffer encoded;
  const std::string frame(kFrameBytes, 'x');
  std::int64_t frames = 0;
  while (encoded.size() < kInputBytes) {
    if (!codec.Encode(AsBytes(frame), encoded).ok()) {
      state.SkipWithError("the frame could not be encoded");
      return;
    }
    ++frames;
  }
  const std::string received = encoded.ToString();

  RingBuffer input;
  FrameCursor cursor;
  for (auto _ : state) {
    internal::RingBufferAccess::Borrow(input, AsBytes(received));
    while (true) {
      const Result<FrameBounds> bounds = codec.Decode(input, cursor);
      if (!bounds || !bounds->complete()) break;
      benchmark::DoNotOptimize(
          input.Contiguous(bounds->offset + bounds->size).data());
      input.Consume(bounds->consumed);
    }
  }
  input.Clear();
  state.SetItemsProcessed(frames * state.iterations());
  state.counters["per_frame"] = benchmark::Counter(
      static_cast<double>(frames * state.iterations()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(Decode, fixed_length, FixedLengthCodec(kFrameBytes));
BENCHMARK_CAPTURE(Decode, delimiter, DelimiterCodec("\r\n"));
BENCHMARK_CAPTURE(Decode, line, LineCodec());
BENCHMARK_CAPTURE(Decode, length_field, LengthFieldCodec());
BENCHMARK_CAPTURE(Decode, length_field_little,
                  LengthFieldCodec({.endian = Endian::kLittle}));
BENCHMARK_CAPTURE(Decode, varint, VarintCodec());

void Encode(benchmark::State& state, const Codec& codec) {
  const std::string frame(kFrameBytes, 'x');
  RingBuffer output(1024);
  for (auto _ : state) {
    benchmark::DoNotOptimize(codec.Encode(AsBytes(frame), output).ok());
    output.Clear();
  }
}
BENCHMARK_CAPTURE(Encode, fixed_length, FixedLengthCodec(kFrameBytes));
BENCHMARK_CAPTURE(Encode, delimiter, DelimiterCodec("\r\n"));
BENCHMARK_CAPTURE(Encode, line, LineCodec());
BENCHMARK_CAPTURE(Encode, length_field, LengthFieldCodec());
BENCHMARK_CAPTURE(Encode, varint, VarintCodec());

}  // namespace
}  // namespace eddy
