// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RequestParser: the server's half of reading a WebSocket handshake.

#ifndef EDDY_WS_REQUEST_PARSER_H_
#define EDDY_WS_REQUEST_PARSER_H_

#include <cstddef>
#include <cstdint>

#include "eddy/ring_buffer.h"
#include "eddy/ws/request.h"
#include "ws/head_scanner.h"

namespace eddy::internal {

// RequestParser: reads the one request of a connection.
//
// What it says depends on the bytes alone, never on how they came, and it says
// so at the first byte that decides.
class RequestParser {
 public:
  enum class Progress : std::uint8_t { kMore, kDone, kRefused };

  explicit RequestParser(std::size_t max_head_bytes) noexcept
      : scanner_(HeadScanner::Kind::kRequest, max_head_bytes) {}

  // Goes on in `input`, which holds all bytes of the connection. Leaves them
  // alone until it is done; then takes the head out of them, and nothing of
  // what follows, and fills in `request`. Throws std::bad_alloc.
  // REQUIRES: not done; `request` is as it was made.
  Progress Parse(RingBuffer& input, ws::Request& request);

  // When refused: the HTTP status to answer with.
  int status() const noexcept { return status_; }

 private:
  // Each returns the status to refuse with, or 0.
  static int ReadHead(ws::Request& request);
  static int ReadTarget(ws::Request& request, std::string_view target);
  static int ReadUpgrade(ws::Request& request);

  HeadScanner scanner_;
  int status_ = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_REQUEST_PARSER_H_
