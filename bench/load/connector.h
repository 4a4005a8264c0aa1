// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Connector: brings up the connections of one loop, a bounded number at a time.

#ifndef EDDY_BENCH_LOAD_CONNECTOR_H_
#define EDDY_BENCH_LOAD_CONNECTOR_H_

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/load/clock.h"
#include "bench/load/descriptor.h"
#include "bench/load/epoll.h"
#include "bench/load/handshake.h"
#include "bench/load/options.h"
#include "bench/load/window.h"

namespace eddy::load {

class Connector {
 public:
  // Connections [first, first + count) of the run.
  Connector(const Options& options, Window& window, std::size_t first,
            std::size_t count);

  // With options.ws_path a connection is up once its handshake is done.
  //
  // Returns: the sockets, or nullopt when the run is over; the window knows why
  //          then. The first connect that fails ends the run, as does a span
  //          of options.timeout in which none came up.
  std::optional<std::vector<Descriptor>> ConnectAll();

 private:
  bool BeginSome();
  bool Complete(std::size_t index);
  bool ShakeHands(std::size_t index);
  void NoteConnected();
  bool Fail(int error);
  bool Fail(const std::string& why);

  const Options& options_;
  Window& window_;
  const std::size_t first_;
  const std::size_t max_under_way_;
  Epoll epoll_;
  std::vector<Descriptor> sockets_;
  std::unordered_map<std::size_t, Handshake> handshakes_;  // Under way.
  std::size_t num_begun_ = 0;
  std::size_t num_connected_ = 0;
  bool is_backlog_full_ = false;
  Time last_progress_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_CONNECTOR_H_
