// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// EventLoop: the public face of LoopCore.

#include "eddy/event_loop.h"

#include <utility>

#include "base/check.h"
#include "loop/loop_core.h"

namespace eddy {

using internal::LoopCore;

Result<std::unique_ptr<EventLoop>> EventLoop::Create(LoopOptions options) {
  auto core = LoopCore::Create(options);
  if (!core) return core.status();
  return std::unique_ptr<EventLoop>(*std::move(core));
}

EventLoop::~EventLoop() = default;

Status EventLoop::Run() { return LoopCore::Of(*this).DoRun(); }

void EventLoop::Stop() { LoopCore::Of(*this).DoStop(); }

Status EventLoop::Post(Task task) {
  EDDY_CHECK(task, "EventLoop::Post was given an empty task");
  // A reference of its own: the task may end the loop, and its owner destroy
  // it, before Push returns.
  const auto queue = LoopCore::Of(*this).queue();
  if (queue->Push(std::move(task))) return {};
  return Error::kStopped;
}

TimerId EventLoop::RunAfter(std::chrono::nanoseconds delay, Task task) {
  EDDY_CHECK(task, "EventLoop::RunAfter was given an empty task");
  return LoopCore::Of(*this).AddTimer(delay, {}, std::move(task));
}

TimerId EventLoop::RunEvery(std::chrono::nanoseconds period, Task task) {
  EDDY_CHECK(period > period.zero(), "RunEvery takes a positive period");
  EDDY_CHECK(task, "EventLoop::RunEvery was given an empty task");
  return LoopCore::Of(*this).AddTimer(period, period, std::move(task));
}

bool EventLoop::Cancel(TimerId id) {
  return LoopCore::Of(*this).CancelTimer(id);
}

EventLoop::Clock::time_point EventLoop::now() {
  return LoopCore::Of(*this).TurnTime();
}

bool EventLoop::IsInLoopThread() const noexcept {
  return static_cast<const LoopCore&>(*this).IsOwner();
}

Backend EventLoop::backend() const noexcept {
  return static_cast<const LoopCore&>(*this).poller().backend();
}

std::uint64_t EventLoop::exception_count() const noexcept {
  return static_cast<const LoopCore&>(*this).exceptions();
}

Result<WatchId> EventLoop::Watch(int fd, Interest interest,
                                 WatchCallback callback) {
  EDDY_CHECK(callback, "EventLoop::Watch was given an empty callback");
  return LoopCore::Of(*this).AddWatch(fd, interest, std::move(callback));
}

Status EventLoop::ModifyWatch(WatchId id, Interest interest) {
  return LoopCore::Of(*this).ChangeWatch(id, interest);
}

void EventLoop::Unwatch(WatchId id) { LoopCore::Of(*this).RemoveWatch(id); }

}  // namespace eddy
