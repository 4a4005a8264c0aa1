// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// async_send: answers that another thread computes and sends.
//
// Shows how slow work leaves the loops: OnMessage hands the line and the
// connection's handle to a worker thread, which sends the answer, the line
// backwards, through the handle. The answer is not copied: its buffer stays
// with the send and returns to a pool when the system has taken the bytes. To
// try it, run it and, in another terminal,
//
//   nc localhost 1833

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

// BufferPool: buffers to be used again. Thread: any.
class BufferPool {
 public:
  using Buffer = std::unique_ptr<std::string>;

  ~BufferPool() { std::fprintf(stderr, "made %zu buffers\n", made_count_); }

  Buffer Take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      ++made_count_;
      return std::make_unique<std::string>();
    }
    Buffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void Give(Buffer buffer) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(buffer));
  }

 private:
  std::mutex mutex_;
  std::vector<Buffer> free_;
  std::size_t made_count_ = 0;
};

// Worker: a thread that answers one line after the other. Thread: any.
class Worker {
 public:
  explicit Worker(BufferPool& pool)
      : pool_(pool), thread_([this](std::stop_token stop) { Run(stop); }) {}

  void Add(eddy::ConnectionHandle client, std::string_view line) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back({std::move(client), std::string(line)});
    }
    has_jobs_.notify_one();
  }

 private:
  struct Job {
    eddy::ConnectionHandle client;
    std::string line;
  };

  void Run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (has_jobs_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      Answer(job);
      lock.lock();
    }
  }

  void Answer(const Job& job) {
    BufferPool::Buffer buffer = pool_.Take();
    buffer->assign(job.line.rbegin(), job.line.rend());
    *buffer += '\n';
    const std::string_view bytes = *buffer;
    // `done` owns the buffer; if the client has left, both are destroyed.
    auto done = [this, owned = std::move(buffer)](const eddy::Status&) mutable {
      pool_.Give(std::move(owned));
    };
    job.client.Send(bytes, std::move(done));
  }

  BufferPool& pool_;
  std::mutex mutex_;
  std::condition_variable_any has_jobs_;
  std::deque<Job> jobs_;
  std::jthread thread_;  // the last one: it uses the others
};

class Forwarder : public eddy::FramedHandler {
 public:
  explicit Forwarder(Worker& worker)
      : FramedHandler(std::make_shared<eddy::LineCodec>()), worker_(worker) {}

  void OnMessage(eddy::Connection& connection,
                 std::span<const std::byte> line) override {
    worker_.Add(connection.handle(), eddy::AsText(line));
  }

 private:
  Worker& worker_;
};

int main(int argc, char** argv) {
  CommandLine command_line("async_send: another thread turns lines round");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  // The server goes first, and its callbacks with it; then the thread, then
  // the pool that both use.
  BufferPool pool;
  Worker worker(pool);
  Forwarder handler(worker);
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
