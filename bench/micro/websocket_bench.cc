// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WebSocket benchmarks: masking, UTF-8 and the reading of whole messages, the
// first two against loops over bytes.

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buffer/ring_buffer_access.h"
#include "eddy/bytes.h"
#include "eddy/ring_buffer.h"
#include "ws/frame.h"
#include "ws/mask.h"
#include "ws/message_reader.h"
#include "ws/utf8_validator.h"

namespace eddy {
namespace {

constexpr internal::MaskKey kBenchKey = {std::byte{0x37}, std::byte{0xfa},
                                         std::byte{0x21}, std::byte{0x3d}};

void SetBytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) *
                          state.iterations());
}

void MaskInPlace(benchmark::State& state) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    internal::ApplyMask(bytes, kBenchKey);
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
  SetBytes(state, bytes.size());
}
BENCHMARK(MaskInPlace)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);

void MaskCopying(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)));
  std::vector<std::byte> target(bytes.size());
  for (auto _ : state) {
    internal::CopyMasked(target.data(), bytes, kBenchKey);
    benchmark::DoNotOptimize(target.data());
    benchmark::ClobberMemory();
  }
  SetBytes(state, bytes.size());
}
BENCHMARK(MaskCopying)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);

void MaskByByte(benchmark::State& state) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] ^= kBenchKey[i % 4];
      benchmark::DoNotOptimize(bytes[i]);  // no vectors
    }
  }
  SetBytes(state, bytes.size());
}
BENCHMARK(MaskByByte)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);

void NextMaskKey(benchmark::State& state) {
  internal::MaskSource& source = internal::MaskSource::OfThread();
  for (auto _ : state) benchmark::DoNotOptimize(source.Next());
}
BENCHMARK(NextMaskKey);

// Words of `letter`s with blanks in between.
std::string TextOf(std::string_view letter, std::size_t size) {
  std::string text;
  for (std::size_t i = 1; text.size() + letter.size() <= size; ++i) {
    text += i % 7 == 0 ? " " : letter;
  }
  return text;
}

// By the bytes' ranges, a branch for each kind of character.
bool IsUtf8ByByte(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at != end) {
    const unsigned lead = *at++;
    if (lead < 0x80) continue;
    if (lead < 0xC2 || lead > 0xF4) return false;
    unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3; more > 0; --more) {
      if (at == end || *at < low || *at > high) return false;
      ++at;
      low = 0x80;
      high = 0xBF;
    }
  }
  return true;
}

void Utf8(benchmark::State& state, std::string_view letter) {
  const std::string text =
      TextOf(letter, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(internal::IsUtf8(AsBytes(text)));
  }
  SetBytes(state, text.size());
}
BENCHMARK_CAPTURE(Utf8, ascii, "a")->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK_CAPTURE(Utf8, greek, "\xce\xba")->Arg(1024);
BENCHMARK_CAPTURE(Utf8, han, "\xe6\xbc\xa2")->Arg(1024);
BENCHMARK_CAPTURE(Utf8, mixed, "ab\xc3\xa4 \xf0\x9f\x98\x80")->Arg(1024);

void Utf8ByByte(benchmark::State& state, std::string_view letter) {
  const std::string text =
      TextOf(letter, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(IsUtf8ByByte(text));
  SetBytes(state, text.size());
}
BENCHMARK_CAPTURE(Utf8ByByte, ascii, "a")->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK_CAPTURE(Utf8ByByte, greek, "\xce\xba")->Arg(1024);
BENCHMARK_CAPTURE(Utf8ByByte, han, "\xe6\xbc\xa2")->Arg(1024);
BENCHMARK_CAPTURE(Utf8ByByte, mixed, "ab\xc3\xa4 \xf0\x9f\x98\x80")->Arg(1024);

// An input of 64 KiB that is full of masked messages of text. The time is for
// one of them.
void ReadMessages(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'a');
  std::vector<std::byte> received;
  std::int64_t messages = 0;
  do {
    std::array<std::byte, internal::kMaxFrameHeaderBytes> header{};
    const std::size_t n = internal::WriteFrameHeader(
        header, internal::Opcode::kText, payload.size(), false, &kBenchKey);
    received.insert(received.end(), header.data(), header.data() + n);
    const std::size_t begin = received.size();
    received.resize(begin + payload.size());
    internal::CopyMasked(received.data() + begin, AsBytes(payload), kBenchKey);
    ++messages;
  } while (received.size() < std::size_t{64} << 10);
  // Reading unmasks in place, so that each round needs the bytes anew.
  std::vector<std::byte> block(received.size());
  const internal::MessageReader::Limits limits = {1 << 20, 1 << 16, 0};
  internal::MessageReader reader(true);
  RingBuffer input;
  for (auto _ : state) {
    std::memcpy(block.data(), received.data(), received.size());
    internal::RingBufferAccess::Borrow(input, block);
    while (reader.Next(input, limits, nullptr, false) ==
           internal::MessageReader::Event::kMessage) {
      benchmark::DoNotOptimize(reader.message().bytes.data());
      reader.Release(input);
    }
  }
  input.Clear();
  state.SetItemsProcessed(messages * state.iterations());
  state.counters["per_message"] = benchmark::Counter(
      static_cast<double>(messages * state.iterations()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(ReadMessages)->Arg(16)->Arg(64)->Arg(1024)->Arg(16384);

}  // namespace
}  // namespace eddy
