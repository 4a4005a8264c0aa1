// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// tcp_proxy: passes on what comes, to a server and back.
//
// Shows a client that shares its server's loops: both connections of a pair are
// on one loop, so that a pipe can couple them. While one side does not read,
// the other is not read from either, and a pair never holds more than 2 MiB;
// by io_uring before Linux 6.17, which takes more at a time, 17 MiB. To try it,
// run echo on another port, this one, and a client:
//
//   echo --port 1834
//   tcp_proxy --to 127.0.0.1:1834
//   nc localhost 1833

#include <cstdio>
#include <string>
#include <utility>

#include "command_line.h"

// Couples the two, if both are there.
void Join(const eddy::ConnectionHandle& front,
          const eddy::Result<eddy::ConnectionHandle>& back) {
  eddy::Connection* const near = front.Find();
  eddy::Connection* const far = back ? back->Find() : nullptr;
  if (!back) std::fprintf(stderr, "%s\n", back.status().message().c_str());
  if (near != nullptr && far != nullptr && eddy::Pipe(*near, *far).ok()) {
    near->ResumeReading();
    return;
  }
  if (near != nullptr) near->Abort();
  if (far != nullptr) far->Abort();
}

// Front: the clients' side.
class Front : public eddy::Handler {
 public:
  explicit Front(std::string to) : to_(std::move(to)) {}

  // The server needs its handler before there can be a client on its loops.
  void set_client(eddy::Client& client) { client_ = &client; }

  void OnConnect(eddy::Connection& front) override {
    front.PauseReading();  // until there is somebody to send it to
    const eddy::ConnectId id = client_->Connect(
        to_, {}, [handle = front.handle()](auto back) { Join(handle, back); });
    if (id) {
      front.Emplace<eddy::ConnectId>(id);
    } else {
      front.Abort();
    }
  }

  void OnMessage(eddy::Connection&, eddy::RingBuffer&) override {}

  void OnClose(eddy::Connection& front, const eddy::Status&) override {
    // It may have left before the other side was there.
    if (auto* id = front.Get<eddy::ConnectId>()) client_->Cancel(*id);
  }

 private:
  std::string to_;
  eddy::Client* client_ = nullptr;
};

// Back: the server's side, which the pipe takes over before anything comes.
struct Back : eddy::Handler {
  void OnMessage(eddy::Connection&, eddy::RingBuffer&) override {}
};

int main(int argc, char** argv) {
  CommandLine command_line("tcp_proxy: passes on what comes, there and back");
  std::string to = "127.0.0.1:1834";
  command_line.AddText("--to", to, "address to connect to for each client");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  eddy::ConnectionOptions small;
  small.high_watermark_bytes = 256 * 1024;
  small.low_watermark_bytes = 128 * 1024;
  command_line.options.connection = small;

  Front front(to);
  Back back;
  eddy::Server server(front, std::move(command_line.options));
  eddy::Client client(back, server, {.connection = small});
  front.set_client(client);
  if (const eddy::Status status = client.Start(); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  }
  return Serve(server);
}
