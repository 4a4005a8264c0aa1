// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// watcher_echo: sends back whatever comes, one request at a time.
//
// Shows a proactor: each connection reads, then writes what it read, and reads
// again once that has been written. So a peer that does not take its answers is
// not read from, and the one buffer of each connection is all that it costs.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "command_line.h"
#include "watcher_service.h"

class Echo final : public WatcherService {
 public:
  explicit Echo(eddy::Watcher& watcher) : watcher_(watcher) {}

  void OnAccept(eddy::UniqueFd socket) override {
    const auto id = watcher_.Adopt(std::move(socket));
    if (!id) return;
    auto peer = std::make_unique_for_overwrite<Peer>();
    const eddy::Status status = watcher_.Read(*id, peer.get(), peer->buffer);
    if (status.ok()) {
      // From here on the results of its requests own it.
      static_cast<void>(peer.release());
    } else {
      watcher_.Free(*id);
    }
  }

  void Run() override {
    while (const auto results = AwaitResults(watcher_)) {
      for (const eddy::OpResult& result : *results) Advance(result);
    }
  }

 private:
  struct Peer {
    // Not a power of two: the beginnings of many would compete for the same
    // lines of the cache.
    std::array<std::byte, std::size_t{68} << 10> buffer;
  };

  void Advance(const eddy::OpResult& result) {
    std::unique_ptr<Peer> peer(static_cast<Peer*>(result.context));
    eddy::Status status = result.status;
    if (status.ok() && result.operation == eddy::Operation::kRead) {
      status = watcher_.Write(result.id, peer.get(),
                              std::span(peer->buffer).first(result.size));
    } else if (status.ok()) {
      status = watcher_.Read(result.id, peer.get(), peer->buffer);
    }
    if (status.ok()) {
      static_cast<void>(peer.release());
    } else {
      watcher_.Free(result.id);  // it may be closed by now
    }
  }

  eddy::Watcher& watcher_;
};

int main(int argc, char** argv) {
  CommandLine command_line("watcher_echo: sends back whatever comes");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;
  return ServeWatchers(command_line.options, [](eddy::Watcher& watcher) {
    return std::make_unique<Echo>(watcher);
  });
}
