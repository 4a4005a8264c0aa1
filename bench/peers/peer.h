// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Peer: what the echo servers on other libraries have in common.

#ifndef EDDY_BENCH_PEERS_PEER_H_
#define EDDY_BENCH_PEERS_PEER_H_

#include <cstddef>

namespace eddy::peer {

// What each peer asks the kernel for at once, if its library lets it.
constexpr std::size_t kReceiveBytes = 64 * 1024;

// What one event loop is given.
struct Descriptors {
  int listener;  // The loop's to close. What it accepts has TCP_NODELAY.
  int stop;      // Readable once the loop is to end. All loops share it.
};

// Echoes what comes in on connections to `listener` until `stop` is readable,
// and frees everything then. Throws when it cannot begin.
//
// Thread: one for each loop.
using RunLoop = void (*)(const Descriptors& descriptors);

// The main function of a peer: reads --port, --loops and --cpu, listens on
// 127.0.0.1, says where, and runs the loops until SIGINT or SIGTERM. Several
// loops share the port by SO_REUSEPORT.
//
// Returns: the exit code.
int Main(int argc, char** argv, const char* name, RunLoop run_loop);

}  // namespace eddy::peer

#endif  // EDDY_BENCH_PEERS_PEER_H_
