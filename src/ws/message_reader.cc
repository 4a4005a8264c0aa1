// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// MessageReader: frames in place, or collected.

#include "ws/message_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

#include "base/check.h"
#include "buffer/ring_buffer_access.h"
#include "eddy/ring_buffer.h"
#include "ws/growing_buffer.h"
#include "ws/inflater.h"
#include "ws/mask.h"
#include "ws/utf8_validator.h"

namespace eddy::internal {
namespace {

using ws::CloseCode;
using ws::MessageType;

// The memory that the header of a frame is believed to need, before its bytes
// are there.
constexpr std::size_t kBelievedBytes = std::size_t{16} << 10;
constexpr std::size_t kMinAssemblyBytes = 256;

constexpr std::string_view kNoMemoryText = "memory ran out";
constexpr std::string_view kNotUtf8Text = "a text that is not UTF-8";

// The largest a message may be as it comes. One that can't be compressed is
// larger that way, by a bit a byte and a few bytes at the worst.
std::size_t MaxBytesAsSent(std::size_t max_bytes, bool is_compressed) noexcept {
  if (!is_compressed) return max_bytes;
  const std::size_t slack = max_bytes / 8 + 64;
  const std::size_t sum = max_bytes + slack;
  return sum < max_bytes ? std::numeric_limits<std::size_t>::max() : sum;
}

HeaderOutcome ParseHeaderOf(const RingBuffer& input, FrameHeader& header,
                            std::string_view& wrong) noexcept {
  const auto [first, second] = input.Peek();
  if (second.empty() || first.size() >= kMaxFrameHeaderBytes) {
    return ParseFrameHeader(first, header, wrong);
  }
  std::array<std::byte, kMaxFrameHeaderBytes> joined;
  const std::size_t in_second =
      std::min(second.size(), joined.size() - first.size());
  const auto middle = std::copy(first.begin(), first.end(), joined.begin());
  std::copy_n(second.begin(), in_second, middle);
  return ParseFrameHeader({joined.data(), first.size() + in_second}, header,
                          wrong);
}

}  // namespace

struct MessageReader::Assembly {
  GrowingBuffer bytes;
  std::size_t fragments = 0;  // that began
  // Of the frame that is being read, if one is:
  std::size_t remaining = 0;
  MaskKey mask{};
  std::uint8_t phase = 0;  // of the mask, 0 to 3
  bool is_in_frame = false;
  bool is_final = false;

