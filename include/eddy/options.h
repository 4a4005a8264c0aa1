// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Options: everything about a server and its connections that can be set.

#ifndef EDDY_OPTIONS_H_
#define EDDY_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "eddy/address.h"
#include "eddy/event_loop.h"
#include "eddy/unique_function.h"

namespace eddy {

namespace internal {
class StreamFilterFactory;
}  // namespace internal

// ConnectionOptions: limits and time limits of each connection. A time of 0
// means no limit, but for linger_timeout.
struct ConnectionOptions {
  bool no_delay = true;     // TCP_NODELAY
  bool keep_alive = false;  // SO_KEEPALIVE

  // Unsent output: above the high mark is_writable() is false and, with
  // auto_pause, the peer is not read from, until it has fallen to the low mark.
  std::size_t high_watermark_bytes = std::size_t{1} << 20;
  std::size_t low_watermark_bytes = std::size_t{512} << 10;
  bool auto_pause = true;
  // Output above this closes the connection with kOutputLimit. Each message on
  // its way from a handle, and each callback that waits, counts 128 bytes more.
  std::size_t max_output_bytes = std::size_t{64} << 20;
  // Input that the handler leaves unread above this closes the connection with
  // kInputLimit.
  std::size_t max_input_bytes = std::size_t{16} << 20;

  // Closes with kWriteStall when the peer takes no output for this long.
  std::chrono::nanoseconds write_stall_timeout{0};
  // How long a connection whose peer has ended its stream may live on.
  std::chrono::nanoseconds half_close_timeout = std::chrono::seconds(60);
  // How long Close waits for the peer to end its stream, after the last byte.
  // 0: it does not wait, and input not yet read may turn the end into a reset.
  std::chrono::nanoseconds linger_timeout = std::chrono::seconds(1);
  // How long Close may take altogether; then kCloseTimeout.
  std::chrono::nanoseconds close_timeout = std::chrono::seconds(30);

  // How long a filter's handshake may take before the connection is dropped.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);

  // What stands between the bytes of the wire and those of the handler.
  std::shared_ptr<internal::StreamFilterFactory> filter{};
};

enum class LoadBalance {
  kRoundRobin,        // the loops in turn
  kLeastConnections,  // the loop with the fewest connections
  kSourceHash,        // by the peer's host: one host, one loop
};

// What is known of a worker loop when a connection is to be placed.
struct LoopLoad {
  std::size_t connection_count = 0;
};

// Returns the index of the loop that takes the connection; one past the end, or
// an exception, is logged, and the loops take turns.
using LoopChooser = UniqueFunction<std::size_t(
    const Address& peer, std::span<const LoopLoad> loads)>;

// ServerOptions: a server's place, threads and limits.
struct ServerOptions {
  // What Address::Parse takes. Port 0: any free one (Server::address tells).
  std::string address = ":0";
  // Worker loops, each with a thread; 0: one for each CPU.
  std::size_t num_loops = 0;
  Backend backend = Backend::kAuto;
  // Each worker has a listener of its own (SO_REUSEPORT) and the kernel deals
  // connections out. Excludes load_balance and choose_loop; IP addresses only.
  bool reuse_port = false;
  // Unset: kRoundRobin.
  std::optional<LoadBalance> load_balance{};
  // A rule of one's own instead; called on the accepting thread.
  LoopChooser choose_loop{};
  // With this many connections no more are accepted; they wait in the system's
  // backlog. 0: no limit. With reuse_port it may be passed by one for each
  // loop.
  std::size_t max_connections = 0;
  // Connections that wait to be accepted; the system may allow fewer.
  int backlog = 1024;
  // Closes a connection with kIdleTimeout after this long without traffic
  // either way. 0: never.
  std::chrono::nanoseconds idle_timeout{0};
  // Binds the i-th worker's thread to the i-th of the CPUs that the process may
  // use, round again if there are more workers.
  bool pin_cpus = false;
  std::chrono::nanoseconds timer_tick = std::chrono::milliseconds(1);
  // LoopOptions::spin of the workers.
  std::chrono::nanoseconds spin{0};
  // Memory for input and output of all of a loop's connections together, above
  // which it stops reading and the server accepting. Who then holds some of it
  // for close_timeout, without any output leaving, is closed with kNoMemory. 0:
  // no limit.
  std::size_t max_loop_buffer_bytes = std::size_t{1} << 30;
  ConnectionOptions connection{};
};

}  // namespace eddy

#endif  // EDDY_OPTIONS_H_
