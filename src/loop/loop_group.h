// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopGroup: loops with a thread each.

#ifndef EDDY_LOOP_LOOP_GROUP_H_
#define EDDY_LOOP_LOOP_GROUP_H_

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "eddy/event_loop.h"
#include "eddy/status.h"

namespace eddy::internal {

class LoopCore;

// LoopGroup: makes loops, runs each on a thread, and joins the threads.
//
// Thread: external.
class LoopGroup {
 public:
  LoopGroup() = default;
  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;
  // REQUIRES: Start was not called, or Join was.
  ~LoopGroup();

  // Makes `count` loops. All or none.
  Status Create(std::size_t count, const LoopOptions& options);

  // Starts the threads, named "NAME-0" and so on, each bound to a CPU if
  // `pin_cpus`. After an error those that run have been stopped and joined.
  Status Start(const std::string& name, bool pin_cpus);
  void Stop();
  void Join();

  std::size_t size() const noexcept { return loops_.size(); }
  LoopCore& operator[](std::size_t index) noexcept { return *loops_[index]; }
  // Whether the caller is on one of the loops.
  bool IsInLoopThread() const noexcept;

 private:
  void RunLoop(std::size_t index, const std::string& name, int cpu);

  std::vector<std::unique_ptr<LoopCore>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace eddy::internal

#endif  // EDDY_LOOP_LOOP_GROUP_H_
