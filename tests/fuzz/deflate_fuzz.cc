// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Deflate fuzzer: arbitrary bytes are refused or read within the limits, and
// what a Deflater makes is read as it was.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "eddy/bytes.h"
#include "ws/deflater.h"
#include "ws/inflater.h"

namespace eddy::internal {
namespace {

constexpr std::size_t kMaxBytes = 100'000;

void Require(bool condition) {
  if (!condition) std::abort();
}

void InflateArbitrary(std::string_view bytes, bool keeps_context) {
  const auto inflater = Inflater::Create(15);
  // Twice: the first message is the second one's context.
  for (int i = 0; i < 2; ++i) {
    std::span<const std::byte> out;
    const Inflater::Outcome outcome =
        inflater->Inflate(AsBytes(bytes), keeps_context, kMaxBytes, 100, out);
    Require(outcome != Inflater::Outcome::kNoMemory);
    Require(out.size() <= kMaxBytes);
    Require(inflater->capacity() <= kMaxBytes + 1);
  }
}

// Messages of `size` bytes each, to a reader with the same window.
void RoundTrip(std::string_view bytes, int window_bits, int level,
               int memory_level, bool keeps_context, std::size_t size) {
  const auto deflater = Deflater::Create(window_bits, level, memory_level);
  const auto inflater = Inflater::Create(window_bits);
  while (!bytes.empty()) {
    const std::string_view message = bytes.substr(0, size);
    bytes.remove_prefix(message.size());
    std::span<const std::byte> sent;
    Require(deflater->Deflate(AsBytes(message), keeps_context, sent));
    std::span<const std::byte> out;
    Require(inflater->Inflate(sent, keeps_context, message.size(), 0, out) ==
            Inflater::Outcome::kDone);
    Require(AsText(out) == message);
  }
}

}  // namespace
}  // namespace eddy::internal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 3) return 0;
  const bool keeps_context = (data[0] & 1) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3,
                               size - 3);
  eddy::internal::InflateArbitrary(bytes, keeps_context);
  eddy::internal::RoundTrip(bytes, 9 + data[0] / 2 % 7, 1 + data[1] % 9,
                            1 + data[1] / 9 % 9, keeps_context,
                            std::size_t{1} + data[2] * std::size_t{8});
  return 0;
}
