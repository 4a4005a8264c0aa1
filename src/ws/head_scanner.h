// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HeadScanner: where the head of an HTTP/1 message ends.

#ifndef EDDY_WS_HEAD_SCANNER_H_
#define EDDY_WS_HEAD_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "eddy/ring_buffer.h"

namespace eddy::internal {

// HeadScanner: looks at each byte of a head once, and stops at the first that
// can't be where it is.
//
// What it finds depends on the bytes alone, never on how they came. A head that
// it lets pass has lines that end with CR LF, a first line made as it has to
// be, and headers whose names and values have none but the characters allowed:
// who takes it to pieces need not check that again. What the parts mean is not
// looked at.
class HeadScanner {
 public:
  enum class Kind : std::uint8_t { kRequest, kResponse };
  enum class Progress : std::uint8_t {
    kMore,
    kDone,
    kMalformed,
    kLineTooLong,    // the first line does not fit max_head_bytes
    kTooLong,        // the head does not
    kTooManyFields,  // more than kMaxFields headers
  };
  static constexpr std::size_t kMaxFields = 100;

  HeadScanner(Kind kind, std::size_t max_head_bytes) noexcept
      : max_head_bytes_(max_head_bytes),
        kind_(kind),
        state_(kind == Kind::kRequest ? State::kEmptyLine : State::kPattern) {}

  // Goes on in `input`, which holds all bytes since the first Scan. Once the
  // result is not kMore, it stays as it is.
  Progress Scan(const RingBuffer& input) noexcept;

  // Of a head that is done: where its first line begins, behind empty lines
  // that are allowed before a request; and where it ends, behind its own.
  std::size_t begin() const noexcept { return begin_; }
  std::size_t end() const noexcept { return scanned_; }

 private:
  // What the next byte belongs to. Up to kFirstLineEnd: the first line.
  enum class State : std::uint8_t {
    kEmptyLine,  // or the first line's begin
    kEmptyLineEnd,
    kMethod,
    kTargetBegin,
    kTarget,
    kPattern,  // the version, or the version and the status
    kReasonBegin,
    kReason,
    kFirstLineEnd,
    kFieldBegin,  // or the head's last line
    kFieldName,
    kFieldValue,
    kFieldEnd,
    kHeadEnd,
  };

  void ScanSpan(std::span<const std::byte> bytes) noexcept;
  // The state after `c`; or progress_ says what is wrong with it.
  State Next(char c) noexcept;
  State Expect(bool is_right, State next) noexcept;
  State NextInPattern(char c) noexcept;
  State BeginField(char c) noexcept;

  const std::size_t max_head_bytes_;
  std::size_t scanned_ = 0;
  std::size_t begin_ = 0;
  std::size_t in_pattern_ = 0;
  std::size_t num_fields_ = 0;
  const Kind kind_;
  State state_;
  Progress progress_ = Progress::kMore;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_HEAD_SCANNER_H_
