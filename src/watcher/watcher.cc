// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Watcher: the public face of WatcherCore.

#include "eddy/watcher.h"

#include <utility>

#include "watcher/watcher_core.h"

namespace eddy {
namespace {

using Kind = internal::Operation::Kind;

}  // namespace

Result<std::unique_ptr<Watcher>> Watcher::Create(WatcherOptions options) {
  auto core = internal::WatcherCore::Create(options);
  if (!core) return core.status();
  return std::unique_ptr<Watcher>(new Watcher(*std::move(core)));
}

Watcher::Watcher(std::unique_ptr<internal::WatcherCore> core)
    : core_(std::move(core)) {}

Watcher::~Watcher() = default;

Result<WatchedId> Watcher::Adopt(UniqueFd fd) {
  return core_->Adopt(std::move(fd));
}

Status Watcher::Read(WatchedId id, void* context, Deadline deadline) {
  return core_->Submit(
      {.is_swap = true, .id = id, .context = context, .deadline = deadline});
}

Status Watcher::Read(WatchedId id, void* context, std::span<std::byte> buffer,
                     Deadline deadline) {
  return core_->Submit(
      {.id = id, .context = context, .buffer = buffer, .deadline = deadline});
}

Status Watcher::ReadFull(WatchedId id, void* context,
                         std::span<std::byte> buffer, Deadline deadline) {
  return core_->Submit({.kind = Kind::kReadFull,
                        .id = id,
                        .context = context,
                        .buffer = buffer,
                        .deadline = deadline});
}

Status Watcher::Write(WatchedId id, void* context,
                      std::span<const std::byte> buffer, Deadline deadline) {
  // Writing does not write to it.
  auto* const data = const_cast<std::byte*>(buffer.data());
  return core_->Submit({.kind = Kind::kWrite,
                        .id = id,
                        .context = context,
                        .buffer = {data, buffer.size()},
                        .deadline = deadline});
}

Status Watcher::Shutdown(WatchedId id) { return core_->Shutdown(id); }

Status Watcher::Free(WatchedId id) { return core_->Free(id); }

Result<UniqueFd> Watcher::Detach(WatchedId id) { return core_->Detach(id); }

std::size_t Watcher::Cancel(WatchedId id) { return core_->Cancel(id); }

Result<std::span<const OpResult>> Watcher::WaitIo(
    std::chrono::nanoseconds timeout) {
  return core_->WaitIo(timeout);
}

void Watcher::Close() { core_->Close(); }

Status Watcher::SetAffinity(int cpu) { return core_->SetAffinity(cpu); }

Backend Watcher::backend() const noexcept { return core_->backend(); }

}  // namespace eddy