  MessageType type = MessageType::kBinary;
  bool is_compressed = false;
  Utf8Validator validator;  // of text that is not compressed
};

// Each session has one, and most are idle.
static_assert(sizeof(MessageReader) <= 96);

MessageReader::MessageReader(bool is_masked) noexcept : is_masked_(is_masked) {}

MessageReader::~MessageReader() = default;

MessageReader::Event MessageReader::Next(RingBuffer& input,
                                         const Limits& limits,
                                         Inflater* inflater,
                                         bool keeps_context) noexcept {
  EDDY_DCHECK(event_ == Event::kMore || is_over_,
              "the last event was not released");
  if (is_over_) {
    input.Clear();
    return Event::kMore;
  }
  try {
    event_ = NextEvent(input, limits, inflater, keeps_context);
  } catch (const std::bad_alloc&) {
    event_ = Fail(CloseCode::kInternalError, kNoMemoryText);
  }
  if (event_ == Event::kFailed) input.Clear();
  return event_;
}

std::size_t MessageReader::held_bytes() const noexcept {
  return assembly_ == nullptr ? 0 : assembly_->bytes.capacity();
}

void MessageReader::Release(RingBuffer& input) noexcept {
  if (held_ != 0) {
    input.Consume(held_);
    held_ = 0;
  }
  // After a ping or pong, what there is is another message's.
  if (event_ == Event::kMessage || is_over_) assembly_.reset();
  if (lender_ != nullptr) {
    lender_->Release();
    lender_ = nullptr;
  }
  if (event_ != Event::kFailed) view_ = {};
  event_ = Event::kMore;
}

MessageReader::Event MessageReader::NextEvent(RingBuffer& input,
                                              const Limits& limits,
                                              Inflater* inflater,
                                              bool keeps_context) {
  while (true) {
    if (assembly_ == nullptr || !assembly_->is_in_frame) {
      FrameHeader header;
      std::string_view wrong;
      const HeaderOutcome outcome = ParseHeaderOf(input, header, wrong);
      if (outcome == HeaderOutcome::kIncomplete) return Event::kMore;
      if (outcome == HeaderOutcome::kBad) {
        return Fail(CloseCode::kProtocolError, wrong);
      }
      if (!Admit(header, limits)) return Event::kFailed;

      const bool is_whole = input.size() - header.header_size >= header.size;
      if (IsControl(header.opcode)) {
        return is_whole ? TakeControl(input, header) : Event::kMore;
      }
      if (is_whole && header.is_final && assembly_ == nullptr) {
        return TakeWhole(input, header, limits, inflater, keeps_context);
      }
      BeginFrame(input, header);
    }
    const Event event = TakePayload(input, limits, inflater, keeps_context);
    if (event != Event::kMore || assembly_->is_in_frame) return event;
  }
}

bool MessageReader::Admit(const FrameHeader& header, const Limits& limits) {
  const auto refuse = [this](CloseCode code, std::string_view what) {
    Fail(code, what);
    return false;
  };
  if (header.is_masked != is_masked_) {
    return refuse(CloseCode::kProtocolError, is_masked_
                                                 ? "a frame that is not masked"
                                                 : "a frame that is masked");
  }
  if (IsControl(header.opcode)) return true;

  const bool is_first = header.opcode != Opcode::kContinuation;
  if (header.is_compressed && !(may_compress_ && is_first)) {
    return refuse(CloseCode::kProtocolError, "a frame with a reserved bit");
  }
  if (is_first && assembly_ != nullptr) {
    return refuse(CloseCode::kProtocolError, "a message inside of another one");
  }
  if (!is_first && assembly_ == nullptr) {
    return refuse(CloseCode::kProtocolError, "a fragment of no message");
  }
  const std::size_t had = is_first ? 0 : assembly_->bytes.size();
  const std::size_t fragments = is_first ? 0 : assembly_->fragments;
  const std::size_t most = MaxBytesAsSent(
      limits.max_message_bytes,
      is_first ? header.is_compressed : assembly_->is_compressed);
  if (header.size > most - std::min(had, most)) {
    return refuse(CloseCode::kTooBig, "a message that is too large");
  }
  if (limits.max_fragments != 0 && fragments >= limits.max_fragments) {
    return refuse(CloseCode::kTooBig, "a message in too many fragments");
  }
  return true;
}

MessageReader::Event MessageReader::TakeControl(RingBuffer& input,
                                                const FrameHeader& header) {
  const auto size = static_cast<std::size_t>(header.size);
  const std::size_t frame_size = header.header_size + size;
  const std::span<std::byte> payload =
      RingBufferAccess::ContiguousMutable(input, frame_size)
          .subspan(header.header_size);
  if (header.is_masked) ApplyMask(payload, header.mask);
  held_ = frame_size;
  view_ = payload;
  if (header.opcode == Opcode::kPing) return Event::kPing;
  if (header.opcode == Opcode::kPong) return Event::kPong;
  return TakeClose(payload);
}

MessageReader::Event MessageReader::TakeClose(
    std::span<const std::byte> payload) {
  code_ = CloseCode::kNoStatus;
  if (payload.size() == 1) {
    return Fail(CloseCode::kProtocolError, "a close frame of one byte");
  }
  if (!payload.empty()) {
    code_ = static_cast<CloseCode>(std::to_integer<unsigned>(payload[0]) << 8 |
                                   std::to_integer<unsigned>(payload[1]));
    view_ = payload.subspan(2);
    if (!ws::MayBeSent(code_)) {
      return Fail(CloseCode::kProtocolError,
                  "a close frame with a code that may not be sent");
    }
    if (!IsUtf8(view_)) {
      return Fail(CloseCode::kInvalidPayload,
                  "a reason to close that is not UTF-8");
    }
  }
  is_over_ = true;
  return Event::kClose;
}

// A message that came as one frame, which is there: nothing is copied.
MessageReader::Event MessageReader::TakeWhole(RingBuffer& input,
                                              const FrameHeader& header,
                                              const Limits& limits,
                                              Inflater* inflater,
                                              bool keeps_context) {
  const auto size = static_cast<std::size_t>(header.size);
  const std::size_t frame_size = header.header_size + size;
  const std::span<std::byte> payload =
      RingBufferAccess::ContiguousMutable(input, frame_size)
          .subspan(header.header_size);
  // Once: whatever comes of the frame, it is not read again.
  if (header.is_masked) ApplyMask(payload, header.mask);
  held_ = frame_size;
  type_ = static_cast<MessageType>(header.opcode);
  if (header.is_compressed) {
    return Inflate(payload, limits, inflater, keeps_context);
  }
  if (type_ == MessageType::kText && !IsUtf8(payload)) {
    return Fail(CloseCode::kInvalidPayload, kNotUtf8Text);
  }
  return Deliver(payload);
}

// Takes the header of a frame that is collected.
void MessageReader::BeginFrame(RingBuffer& input, const FrameHeader& header) {
  if (assembly_ == nullptr) {
    assembly_ = std::make_unique<Assembly>();
    assembly_->type = static_cast<MessageType>(header.opcode);
    assembly_->is_compressed = header.is_compressed;
  }
  ++assembly_->fragments;
  assembly_->is_in_frame = true;
  assembly_->is_final = header.is_final;
  assembly_->remaining = static_cast<std::size_t>(header.size);
  assembly_->mask = header.mask;
  assembly_->phase = 0;
  input.Consume(header.header_size);
}

// Takes what there is of a frame's payload. kMore also when the frame is
// complete and its message is not.
MessageReader::Event MessageReader::TakePayload(RingBuffer& input,
                                                const Limits& limits,
                                                Inflater* inflater,
                                                bool keeps_context) {
  Assembly& assembly = *assembly_;
  GrowingBuffer& bytes = assembly.bytes;
  const std::size_t count = std::min(assembly.remaining, input.size());
  if (count > bytes.room().size()) {
    const std::size_t announced = bytes.size() + assembly.remaining;
    const std::size_t believed =
        bytes.size() +
        std::max(count, std::min(assembly.remaining, kBelievedBytes));
    // Nothing follows what a final frame announced; fragments may.
    const std::size_t most =
        assembly.is_final
            ? announced
            : std::max(announced, MaxBytesAsSent(limits.max_message_bytes,
                                                 assembly.is_compressed));
    bytes.Reserve(std::min(
        most, std::max({believed, bytes.capacity() * 2, kMinAssemblyBytes})));
  }
  const std::span<std::byte> target = bytes.room().first(count);
  const auto [first, second] = input.Peek();
  const std::size_t in_first = std::min(count, first.size());
  if (count != 0) {
    CopyMasked(target.data(), first.first(in_first), assembly.mask,
               assembly.phase);
    CopyMasked(target.data() + in_first, second.first(count - in_first),
               assembly.mask, assembly.phase + in_first);
  }
  bytes.Advance(count);
  input.Consume(count);
  assembly.phase = static_cast<std::uint8_t>((assembly.phase + count) % 4);
  assembly.remaining -= count;
  assembly.is_in_frame = assembly.remaining != 0;
  const bool is_whole = assembly.is_final && !assembly.is_in_frame;

  if (assembly.type == MessageType::kText && !assembly.is_compressed &&
      (!assembly.validator.Feed(target) ||
       (is_whole && !assembly.validator.is_complete()))) {
    return Fail(CloseCode::kInvalidPayload, kNotUtf8Text);
  }
  if (!is_whole) return Event::kMore;
  type_ = assembly.type;
  if (!assembly.is_compressed) return Deliver(bytes.bytes());
  const Event event = Inflate(bytes.bytes(), limits, inflater, keeps_context);
  assembly_.reset();
  return event;
}

MessageReader::Event MessageReader::Deliver(std::span<const std::byte> bytes) {
  view_ = bytes;
  return Event::kMessage;
}

MessageReader::Event MessageReader::Inflate(std::span<const std::byte> bytes,
                                            const Limits& limits,
                                            Inflater* inflater,
                                            bool keeps_context) {
  if (inflater == nullptr) {
    return Fail(CloseCode::kInternalError, kNoMemoryText);
  }
  std::span<const std::byte> inflated;
  switch (inflater->Inflate(bytes, keeps_context, limits.max_message_bytes,
                            limits.max_ratio, inflated)) {
    case Inflater::Outcome::kDone:
      break;
    case Inflater::Outcome::kBad:
      return Fail(CloseCode::kInvalidPayload,
                  "a compressed message that can't be read");
    case Inflater::Outcome::kTooBig:
      return Fail(CloseCode::kTooBig, "a compressed message that is too large");
    case Inflater::Outcome::kNoMemory:
      return Fail(CloseCode::kInternalError, kNoMemoryText);
  }
  lender_ = inflater;
  if (type_ == MessageType::kText && !IsUtf8(inflated)) {
    return Fail(CloseCode::kInvalidPayload, kNotUtf8Text);
  }
  return Deliver(inflated);
}

MessageReader::Event MessageReader::Fail(CloseCode code,
                                         std::string_view what) noexcept {
  code_ = code;
  view_ = AsBytes(what);
  held_ = 0;
  is_over_ = true;
  if (lender_ != nullptr) {
    lender_->Release();
    lender_ = nullptr;
  }
  assembly_.reset();
  return Event::kFailed;
}

}  // namespace eddy::internal
