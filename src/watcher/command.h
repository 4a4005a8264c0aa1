// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Command: what another thread asks of a watcher.

#ifndef EDDY_WATCHER_COMMAND_H_
#define EDDY_WATCHER_COMMAND_H_

#include <cstdint>
#include <memory>
#include <span>

#include "eddy/watcher.h"
#include "watcher/watched.h"

namespace eddy::internal {

// Command: one call of another thread, kept until the driving one makes it.
struct Command {
  enum class Verb : std::uint8_t {
    kAdopt,
    kRequest,
    kShutdown,
    kFree,
    kCancel
  };

  Verb verb = Verb::kRequest;
  Operation::Kind kind = Operation::Kind::kRead;
  bool is_swap = false;
  WatchedId id{};
  void* context = nullptr;
  std::span<std::byte> buffer{};
  Deadline deadline = kNoDeadline;
  std::unique_ptr<Watched> watched{};  // of kAdopt
};

}  // namespace eddy::internal

#endif  // EDDY_WATCHER_COMMAND_H_
