// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// async_send: answers that another thread computes and sends.
//
// Shows how slow work leaves the loops: OnMessage hands the line and the
// connection's handle to a worker thread, which sends the answer, the line
// backwards, through the handle. The answer is not copied: its buffer stays
// with the send and is used again when the system has taken the bytes. A client
// that sends faster than it is answered is paused, or the work would pile up.
// To try it, run it and, in another terminal,
//
//   nc localhost 1833

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "command_line.h"

// The lines of a client that are not answered yet, kept with its connection.
struct Pending {
  int lines = 0;
};
constexpr int kMaxPendingLines = 100;  // with more, it is paused

// Worker: a thread that answers one line after the other. Thread: any.
class Worker {
 public:
  ~Worker() { std::fprintf(stderr, "made %zu buffers\n", made_count_); }

  void Add(eddy::ConnectionHandle client, std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      free_.push_back(std::make_unique<std::string>());
      ++made_count_;
    }
    free_.back()->assign(line);
    jobs_.push_back({std::move(client), std::move(free_.back())});
    free_.pop_back();
    has_jobs_.notify_one();
  }

 private:
  using Buffer = std::unique_ptr<std::string>;
  struct Job {
    eddy::ConnectionHandle client;
    Buffer text;
  };

  void Run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (has_jobs_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      std::ranges::reverse(*job.text);
      Answer(job.client, std::move(job.text));
      lock.lock();
    }
  }

  void Answer(const eddy::ConnectionHandle& client, Buffer answer) {
    *answer += '\n';
    const std::string_view bytes = *answer;
    // `done` owns the buffer; if the client has left, both are destroyed.
    auto done = [this, client,
                 buffer = std::move(answer)](const eddy::Status&) mutable {
      client.Post([](eddy::Connection& connection) {
        const int lines = --connection.Get<Pending>()->lines;
        if (lines == kMaxPendingLines / 2) connection.ResumeReading();
      });
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(buffer));
    };
    client.Send(bytes, std::move(done));
  }

  std::mutex mutex_;
  std::condition_variable_any has_jobs_;
  std::deque<Job> jobs_;
  std::vector<Buffer> free_;
  std::size_t made_count_ = 0;
  // The last one: it uses the others.
  std::jthread thread_{[this](std::stop_token stop) { Run(stop); }};
};

class Forwarder : public eddy::FramedHandler {
 public:
  explicit Forwarder(Worker& worker)
      : FramedHandler(std::make_shared<eddy::LineCodec>()), worker_(worker) {}

  void OnConnect(eddy::Connection& connection) override {
    connection.Emplace<Pending>();
  }
  void OnMessage(eddy::Connection& connection,
                 std::span<const std::byte> line) override {
    worker_.Add(connection.handle(), eddy::AsText(line));
    const int lines = ++connection.Get<Pending>()->lines;
    if (lines == kMaxPendingLines) connection.PauseReading();
  }

 private:
  Worker& worker_;
};

int main(int argc, char** argv) {
  CommandLine command_line("async_send: another thread turns lines round");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  // The server goes first, and its callbacks with it; then what they use.
  Worker worker;
  Forwarder handler(worker);
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
