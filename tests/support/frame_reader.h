// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FrameReader: a codec at work on input without a connection, and what tests
// expect of it.

#ifndef EDDY_SUPPORT_FRAME_READER_H_
#define EDDY_SUPPORT_FRAME_READER_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/bytes.h"
#include "eddy/codec.h"
#include "eddy/ring_buffer.h"
#include "eddy/status.h"

namespace eddy::test {

using Frames = std::vector<std::string>;

// A connection's input: bytes come, frames leave.
class FrameReader {
 public:
  explicit FrameReader(const Codec& codec) : codec_(codec) {}

  // Puts the next byte at `offset` of the ring's block, so that what follows
  // goes round its end sooner.
  void StartAt(std::size_t offset) {
    input_.Append(std::string(offset + 1, '-'));
    input_.Consume(offset);
    skips_first_ = true;
  }

  void Feed(std::string_view bytes) {
    input_.Append(bytes);
    if (skips_first_ && !bytes.empty()) {
      input_.Consume(1);
      skips_first_ = false;
    }
    while (!error_) {
      const Result<FrameBounds> bounds = codec_.Decode(input_, cursor_);
      if (!bounds) {
        error_ = bounds.status();
        return;
      }
      if (!bounds->complete()) return;
      const std::size_t end = bounds->offset + bounds->size;
      ASSERT_LE(end, bounds->consumed);
      ASSERT_LE(bounds->consumed, input_.size());
      frames_.emplace_back(
          AsText(input_.Contiguous(end).subspan(bounds->offset)));
      input_.Consume(bounds->consumed);
    }
  }

  const Frames& frames() const { return frames_; }
  const std::optional<Status>& error() const { return error_; }
  const FrameCursor& cursor() const { return cursor_; }
  std::size_t unread() const { return input_.size(); }

 private:
  const Codec& codec_;
  RingBuffer input_;
  FrameCursor cursor_;
  bool skips_first_ = false;
  Frames frames_;
  std::optional<Status> error_;
};

inline Frames Decoded(const Codec& codec, std::string_view bytes) {
  FrameReader reader(codec);
  reader.Feed(bytes);
  EXPECT_FALSE(reader.error()) << reader.error()->message();
  return reader.frames();
}

// What is wrong with `bytes`; empty if nothing is.
inline std::string Complaint(const Codec& codec, std::string_view bytes) {
  FrameReader reader(codec);
  reader.Feed(bytes);
  if (!reader.error()) return "";
  EXPECT_EQ(reader.error()->code(), Error::kProtocol);
  return reader.error()->message();
}

// `bytes` give `frames` however they are cut into reads, and wherever in the
// ring they come to stand.
inline void ExpectFrames(const Codec& codec, std::string_view bytes,
                         const Frames& frames) {
  EXPECT_EQ(Decoded(codec, bytes), frames);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameReader reader(codec);
    reader.Feed(bytes.substr(0, cut));
    reader.Feed(bytes.substr(cut));
    EXPECT_EQ(reader.frames(), frames) << "cut at " << cut;
    EXPECT_FALSE(reader.error()) << "cut at " << cut;
    EXPECT_EQ(reader.unread(), 0u) << "cut at " << cut;
  }
  FrameReader byte_by_byte(codec);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    byte_by_byte.Feed(bytes.substr(i, 1));
  }
  EXPECT_EQ(byte_by_byte.frames(), frames);
  constexpr std::size_t kBlock = 512;
  for (std::size_t before_end = 1; before_end < bytes.size(); ++before_end) {
    FrameReader reader(codec);
    reader.StartAt(kBlock - before_end - 1);
    reader.Feed(bytes);
    EXPECT_EQ(reader.frames(), frames) << before_end << " before the end";
  }
}

inline std::string Encoded(const Codec& codec, std::string_view frame) {
  RingBuffer output;
  const Status status = codec.Encode(AsBytes(frame), output);
  EXPECT_TRUE(status.ok()) << status.message();
  return output.ToString();
}

// `frame` is refused, and nothing is appended.
inline void ExpectRefused(const Codec& codec, std::string_view frame) {
  RingBuffer output;
  output.Append("before");
  const Status status = codec.Encode(AsBytes(frame), output);
  EXPECT_EQ(status.code(), Error::kInvalidArgument);
  EXPECT_EQ(output.ToString(), "before");
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_FRAME_READER_H_
