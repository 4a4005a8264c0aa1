// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopThread: an event loop that runs on a thread of its own.

#ifndef EDDY_SUPPORT_LOOP_THREAD_H_
#define EDDY_SUPPORT_LOOP_THREAD_H_

#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "eddy/event_loop.h"
#include "support/socket_pair.h"

namespace eddy::test {

// LoopThread: runs until it is destroyed, or the loop is stopped.
class LoopThread {
 public:
  explicit LoopThread(LoopOptions options = {})
      : loop_(Unwrap(EventLoop::Create(options), "loop")),
        thread_([this] { status_ = loop_->Run(); }) {}
  ~LoopThread() { Join(); }

  EventLoop& loop() { return *loop_; }
  // Stops the loop. Returns what Run returned.
  Status Join() {
    loop_->Stop();
    if (thread_.joinable()) thread_.join();
    return status_;
  }

  // Calls `function` on the loop and returns what it returned.
  template <typename Function>
  auto Call(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    EXPECT_TRUE(loop_->Post([&task] { task(); }).ok());
    return result.get();
  }

 private:
  std::unique_ptr<EventLoop> loop_;
  Status status_;
  std::thread thread_;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_LOOP_THREAD_H_
