// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HeadScanner: the grammar of heads, a byte at a time.

#include "ws/head_scanner.h"

#include <algorithm>

#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

// A 9 stands for any digit.
constexpr std::string_view kVersionPattern = "HTTP/9.9";
constexpr std::string_view kStatusPattern = "HTTP/9.9 999";

}  // namespace

HeadScanner::Progress HeadScanner::Scan(const RingBuffer& input) noexcept {
  const RingBuffer::Views views = input.Peek();
  const std::size_t in_first = views.first.size();
  if (scanned_ < in_first) ScanSpan(views.first.subspan(scanned_));
  if (scanned_ >= in_first) ScanSpan(views.second.subspan(scanned_ - in_first));
  return progress_;
}

void HeadScanner::ScanSpan(std::span<const std::byte> bytes) noexcept {
  for (const std::byte byte : bytes) {
    if (progress_ != Progress::kMore) return;
    state_ = Next(static_cast<char>(byte));
    ++scanned_;
    if (progress_ == Progress::kMore && scanned_ >= max_head_bytes_) {
      progress_ = state_ <= State::kFirstLineEnd ? Progress::kLineTooLong
                                                 : Progress::kTooLong;
    }
  }
}

HeadScanner::State HeadScanner::Next(char c) noexcept {
  switch (state_) {
    case State::kEmptyLine:
      if (c == '\r') return State::kEmptyLineEnd;
      begin_ = scanned_;
      return Expect(IsTokenChar(c), State::kMethod);
    case State::kEmptyLineEnd:
      return Expect(c == '\n', State::kEmptyLine);
    case State::kMethod:
      if (c == ' ') return State::kTargetBegin;
      return Expect(IsTokenChar(c), State::kMethod);
    case State::kTargetBegin:
      return Expect(IsTargetChar(c), State::kTarget);
    case State::kTarget:
      if (c == ' ') return State::kPattern;
      return Expect(IsTargetChar(c), State::kTarget);
    case State::kPattern:
      return NextInPattern(c);
    case State::kReasonBegin:
      // Some servers leave out the blank as well as the reason.
      if (c == '\r') return State::kFirstLineEnd;
      return Expect(c == ' ', State::kReason);
    case State::kReason:
      if (c == '\r') return State::kFirstLineEnd;
      return Expect(IsValueChar(c), State::kReason);
    case State::kFirstLineEnd:
    case State::kFieldEnd:
      return Expect(c == '\n', State::kFieldBegin);
    case State::kFieldBegin:
      return BeginField(c);
    case State::kFieldName:
      if (c == ':') return State::kFieldValue;
      return Expect(IsTokenChar(c), State::kFieldName);
    case State::kFieldValue:
      if (c == '\r') return State::kFieldEnd;
      return Expect(IsValueChar(c), State::kFieldValue);
    case State::kHeadEnd:
      if (c == '\n') {
        progress_ = Progress::kDone;
        return State::kHeadEnd;
      }
      break;
  }
  return Expect(false, state_);
}

HeadScanner::State HeadScanner::Expect(bool is_right, State next) noexcept {
  if (!is_right) progress_ = Progress::kMalformed;
  return next;
}

HeadScanner::State HeadScanner::NextInPattern(char c) noexcept {
  const bool is_request = kind_ == Kind::kRequest;
  const std::string_view pattern =
      is_request ? kVersionPattern : kStatusPattern;
  if (in_pattern_ == pattern.size()) {
    return Expect(c == '\r', State::kFirstLineEnd);  // of a request
  }
  const char expected = pattern[in_pattern_++];
  const bool is_right = expected == '9' ? IsDigit(c) : c == expected;
  const bool is_status_over = !is_request && in_pattern_ == pattern.size();
  return Expect(is_right,
                is_status_over ? State::kReasonBegin : State::kPattern);
}

// A line that begins with a blank would go on with the one before it: obsolete,
// and the stuff of request smuggling.
HeadScanner::State HeadScanner::BeginField(char c) noexcept {
  if (c == '\r') return State::kHeadEnd;
  if (!IsTokenChar(c)) return Expect(false, state_);
  if (++num_fields_ > kMaxFields) progress_ = Progress::kTooManyFields;
  return State::kFieldName;
}

}  // namespace eddy::internal
