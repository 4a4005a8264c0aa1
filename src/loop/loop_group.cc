// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoopGroup: loops with a thread each.

#include "loop/loop_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "loop/loop_core.h"
#include "os/thread.h"

namespace eddy::internal {
namespace {

constexpr int kAnyCpu = -1;

}  // namespace

LoopGroup::~LoopGroup() {
  EDDY_CHECK(threads_.empty(), "the loops' threads have not been joined");
}

Status LoopGroup::Create(std::size_t count, const LoopOptions& options) {
  std::vector<std::unique_ptr<LoopCore>> loops;
  for (std::size_t i = 0; i < count; ++i) {
    auto loop = LoopCore::Create(options);
    if (!loop) return loop.status();
    loops.push_back(*std::move(loop));
  }
  loops_ = std::move(loops);
  return {};
}

Status LoopGroup::Start(const std::string& name, bool pin_cpus) {
  const std::vector<int> cpus = os::AllowedCpus();
  threads_.reserve(loops_.size());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const int cpu = pin_cpus ? cpus[i % cpus.size()] : kAnyCpu;
    try {
      threads_.emplace_back(&LoopGroup::RunLoop, this, i,
                            fmt::format("{}-{}", name, i), cpu);
    } catch (const std::system_error& error) {
      Stop();
      Join();
      return Status(error.code(), "start a thread");
    } catch (const std::bad_alloc&) {
      Stop();
      Join();
      return Error::kNoMemory;
    }
  }
  return {};
}

void LoopGroup::RunLoop(std::size_t index, const std::string& name, int cpu) {
  os::NameThread(name);
  if (cpu != kAnyCpu) {
    const Status status = os::PinToCpu(cpu);
    // Slower, not wrong.
    if (!status.ok()) Log(Level::kWarning, "{}: {}", name, status);
  }
  // Its residents are told how it ended.
  static_cast<void>(loops_[index]->Run());
}

void LoopGroup::Stop() {
  for (auto& loop : loops_) loop->Stop();
}

void LoopGroup::Join() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool LoopGroup::IsInLoopThread() const noexcept {
  return std::any_of(loops_.begin(), loops_.end(),
                     [](const auto& loop) { return loop->IsInLoopThread(); });
}

}  // namespace eddy::internal
