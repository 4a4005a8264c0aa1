// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FramedHandler: a Handler that is called once for each frame.

#ifndef EDDY_FRAMED_HANDLER_H_
#define EDDY_FRAMED_HANDLER_H_

#include <cstddef>
#include <memory>
#include <span>

#include "eddy/codec.h"
#include "eddy/export.h"
#include "eddy/handler.h"
#include "eddy/status.h"

namespace eddy {

// FramedHandler: cuts the input into frames with a codec.
//
// A malformed frame closes its connection with Error::kProtocol, and no other.
// After PauseReading or Close inside OnMessage no further frame is delivered;
// ResumeReading goes on with the next one.
//
// The empty frame counts as a frame. At OnEnd an incomplete one is dropped.
class EDDY_EXPORT FramedHandler : public Handler {
 public:
  explicit FramedHandler(std::shared_ptr<const Codec> codec);

  // One frame, without its delimiter or header; borrowed until return.
  virtual void OnMessage(Connection& connection,
                         std::span<const std::byte> frame) = 0;

  // Wraps `frame` with the codec and sends it. Returns what the codec's Encode
  // and Connection::Send return.
  Status SendFrame(Connection& connection, std::span<const std::byte> frame);

  const Codec& codec() const noexcept { return *codec_; }

 private:
  // That a program's OnMessage(Connection&, frame) hides this one is the point,
  // whatever the program's compiler is told to warn of.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
  void OnMessage(Connection& connection, RingBuffer& input) final;
#pragma GCC diagnostic pop

  std::shared_ptr<const Codec> codec_;
};

}  // namespace eddy

#endif  // EDDY_FRAMED_HANDLER_H_
