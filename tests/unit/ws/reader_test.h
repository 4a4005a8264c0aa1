// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReaderRig: a MessageReader that is fed bytes, and what came of them.

#ifndef EDDY_UNIT_WS_READER_TEST_H_
#define EDDY_UNIT_WS_READER_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "buffer/ring_buffer_access.h"
#include "eddy/ring_buffer.h"
#include "support/frames.h"
#include "ws/frame.h"
#include "ws/inflater.h"
#include "ws/mask.h"
#include "ws/message_reader.h"

namespace eddy::test {

struct RigOptions {
  bool is_masked = true;
  bool may_compress = false;
  bool keeps_context = false;
  internal::MessageReader::Limits limits = {1 << 20, 1 << 10, 100};
};

using Events = std::vector<std::string>;
using Sizes = std::vector<std::size_t>;

// Feeds a reader as a connection does: what is received is borrowed, and what
// is left of it is copied before the block is used again.
class ReaderRig {
 public:
  using Event = internal::MessageReader::Event;
  using Access = internal::RingBufferAccess;

  explicit ReaderRig(const RigOptions& options = {})
      : options_(options), reader_(options.is_masked) {
    if (!options.may_compress) return;
    reader_.AllowCompression();
    inflater_ = internal::Inflater::Create(15);
  }

  void Feed(std::string_view piece) {
    std::string block(piece);
    if (input_.empty()) {
      Access::Borrow(input_, AsBytes(block));
    } else {
      input_.Append(block);
    }
    Drain();
    if (Access::borrows(input_)) Access::MakeOwn(input_);
  }

  // "text hello", "binary ...", "ping ...", "pong ...", "close 1000 bye",
  // "failed 1002 a frame that is not masked".
  const Events& events() const { return events_; }
  internal::MessageReader& reader() { return reader_; }
  RingBuffer& input() { return input_; }

 private:
  void Drain() {
    while (true) {
      const Event event = reader_.Next(input_, options_.limits, inflater_.get(),
                                       options_.keeps_context);
      if (event == Event::kMore) break;
      events_.push_back(Describe(event));
      if (event != Event::kFailed) reader_.Release(input_);
    }
  }

  std::string Describe(Event event) const {
    const auto end = [this] {
      return std::to_string(static_cast<int>(reader_.close_code())) + " " +
             std::string(reader_.close_reason());
    };
    switch (event) {
      case Event::kMore:
        break;
      case Event::kMessage: {
        const ws::Message message = reader_.message();
        return (message.is_text() ? "text " : "binary ") +
               std::string(message.text());
      }
      case Event::kPing:
        return "ping " + std::string(AsText(reader_.control()));
      case Event::kPong:
        return "pong " + std::string(AsText(reader_.control()));
      case Event::kClose:
        return "close " + end();
      case Event::kFailed:
        return "failed " + end();
    }
    return "nothing";
  }

  RigOptions options_;
  std::unique_ptr<internal::Inflater> inflater_;
  internal::MessageReader reader_;
  RingBuffer input_;
  Events events_;
};

// What comes of `stream` in pieces of `piece` bytes.
inline Events EventsOf(std::string_view stream, const RigOptions& options = {},
                       std::size_t piece = RingBuffer::kNotFound) {
  ReaderRig rig(options);
  while (!stream.empty()) {
    const auto next = stream.substr(0, std::min(piece, stream.size()));
    rig.Feed(next);
    stream.remove_prefix(next.size());
  }
  return rig.events();
}

// Expects `expected` of `stream` as a whole, byte by byte, and split once at
// every place.
inline void ExpectEvents(std::string_view stream, const Events& expected,
                         const RigOptions& options = {}) {
  EXPECT_EQ(EventsOf(stream, options), expected);
  EXPECT_EQ(EventsOf(stream, options, 1), expected) << "byte by byte";
  for (std::size_t at = 1; at < stream.size(); ++at) {
    ReaderRig rig(options);
    rig.Feed(stream.substr(0, at));
    rig.Feed(stream.substr(at));
    ASSERT_EQ(rig.events(), expected) << "split at " << at;
  }
}

}  // namespace eddy::test

#endif  // EDDY_UNIT_WS_READER_TEST_H_
