// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// MessageReader: makes messages of the frames that come.

#ifndef EDDY_WS_MESSAGE_READER_H_
#define EDDY_WS_MESSAGE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "eddy/ws/close_code.h"
#include "eddy/ws/message.h"
#include "ws/frame.h"

namespace eddy {
class RingBuffer;
}  // namespace eddy

namespace eddy::internal {

class Inflater;

// MessageReader: the receiving half of a session, without I/O.
//
// However the stream is cut into pieces, the events are the same.
//
// Memory: none between messages. A frame that is there as a whole is unmasked
//   where it lies; what has come of other messages is collected, in memory that
//   grows with what came, not with what was announced.
class MessageReader {
 public:
  enum class Event : std::uint8_t {
    kMore,  // there is none before more input comes
    kMessage,
    kPing,
    kPong,
    kClose,   // the peer's close frame: the last event
    kFailed,  // the peer broke the protocol or a limit: the last event
  };

  struct Limits {
    std::size_t max_message_bytes;
    std::size_t max_fragments;  // 0: any number
    std::size_t max_ratio;      // 0: any
  };

  // `is_masked`: the frames that come must be masked (a server's), or must not.
  explicit MessageReader(bool is_masked) noexcept;
  ~MessageReader();

  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  // permessage-deflate was agreed on.
  void AllowCompression() noexcept { may_compress_ = true; }

  // The next event of `input`, which is consumed as far as it is understood;
  // after the last event, all of it is dropped. `inflater` is used for messages
  // that are compressed: null if none may be, or if there is no memory for one.
  // `keeps_context` is the sender's. Memory that runs out is kFailed, too, with
  // kInternalError. REQUIRES: the last event was released; `input` holds the
  // library's own bytes, see RingBufferAccess::ContiguousMutable.
  Event Next(RingBuffer& input, const Limits& limits, Inflater* inflater,
             bool keeps_context) noexcept;

  // After kMessage, until Release. The inflater may hold the bytes.
  ws::Message message() const noexcept { return {type_, view_}; }
  // The payload, after kPing and kPong, until Release.
  std::span<const std::byte> control() const noexcept { return view_; }
  // After kClose the peer's, kNoStatus if it gave none; after kFailed, what to
  // close with.
  ws::CloseCode close_code() const noexcept { return code_; }
  // After kClose the peer's, UTF-8, until Release; after kFailed a literal that
  // says what was wrong: "a frame that is not masked".
  std::string_view close_reason() const noexcept { return AsText(view_); }

  // Ends the views of the last event, and consumes its bytes if they lie in
  // `input`. To be called after every event but kMore and kFailed.
  void Release(RingBuffer& input) noexcept;

  // Part of a message is held, in so much memory.
  bool is_mid_message() const noexcept { return assembly_ != nullptr; }
  std::size_t held_bytes() const noexcept;

 private:
  struct Assembly;  // of a message that did not come as one whole frame

  Event NextEvent(RingBuffer& input, const Limits& limits, Inflater* inflater,
                  bool keeps_context);
  // What is wrong with a frame, where the peer's header is none of kBad.
  // Returns whether nothing is.
  bool Admit(const FrameHeader& header, const Limits& limits);
  Event TakeControl(RingBuffer& input, const FrameHeader& header);
  Event TakeClose(std::span<const std::byte> payload);
  Event TakeWhole(RingBuffer& input, const FrameHeader& header,
                  const Limits& limits, Inflater* inflater, bool keeps_context);
  void BeginFrame(RingBuffer& input, const FrameHeader& header);
  Event TakePayload(RingBuffer& input, const Limits& limits, Inflater* inflater,
                    bool keeps_context);
  Event Deliver(std::span<const std::byte> bytes);
  Event Inflate(std::span<const std::byte> bytes, const Limits& limits,
                Inflater* inflater, bool keeps_context);
  Event Fail(ws::CloseCode code, std::string_view what) noexcept;

  std::unique_ptr<Assembly> assembly_;  // null between messages
  std::span<const std::byte> view_;     // of the last event
  std::size_t held_ = 0;  // bytes of the input that Release consumes
  Inflater* lender_ =
      nullptr;  // what holds the last event's bytes, if one does
  ws::CloseCode code_ = ws::CloseCode::kNoStatus;
  ws::MessageType type_ = ws::MessageType::kBinary;
  Event event_ = Event::kMore;  // the last one, until it is released
  bool is_masked_;
  bool may_compress_ = false;
  bool is_over_ = false;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_MESSAGE_READER_H_
