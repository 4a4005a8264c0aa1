// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FramedHandler: cutting input into frames.

#include "eddy/framed_handler.h"

#include <utility>

#include "base/check.h"
#include "eddy/connection.h"
#include "eddy/ring_buffer.h"
#include "net/stream_connection.h"

namespace eddy {
namespace {

FrameCursor Recall(const Connection& connection) {
  const auto* cursor = connection.Get<FrameCursor>();
  return cursor == nullptr ? FrameCursor{} : *cursor;
}

// Keeps `cursor` until more input comes. One that is at the beginning is not
// worth memory: a connection between two frames has none.
void Remember(Connection& connection, FrameCursor cursor) {
  if (cursor.searched == 0) {
    connection.Remove<FrameCursor>();
  } else if (auto* kept = connection.Get<FrameCursor>()) {
    *kept = cursor;
  } else {
    connection.Emplace<FrameCursor>(cursor);
  }
}

}  // namespace

FramedHandler::FramedHandler(std::shared_ptr<const Codec> codec)
    : codec_(std::move(codec)) {
  EDDY_CHECK(codec_ != nullptr, "FramedHandler needs a codec");
}

void FramedHandler::OnMessage(Connection& connection, RingBuffer& input) {
  FrameCursor cursor = Recall(connection);
  const auto& stream = internal::StreamConnection::Of(connection);
  const Handler& handler = stream.handler();
  // What follows a frame that led to a pipe is no longer this handler's.
  while (connection.is_open() && !connection.is_reading_paused() &&
         &stream.handler() == &handler) {
    const Result<FrameBounds> bounds = codec_->Decode(input, cursor);
    if (!bounds) {
      internal::StreamConnection::Of(connection).BeginClose(bounds.status());
      return;
    }
    if (!bounds->complete()) break;

    const std::size_t end = bounds->offset + bounds->size;
    // A codec may be the program's own.
    EDDY_CHECK(end <= bounds->consumed && bounds->consumed <= input.size(),
               "a codec found a frame that is larger than the input");
    OnMessage(connection, input.Contiguous(end).subspan(bounds->offset));
    input.Consume(bounds->consumed);
    cursor = {};
  }
  Remember(connection, cursor);
}

Status FramedHandler::SendFrame(Connection& connection,
                                std::span<const std::byte> frame) {
  RingBuffer wrapped;
  if (Status status = codec_->Encode(frame, wrapped); !status.ok()) {
    return status;
  }
  return connection.Send(wrapped);
}

}  // namespace eddy
