// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// line_chat: a chat room; the first line is a name, the others are said to all.
//
// Shows a room that is shared by every loop: its members are handles, which any
// thread may send through, under one lock. To try it, run it and, in several
// terminals,
//
//   nc localhost 1833
//
// /quit leaves.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.h"

// Room: who is here, and a way to tell them.
//
// Thread: any. Sending through a handle only queues, so the lock is short; and
// since it is held meanwhile, everyone sees all lines in the same order.
class Room {
 public:
  // False if the name is taken.
  bool Join(const std::string& name, const eddy::ConnectionHandle& client) {
    const std::lock_guard lock(mutex_);
    if (Find(name) != members_.end()) return false;
    std::string greeting = "here:";
    for (const Member& member : members_) greeting += ' ' + member.name;
    client.Send(greeting + '\n');
    Tell("* " + name + " came\n", name);
    members_.push_back({name, client});
    return true;
  }

  void Say(const std::string& name, std::string_view text) {
    const std::lock_guard lock(mutex_);
    Tell(name + ": " + std::string(text) + '\n', name);
  }

  void Leave(const std::string& name) {
    const std::lock_guard lock(mutex_);
    members_.erase(Find(name));
    Tell("* " + name + " left\n", name);
  }

 private:
  struct Member {
    std::string name;
    eddy::ConnectionHandle client;
  };

  std::vector<Member>::iterator Find(std::string_view name) {
    return std::find_if(members_.begin(), members_.end(),
                        [&](const Member& m) { return m.name == name; });
  }

  void Tell(std::string_view line, std::string_view all_but) {
    const eddy::Payload payload(line);  // one copy for all
    for (const Member& member : members_) {
      if (member.name != all_but) member.client.Send(payload);
    }
  }

  std::mutex mutex_;
  std::vector<Member> members_;
};

class Chat : public eddy::FramedHandler {
 public:
  Chat() : FramedHandler(std::make_shared<eddy::LineCodec>(1024)) {}

  void OnConnect(eddy::Connection& connection) override {
    connection.Send("your name?\n");
  }

  void OnMessage(eddy::Connection& connection,
                 std::span<const std::byte> line) override {
    const std::string text(eddy::AsText(line));
    const auto* guest = connection.Get<Guest>();
    if (text == "/quit") {
      connection.Close();
    } else if (guest != nullptr) {
      room_.Say(guest->name, text);
    } else if (!text.empty() && room_.Join(text, connection.handle())) {
      connection.Emplace<Guest>(Guest{text});
    } else {
      connection.Send("another name?\n");
    }
  }

  // However it ended: /quit, a lost connection or the server's stop.
  void OnClose(eddy::Connection& connection, const eddy::Status&) override {
    if (const auto* guest = connection.Get<Guest>()) room_.Leave(guest->name);
  }

 private:
  // What a connection has once its first line was a name.
  struct Guest {
    std::string name;
  };

  Room room_;
};

int main(int argc, char** argv) {
  CommandLine command_line("line_chat: a chat room for lines of text");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  Chat handler;
  eddy::Server server(handler, std::move(command_line.options));
  return Serve(server);
}
