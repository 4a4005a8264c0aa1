// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadLoop: one thread's share of the connections, and the loop that drives it.

#ifndef EDDY_BENCH_LOAD_LOAD_LOOP_H_
#define EDDY_BENCH_LOAD_LOAD_LOOP_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/clock.h"
#include "bench/load/epoll.h"
#include "bench/load/frame_pattern.h"
#include "bench/load/frame_reader.h"
#include "bench/load/load_connection.h"
#include "bench/load/options.h"
#include "bench/load/pattern.h"
#include "bench/load/schedule.h"
#include "bench/load/tally.h"
#include "bench/load/window.h"

namespace eddy::load {

// A turn waits, reads the clock once, and handles the events: one recv into the
// loop's block, one send for all that the replies made due. The clock of the
// turn is the time at which its replies came and at which its sends began, so
// latencies are exact to the length of a turn. Nothing is allocated in a turn.
//
// Thread: Run's; result() after Run returned.
class LoadLoop {
 public:
  // frames: what is sent instead of the bare pattern; null: nothing.
  // index:  of this loop, in [0, options.num_threads).
  LoadLoop(const Options& options, const Pattern& pattern,
           const FramePattern* frames, Window& window, std::size_t index);

  // Connects, drives the load until the window is over, and returns.
  void Run();

  const Tally& result() const { return tally_; }

 private:
  bool Connect();
  void Drive();
  void BeginTraffic();
  void Turn();
  std::chrono::nanoseconds TimeToSleep() const;
  void CheckSilence();

  void HandleEvent(std::size_t index, std::uint32_t events);
  bool Receive(std::size_t index);
  bool TakeBytes(std::size_t index, std::span<const std::byte> bytes);
  bool TakeFrames(std::size_t index, std::span<const std::byte> bytes);
  bool TakePayload(std::size_t index, std::span<const std::byte> payload);
  void TakeReply(LoadConnection& connection, Time stamp);
  void Start(LoadConnection& connection, Time stamp);
  void DealDue();
  void StartDue(std::size_t index);
  void Flush(std::size_t index);

  void Lose(std::size_t index, std::uint64_t& counter, std::string_view how);
  void LoseByErrno(std::size_t index);
  void StartMeasuring();
  void StopMeasuring();

  // What a connection has in addition with WebSocket.
  struct Frames {
    FrameReader reader;
    std::string pongs;  // To be sent.
  };

  const Options& options_;
  const Pattern& pattern_;
  const FramePattern* const frame_pattern_;
  Window& window_;
  const std::size_t index_;
  const std::size_t num_connections_;
  const std::size_t first_connection_;

  Epoll epoll_;
  std::vector<std::byte> block_;
  std::vector<Time> stamps_;  // depth of them for each connection.
  std::vector<LoadConnection> connections_;
  std::vector<Frames> frames_;  // One for each, or none.
  std::size_t num_open_ = 0;

  // Open loop only: messages below next_due_ are dealt to their connections.
  std::optional<Schedule> schedule_;
  std::uint64_t next_due_ = 0;
  std::vector<std::size_t> dealt_;

  Time now_;        // Of the turn.
  Time last_turn_;  // At which the schedule was looked at last.
  Time last_progress_;
  std::uint64_t num_started_ = 0;
  std::uint64_t num_in_flight_ = 0;
  std::uint64_t num_replies_in_turn_ = 0;
  bool is_measuring_ = false;
  bool is_done_ = false;
  std::chrono::nanoseconds cpu_at_start_{0};
  Tally tally_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_LOAD_LOOP_H_
