// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionOutput: what a session sends, and whether it may.

#ifndef EDDY_FUZZ_SESSION_OUTPUT_H_
#define EDDY_FUZZ_SESSION_OUTPUT_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "eddy/ring_buffer.h"
#include "fuzz/session_program.h"
#include "ws/inflater.h"
#include "ws/message_reader.h"

namespace eddy::test {

// SessionOutput: reads it as the peer does, and compares it to what the program
// sent; aborts if it must not have been sent.
class SessionOutput {
 public:
  SessionOutput(bool is_client, SessionProgram& program)
      : is_client_(is_client),
        program_(program),
        reader_(is_client),
        inflater_(internal::Inflater::Create(15)) {}

  void Take(std::string_view bytes) {
    if (bytes.empty()) return;
    Require(!has_close_);
    if (has_frames_) {
      input_.Append(bytes);
      return ReadFrames();
    }
    head_ += bytes;
    Require(head_.starts_with(Begin().substr(0, head_.size())));
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos || has_head_) return;
    has_head_ = true;
    const bool is_switch = is_client_ || head_.starts_with("HTTP/1.1 101 ");
    if (!is_switch) return;  // what follows is a body
    has_frames_ = true;
    const std::string rest = head_.substr(end + 4);
    head_.resize(end + 4);
    if (head_.find("permessage-deflate") != std::string::npos) {
      reader_.AllowCompression();
    }
    if (!rest.empty()) Take(rest);
  }

  bool has_head() const { return has_head_; }
  const std::string& head() const { return head_; }
  // Nothing of a frame is left over.
  bool is_whole() const { return input_.empty() && !reader_.is_mid_message(); }

 private:
  std::string_view Begin() const {
    return is_client_ ? "GET /fuzz HTTP/1.1\r\n" : "HTTP/1.1 ";
  }

  void ReadFrames() {
    using Event = internal::MessageReader::Event;
    constexpr internal::MessageReader::Limits kLimits = {std::size_t{1} << 20,
                                                         0, 0};
    while (true) {
      const Event event = reader_.Next(input_, kLimits, inflater_.get(), true);
      if (event == Event::kMore) return;
      Require(event != Event::kFailed);
      if (event == Event::kMessage) {
        TakeExpected(program_.messages, reader_.message().text());
      } else if (event == Event::kPong) {
        TakeExpected(program_.pongs, AsText(reader_.control()));
      }
      reader_.Release(input_);
      if (event != Event::kClose) continue;
      has_close_ = true;
      Require(input_.empty());
      return;
    }
  }

  static void TakeExpected(std::deque<std::string>& expected,
                           std::string_view found) {
    Require(!expected.empty() && expected.front() == found);
    expected.pop_front();
  }

  const bool is_client_;
  SessionProgram& program_;
  internal::MessageReader reader_;
  std::unique_ptr<internal::Inflater> inflater_;
  RingBuffer input_;
  std::string head_;
  bool has_head_ = false;
  bool has_frames_ = false;
  bool has_close_ = false;
};

}  // namespace eddy::test

#endif  // EDDY_FUZZ_SESSION_OUTPUT_H_
