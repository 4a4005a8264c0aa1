// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Options: the limits of WebSocket sessions.

#ifndef EDDY_WS_OPTIONS_H_
#define EDDY_WS_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <optional>

namespace eddy::ws {

// DeflateOptions: permessage-deflate (RFC 7692), used with peers that know it.
//
// A side that does not keep its context from one message to the next takes no
// memory between messages: all sessions of a loop share one. One that does
// compresses small messages that resemble each other far better, and costs each
// session up to 2^(bits+2) + 2^(memory_level+9) bytes to send (256 KiB with
// the defaults) and 2^bits + 7 KiB to receive (39 KiB).
struct DeflateOptions {
  // Of what the server sends, and of what the client sends. The peer may ask
  // for less.
  bool server_keeps_context = false;
  bool client_keeps_context = false;
  int server_window_bits = 15;  // 9 to 15
  int client_window_bits = 15;  // 9 to 15
  int level = 6;                // zlib's, 1 (fast) to 9 (small)
  int memory_level = 8;         // zlib's, 1 to 9
  // Smaller messages are sent as they are.
  std::size_t min_bytes = 256;
  // A message that inflates to more than this many times its size is refused
  // (1009), once it passes 64 KiB. 0: no limit but max_message_bytes, which
  // bounds what is inflated in any case; honest text of few words reaches
  // 1,000.
  std::size_t max_ratio = 0;
};

// Options: limits and time limits of each session. A limit of 0 means none but
// for max_head_bytes and max_message_bytes; a time of 0 means none. What has
// come of a message counts as input against max_loop_buffer_bytes; the contexts
// of permessage-deflate do not.
struct Options {
  // The head of the request or response, all of its lines together, and with it
  // those of interim responses (100 to 199) that came before. Longer ones
  // are answered with 431, or 414 if it is the first line that is too long;
  // and with 431 those of more than 100 headers. Up to the connection's
  // max_input_bytes.
  std::size_t max_head_bytes = std::size_t{8} << 10;
  // A message, its fragments joined and inflated. Larger ones close with 1009.
  std::size_t max_message_bytes = std::size_t{1} << 20;
  // Fragments of one message. More of them close with 1009.
  std::size_t max_fragments = std::size_t{1} << 16;
  // From the connection's begin to the end of the handshake.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  // From the first close, this side's or the peer's, to the end of the
  // connection, whatever is unsent by then.
  std::chrono::nanoseconds close_timeout = std::chrono::seconds(5);
  // After this long, up to twice as long, in which nothing came, a ping is
  // sent; if then nothing comes for pong_timeout, the session is lost (1006).
  // While output is unsent there is no ping, and it is as good as an answer
  // that the peer takes some of it. Not while the program has paused reading.
  std::chrono::nanoseconds ping_interval = std::chrono::seconds(30);
  std::chrono::nanoseconds pong_timeout = std::chrono::seconds(30);
  // None: nothing is compressed.
  std::optional<DeflateOptions> deflate{};
};

}  // namespace eddy::ws

#endif  // EDDY_WS_OPTIONS_H_
