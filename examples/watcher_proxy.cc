// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// watcher_proxy: passes connections on to another server.
//
// Shows what a proactor is best at, a fast source and a slow destination: each
// direction has one buffer, which is read into only once all of it has been
// written, so that nothing piles up. To try it, run the echo example and, in
// other terminals,
//
//   watcher_proxy --port 1834 --to 127.0.0.1:1833
//   nc localhost 1834

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "command_line.h"
#include "watcher_service.h"

// Dial waits, and whoever comes next waits for it, so that a server that does
// not answer holds all clients up. It is to be near, then; a program that dials
// far and wide has threads for it, or the Client of tcp_proxy.
constexpr std::chrono::seconds kDialTimeout(1);

class Proxy final : public WatcherService {
 public:
  Proxy(eddy::Watcher& watcher, std::string to)
      : watcher_(watcher), to_(std::move(to)) {}

  void OnAccept(eddy::UniqueFd front) override {
    auto back = eddy::Dial(to_, {.timeout = kDialTimeout});
    if (!back) {
      std::fprintf(stderr, "%s\n", back.status().message().c_str());
      return;
    }
    const auto a = watcher_.Adopt(std::move(front));
    const auto b = watcher_.Adopt(*std::move(back));
    auto pair = std::make_shared<Pair>();
    if (a) pair->ends[0] = *a;
    if (b) pair->ends[1] = *b;
    const bool has_begun = a && b && Begin(pair, *a, *b) && Begin(pair, *b, *a);
    if (!has_begun) FreeBoth(*pair);
  }

  void Run() override {
    while (const auto results = AwaitResults(watcher_)) {
      for (const eddy::OpResult& result : *results) Advance(result);
    }
  }

 private:
  // Both connections are freed when both directions have ended.
  struct Pair {
    std::array<eddy::WatchedId, 2> ends;
    int ended_count = 0;
  };

  struct Direction {
    std::shared_ptr<Pair> pair;
    eddy::WatchedId from;
    eddy::WatchedId to;
    std::array<std::byte, std::size_t{64} << 10> buffer;
  };

  bool Begin(const std::shared_ptr<Pair>& pair, eddy::WatchedId from,
             eddy::WatchedId to) {
    auto direction = std::make_unique<Direction>();
    direction->pair = pair;
    direction->from = from;
    direction->to = to;
    const eddy::Status status =
        watcher_.Read(from, direction.get(), direction->buffer);
    if (!status.ok()) return false;
    // From here on the results of its requests own it.
    static_cast<void>(direction.release());
    return true;
  }

  void Advance(const eddy::OpResult& result) {
    std::unique_ptr<Direction> direction(
        static_cast<Direction*>(result.context));
    eddy::Status status = result.status;
    if (status.ok() && result.operation == eddy::Operation::kRead) {
      status = watcher_.Write(direction->to, direction.get(),
                              std::span(direction->buffer).first(result.size));
    } else if (status.ok()) {
      status =
          watcher_.Read(direction->from, direction.get(), direction->buffer);
    }
    if (status.ok()) {
      static_cast<void>(direction.release());
    } else {
      End(*direction, status);
    }
  }

  // The end of one direction is passed on; anything worse ends both.
  void End(const Direction& direction, const eddy::Status& status) {
    Pair& pair = *direction.pair;
    const bool is_clean = status.code() == eddy::Error::kEndOfStream;
    if (is_clean && ++pair.ended_count < 2) {
      watcher_.Shutdown(direction.to);
      return;
    }
    FreeBoth(pair);
  }

  // Some may be closed by now.
  void FreeBoth(const Pair& pair) {
    for (const eddy::WatchedId id : pair.ends) watcher_.Free(id);
  }

  eddy::Watcher& watcher_;
  const std::string to_;
};

int main(int argc, char** argv) {
  CommandLine command_line("watcher_proxy: passes connections on");
  std::string to = "127.0.0.1:1833";
  command_line.AddText("--to", to, "address of the server");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;
  return ServeWatchers(command_line.options, [&to](eddy::Watcher& watcher) {
    return std::make_unique<Proxy>(watcher, to);
  });
}
