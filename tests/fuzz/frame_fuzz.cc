// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Frame fuzzer: however a stream of frames is cut, a reader finds the same.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "buffer/ring_buffer_access.h"
#include "eddy/ring_buffer.h"
#include "ws/inflater.h"
#include "ws/message_reader.h"
#include "ws/utf8_validator.h"

namespace eddy::internal {
namespace {

using Event = MessageReader::Event;

constexpr MessageReader::Limits kFuzzLimits = {70'000, 20, 50};

struct Mode {
  bool is_masked;
  bool may_compress;
  bool keeps_context;
};

// What came of a stream, an event an entry.
using Story = std::vector<std::string>;

std::string Tell(const MessageReader& reader, Event event) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(event)));
  if (event == Event::kMessage) {
    const ws::Message message = reader.message();
    if (message.is_text() && !IsUtf8(message.bytes)) std::abort();
    if (message.bytes.size() > kFuzzLimits.max_message_bytes) std::abort();
    return text.append(message.is_text() ? "t" : "b").append(message.text());
  }
  if (event == Event::kPing || event == Event::kPong) {
    return text.append(AsText(reader.control()));
  }
  return text.append(std::to_string(static_cast<int>(reader.close_code())))
      .append(reader.close_reason());
}

// Feeds `stream` in pieces whose sizes `cuts` tells, in turn.
Story Read(const Mode& mode, std::string_view stream, std::string_view cuts) {
  MessageReader reader(mode.is_masked);
  if (mode.may_compress) reader.AllowCompression();
  const auto inflater = Inflater::Create(15);
  RingBuffer input;
  Story story;
  for (std::size_t turn = 0; !stream.empty(); ++turn) {
    const std::size_t size =
        cuts.empty() ? stream.size()
                     : 1 + static_cast<std::uint8_t>(cuts[turn % cuts.size()]);
    std::string block(stream.substr(0, size));
    stream.remove_prefix(block.size());
    if (input.empty()) {
      RingBufferAccess::Borrow(input, AsBytes(block));
    } else {
      input.Append(block);
    }
    while (true) {
      const Event event =
          reader.Next(input, kFuzzLimits, inflater.get(), mode.keeps_context);
      if (event == Event::kMore) break;
      story.push_back(Tell(reader, event));
      if (event != Event::kFailed) reader.Release(input);
    }
    if (RingBufferAccess::borrows(input)) RingBufferAccess::MakeOwn(input);
  }
  return story;
}

}  // namespace
}  // namespace eddy::internal

// A byte of flags, one that tells how many bytes of cuts follow, and a stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const eddy::internal::Mode mode{.is_masked = (data[0] & 1) != 0,
                                  .may_compress = (data[0] & 2) != 0,
                                  .keeps_context = (data[0] & 4) != 0};
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view cuts =
      rest.substr(0, std::min<std::size_t>(data[1] % 8, rest.size()));
  rest.remove_prefix(cuts.size());
  const std::string_view ones("\0", 1);
  const auto whole = eddy::internal::Read(mode, rest, {});
  if (eddy::internal::Read(mode, rest, cuts) != whole) std::abort();
  if (eddy::internal::Read(mode, rest, ones) != whole) std::abort();
  return 0;
}
