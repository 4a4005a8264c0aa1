// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Watcher service: what the examples with watchers have in common.

#include "watcher_service.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

// Before what failed is tried again: perhaps there is more memory then, or a
// descriptor.
constexpr std::chrono::milliseconds kPause(50);

// Shard: a listener, a watcher and their threads.
class Shard {
 public:
  Shard(std::unique_ptr<eddy::Listener> listener,
        std::unique_ptr<eddy::Watcher> watcher)
      : listener_(std::move(listener)), watcher_(std::move(watcher)) {}

  eddy::Listener& listener() { return *listener_; }
  eddy::Watcher& watcher() { return *watcher_; }

  void Start(std::unique_ptr<WatcherService> service) {
    service_ = std::move(service);
    runner_ = std::thread([this] { service_->Run(); });
    acceptor_ = std::thread([this] { AcceptUntilClosed(); });
  }
  void Stop() {
    listener_->Close();
    acceptor_.join();
    watcher_->Close();
    runner_.join();
  }

 private:
  void AcceptUntilClosed() {
    for (;;) {
      auto socket = listener_->Accept();
      if (socket) {
        service_->OnAccept(*std::move(socket));
      } else if (socket.status().code() == eddy::Error::kClosed) {
        return;
      } else {
        std::fprintf(stderr, "%s\n", socket.status().message().c_str());
        std::this_thread::sleep_for(kPause);
      }
    }
  }

  std::unique_ptr<eddy::Listener> listener_;
  std::unique_ptr<eddy::Watcher> watcher_;
  std::unique_ptr<WatcherService> service_;
  std::thread acceptor_;
  std::thread runner_;
};

eddy::Status MakeShards(const eddy::ServerOptions& options,
                        std::vector<std::unique_ptr<Shard>>& shards) {
  const std::size_t count =
      options.num_loops != 0
          ? options.num_loops
          : std::max(1U, std::thread::hardware_concurrency());
  // Finds a port, and that nobody else has it: with reuse_port, servers share
  // one without a word.
  auto probe = eddy::Listener::Create(options.address);
  if (!probe) return probe.status();
  const std::string address = (*probe)->address().ToString();
  probe->reset();
  while (shards.size() < count) {
    auto listener = eddy::Listener::Create(address, {.reuse_port = true});
    if (!listener) return listener.status();
    auto watcher = eddy::Watcher::Create(
        {.backend = options.backend, .spin = options.spin});
    if (!watcher) return watcher.status();
    shards.push_back(
        std::make_unique<Shard>(*std::move(listener), *std::move(watcher)));
  }
  return {};
}

}  // namespace

std::optional<std::span<const eddy::OpResult>> AwaitResults(
    eddy::Watcher& watcher, std::chrono::nanoseconds timeout) {
  const auto results = watcher.WaitIo(timeout);
  if (results) return *results;
  const eddy::Status& status = results.status();
  if (status.code() == eddy::Error::kClosed) return std::nullopt;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  if (status.code() != eddy::Error::kNoMemory) std::_Exit(1);
  std::this_thread::sleep_for(kPause);
  return std::span<const eddy::OpResult>();
}

int ServeWatchers(
    const eddy::ServerOptions& options,
    const std::function<std::unique_ptr<WatcherService>(eddy::Watcher&)>&
        make) {
  std::vector<std::unique_ptr<Shard>> shards;
  const eddy::Status status = MakeShards(options, shards);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  }
  // Blocked here and in the threads to come, and taken by sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  for (const auto& shard : shards) shard->Start(make(shard->watcher()));
  eddy::Watcher& first = shards.front()->watcher();
  std::fprintf(stderr, "running on %s, worker loops: %zu\n",
               std::string(ToString(first.backend())).c_str(), shards.size());
  std::printf("listening on %s\n",
              shards.front()->listener().address().ToString().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  // All of them first: each may take its time to notice.
  for (const auto& shard : shards) shard->listener().Close();
  for (const auto& shard : shards) shard->Stop();
  return 0;
}
