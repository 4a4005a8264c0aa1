// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// watcher_push: sends a line to every client, again and again.
//
// Shows how a proactor keeps slow clients from costing memory: all are sent the
// same bytes, and one that has not taken its last line yet is left out until it
// has. To try it, run it and, in other terminals,
//
//   nc localhost 1833

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "command_line.h"
#include "watcher_service.h"

using Clock = std::chrono::steady_clock;

class Push final : public WatcherService {
 public:
  Push(eddy::Watcher& watcher, std::chrono::milliseconds period)
      : watcher_(watcher), period_(period), next_tick_(Clock::now() + period) {}

  void OnAccept(eddy::UniqueFd socket) override {
    const auto id = watcher_.Adopt(std::move(socket));
    if (!id) return;
    const std::lock_guard lock(mutex_);
    newcomers_.push_back(*id);
  }

  void Run() override {
    while (const auto results =
               AwaitResults(watcher_, next_tick_ - Clock::now())) {
      for (const eddy::OpResult& result : *results) Take(result);
      if (Clock::now() >= next_tick_) Tick();
    }
  }

 private:
  struct Client {
    // What is being written, for as long as it is.
    std::shared_ptr<const std::string> line;
    bool has_left = false;
  };

  void Take(const eddy::OpResult& result) {
    Client& client = clients_[result.id];
    if (result.operation == eddy::Operation::kWrite) client.line.reset();
    if (!result.status.ok() && !client.has_left) {
      client.has_left = true;
      watcher_.Free(result.id);
    }
    if (!client.has_left) {
      if (result.operation == eddy::Operation::kRead) Listen(result.id);
    } else if (client.line == nullptr) {
      clients_.erase(result.id);
    }
  }

  // What clients say is dropped, but their end must be seen.
  void Listen(eddy::WatchedId id) {
    static_cast<void>(watcher_.Read(id, nullptr));
  }

  void Tick() {
    next_tick_ += period_;
    WelcomeNewcomers();
    const auto line = std::make_shared<const std::string>(
        "line " + std::to_string(++count_) + '\n');
    for (auto& [id, client] : clients_) {
      if (client.has_left || client.line != nullptr) continue;
      const eddy::Status status =
          watcher_.Write(id, nullptr, eddy::AsBytes(*line));
      if (status.ok()) client.line = line;
    }
  }

  void WelcomeNewcomers() {
    const std::lock_guard lock(mutex_);
    for (const eddy::WatchedId id : newcomers_) {
      clients_[id] = Client();
      Listen(id);
    }
    newcomers_.clear();
  }

  eddy::Watcher& watcher_;
  const std::chrono::milliseconds period_;
  Clock::time_point next_tick_;
  std::uint64_t count_ = 0;
  std::map<eddy::WatchedId, Client> clients_;
  std::mutex mutex_;
  std::vector<eddy::WatchedId> newcomers_;  // under mutex_
};

int main(int argc, char** argv) {
  CommandLine command_line(
      "watcher_push: sends a line to every client, periodically");
  int period_ms = 1000;
  command_line.AddMilliseconds("--period-ms", period_ms,
                               "time from one line to the next");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;
  const std::chrono::milliseconds period(period_ms);
  return ServeWatchers(command_line.options, [period](eddy::Watcher& watcher) {
    return std::make_unique<Push>(watcher, period);
  });
}
