// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// echo_client: sends its input to a server, and writes what comes back.
//
// Shows a client, a descriptor of the program's own on its loop, and how both
// are held back: input is not read while the server does not take what was
// sent, and the server is not read from while the output is blocked. To try it,
// run echo and
//
//   seq 1000000 | echo_client 127.0.0.1:1833 | tail -1

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

#include "command_line.h"

enum ExitCode { kDone = 0, kNotConnected = 1, kTimedOut = 3, kLost = 4 };

constexpr const char* kExitCodes =
    "exit codes: 0 all was sent, and the server has ended its stream; 1 no "
    "connection; 2 wrong arguments; 3 no connection in time; 4 the connection "
    "was lost, or the input could not be read";

// Session: the one connection, and the program's input.
class Session : public eddy::Handler {
 public:
  void set_client(eddy::Client& client) { client_ = &client; }
  int exit_code() const { return exit_code_; }

  void Fail(int exit_code, const eddy::Status& status) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    exit_code_ = exit_code;
    client_->Stop();
  }

  void OnConnect(eddy::Connection& connection) override {
    auto watch = connection.loop().Watch(
        STDIN_FILENO, eddy::Interest::kRead,
        [this, &connection](eddy::Interest) { ReadInput(connection); });
    if (watch) {
      watch_ = *watch;
    } else {
      // A file, which is always ready, can't be watched.
      ReadWhileWritable(connection);
    }
  }

  void OnMessage(eddy::Connection&, eddy::RingBuffer& input) override {
    const auto [first, second] = input.Peek();
    std::fwrite(first.data(), 1, first.size(), stdout);
    std::fwrite(second.data(), 1, second.size(), stdout);
    std::fflush(stdout);
    input.Clear();
  }

  void OnWritable(eddy::Connection& connection) override {
    if (!watch_) return ReadWhileWritable(connection);
    const eddy::Status status =
        connection.loop().ModifyWatch(watch_, eddy::Interest::kRead);
    if (!status.ok()) connection.Abort();
  }

  void OnClose(eddy::Connection& connection,
               const eddy::Status& reason) override {
    connection.loop().Unwatch(watch_);
    if (!reason.ok()) return Fail(kLost, reason);
    if (!has_ended_) return Fail(kLost, eddy::Error::kClosed);
    exit_code_ = kDone;
    client_->Stop();
  }

 private:
  void ReadInput(eddy::Connection& connection) {
    std::array<std::byte, 64 * 1024> block;
    const ssize_t count = ::read(STDIN_FILENO, block.data(), block.size());
    if (count < 0) {
      std::perror("standard input");
      return connection.Abort();
    }
    if (count == 0) {
      has_ended_ = true;
      connection.loop().Unwatch(watch_);
      connection.Shutdown();
      return;
    }
    connection.Send(std::span(block).first(static_cast<std::size_t>(count)));
    if (watch_ && !connection.is_writable()) {
      const eddy::Status status =
          connection.loop().ModifyWatch(watch_, eddy::Interest::kNone);
      if (!status.ok()) connection.Abort();
    }
  }

  void ReadWhileWritable(eddy::Connection& connection) {
    while (!has_ended_ && connection.is_writable()) ReadInput(connection);
  }

  eddy::Client* client_ = nullptr;
  eddy::WatchId watch_;  // of the input; none: it can't be watched
  bool has_ended_ = false;
  int exit_code_ = kLost;
};

int main(int argc, char** argv) {
  CommandLine command_line("echo_client: sends its input, writes the answers",
                           CommandLine::Kind::kClient);
  std::string address;
  int timeout_seconds = 10;
  command_line.AddArgument("ADDRESS", address, "where to connect to");
  command_line.AddNumber("--timeout", timeout_seconds, 0, 86400,
                         "seconds to wait for the connection; 0: no limit");
  command_line.AddFooter(kExitCodes);
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  eddy::ClientOptions options = command_line.client_options();
  // It goes on reading while it can't send: the server may be unable to take
  // more before its answers are read.
  options.connection.auto_pause = false;
  Session session;
  eddy::Client client(session, std::move(options));
  session.set_client(client);
  if (const eddy::Status status = client.Start(); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return kNotConnected;
  }
  const std::chrono::seconds timeout(timeout_seconds);
  client.Connect(address, {.timeout = timeout}, [&](auto connection) {
    if (connection) return;
    const bool is_late = connection.status().code() == eddy::Error::kTimeout;
    session.Fail(is_late ? kTimedOut : kNotConnected, connection.status());
  });
  const eddy::Status end = client.Wait();
  if (end.ok()) return session.exit_code();
  std::fprintf(stderr, "%s\n", end.message().c_str());
  return kLost;
}
