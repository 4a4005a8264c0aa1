// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ws_client: sends its input to a WebSocket server, each line as a message, and
// writes what comes back, each message as a line.
//
// Shows a client, a descriptor of the program's own on its loop, and how the
// input is held back while the server does not take what was sent. To try it,
// run ws_echo and
//
//   seq 1000000 | ws_client --connect ws://127.0.0.1:1833 | tail -1

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "command_line.h"

enum ExitCode { kDone = 0, kNotConnected = 1, kTimedOut = 3, kLost = 4 };

constexpr const char* kExitCodes =
    "exit codes: 0 all was sent, and the session closed; or the server closed "
    "it with 1000; 1 no session; 2 wrong arguments; 3 no session in time; 4 "
    "the session was lost or closed otherwise, or the input could not be read";

// Talk: the one session, and the program's input.
class Talk : public eddy::ws::Handler {
 public:
  void set_client(eddy::ws::Client& client) { client_ = &client; }
  int exit_code() const { return exit_code_; }

  void Fail(int exit_code, const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    exit_code_ = exit_code;
    client_->Stop();
  }

  void OnConnect(eddy::ws::Session& session) override {
    auto watch = session.loop().Watch(
        STDIN_FILENO, eddy::Interest::kRead,
        [this, &session](eddy::Interest) { ReadInput(session); });
    if (watch) {
      watch_ = *watch;
    } else {
      // A file, which is always ready, can't be watched.
      ReadWhileWritable(session);
    }
  }

  void OnMessage(eddy::ws::Session&, eddy::ws::Message message) override {
    std::fwrite(message.bytes.data(), 1, message.bytes.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }

  // Of the ping behind the last line: a server that answers in order has
  // answered every line.
  void OnPong(eddy::ws::Session& session, std::span<const std::byte>) override {
    if (has_ended_) session.Close();
  }

  void OnWritable(eddy::ws::Session& session) override {
    if (has_ended_) return;
    if (!watch_) return ReadWhileWritable(session);
    const eddy::Status status =
        session.loop().ModifyWatch(watch_, eddy::Interest::kRead);
    if (!status.ok()) session.Abort();
  }

  void OnClose(eddy::ws::Session& session, eddy::ws::CloseCode code,
               std::string_view reason) override {
    session.loop().Unwatch(watch_);
    if (code != eddy::ws::CloseCode::kNormal) {
      return Fail(kLost, "closed with " +
                             std::to_string(static_cast<int>(code)) + ' ' +
                             std::string(reason));
    }
    exit_code_ = kDone;
    client_->Stop();
  }

 private:
  void ReadInput(eddy::ws::Session& session) {
    std::array<char, 64 * 1024> block;
    const ssize_t count = ::read(STDIN_FILENO, block.data(), block.size());
    if (count < 0) {
      std::perror("standard input");
      return session.Abort();
    }
    if (count == 0) return EndInput(session);
    SendLines(session, {block.data(), static_cast<std::size_t>(count)});
    if (watch_ && !session.is_writable()) {
      const eddy::Status status =
          session.loop().ModifyWatch(watch_, eddy::Interest::kNone);
      if (!status.ok()) session.Abort();
    }
  }

  void SendLines(eddy::ws::Session& session, std::string_view input) {
    for (std::size_t end; (end = input.find('\n')) != std::string_view::npos;) {
      line_ += input.substr(0, end);
      session.Send(line_);
      line_.clear();
      input.remove_prefix(end + 1);
    }
    line_ += input;
  }

  void EndInput(eddy::ws::Session& session) {
    has_ended_ = true;
    session.loop().Unwatch(watch_);
    if (!line_.empty()) session.Send(line_);
    session.Ping();
  }

  void ReadWhileWritable(eddy::ws::Session& session) {
    while (!has_ended_ && session.is_writable()) ReadInput(session);
  }

  eddy::ws::Client* client_ = nullptr;
  eddy::WatchId watch_;  // of the input; none: it can't be watched
  std::string line_;     // what came of one that is not whole yet
  bool has_ended_ = false;
  int exit_code_ = kLost;
};

int main(int argc, char** argv) {
  CommandLine command_line("ws_client: sends its input, writes the answers",
                           CommandLine::Kind::kClient);
  std::string url = "ws://127.0.0.1:1833";
  int timeout_seconds = 10;
  bool deflate = false;
  command_line.AddText("--connect", url, "ws://HOST:PORT/PATH of the server");
  command_line.AddNumber("--timeout", timeout_seconds, 1, 86400,
                         "seconds to wait for the session");
  command_line.AddSwitch("--deflate", deflate,
                         "compress if the server knows how to (RFC 7692)");
  command_line.AddFooter(kExitCodes);
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  eddy::ClientOptions options = command_line.client_options();
  // It goes on reading while it can't send: the server may be unable to take
  // more before its answers are read.
  options.connection.auto_pause = false;
  const std::chrono::seconds timeout(timeout_seconds);
  eddy::ws::Options session;
  session.handshake_timeout = timeout;
  if (deflate) session.deflate.emplace();
  Talk talk;
  eddy::ws::Client client(talk, std::move(options), session);
  talk.set_client(client);
  if (const eddy::Status status = client.Start(); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return kNotConnected;
  }
  eddy::ws::ConnectOptions how;
  how.timeout = timeout;
  client.Connect(url, std::move(how), [&](auto opened) {
    if (opened) return;
    const bool is_late = opened.status().code() == eddy::Error::kTimeout;
    talk.Fail(is_late ? kTimedOut : kNotConnected, opened.status().message());
  });
  const eddy::Status end = client.Wait();
  if (end.ok()) return talk.exit_code();
  std::fprintf(stderr, "%s\n", end.message().c_str());
  return kLost;
}
