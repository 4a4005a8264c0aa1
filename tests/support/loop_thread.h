// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopThread: an event loop that runs on a thread of its own.

#ifndef EDDY_SUPPORT_LOOP_THREAD_H_
#define EDDY_SUPPORT_LOOP_THREAD_H_

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "eddy/event_loop.h"
#include "support/socket_pair.h"

namespace eddy::test {

// Waits for `future`. Ends the program when patience is over, with a message:
// what it waits for may use what the test would destroy.
template <typename Future>
void Await(Future& future, const char* what) {
  if (future.wait_for(kPatience) == std::future_status::ready) return;
  std::fprintf(stderr, "%s: not within %d s\n", what,
               static_cast<int>(kPatience.count()));
  std::abort();
}

// LoopThread: runs until it is destroyed, or the loop is stopped.
class LoopThread {
 public:
  explicit LoopThread(LoopOptions options = {})
      : loop_(Unwrap(EventLoop::Create(options), "loop")),
        thread_([this] { end_.set_value(loop_->Run()); }) {}
  ~LoopThread() { Join(); }

  EventLoop& loop() { return *loop_; }
  // Stops the loop. Returns what Run returned.
  Status Join() {
    if (!thread_.joinable()) return status_;
    loop_->Stop();
    auto end = end_.get_future();
    Await(end, "the end of the loop");
    status_ = end.get();
    thread_.join();
    return status_;
  }

  // Calls `function` on the loop and returns what it returned.
  template <typename Function>
  auto Call(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    EXPECT_TRUE(loop_->Post([&task] { task(); }).ok());
    Await(result, "a task of the loop");
    return result.get();
  }

 private:
  std::unique_ptr<EventLoop> loop_;
  std::promise<Status> end_;
  Status status_;
  std::thread thread_;  // the last one: it uses the others
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_LOOP_THREAD_H_
