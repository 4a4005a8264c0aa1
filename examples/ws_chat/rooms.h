// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Rooms: who is in which room of the chat, and a way to tell them.

#ifndef EDDY_EXAMPLES_WS_CHAT_ROOMS_H_
#define EDDY_EXAMPLES_WS_CHAT_ROOMS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/ws.h"

// Rooms: a room is there as long as someone is in it.
//
// Thread: any. Sending through a handle only queues, so the lock is short; and
// since it is held meanwhile, all members see everything in the same order.
class Rooms {
 public:
  static constexpr std::size_t kMaxMembers = 200;  // of each room

  // Lets one in, who is told who else is there. If the name is taken, it gets a
  // number: "Ada 2". False: the room is full.
  bool Join(const std::string& room, const std::string& name,
            const eddy::ws::SessionHandle& session);
  // Both do nothing for one who is not in the room.
  void Say(const std::string& room, const eddy::ws::SessionHandle& session,
           std::string_view text);
  void Leave(const std::string& room, const eddy::ws::SessionHandle& session);

 private:
  struct Member {
    std::string name;
    eddy::ws::SessionHandle session;
  };
  using Members = std::vector<Member>;

  static Members::iterator Find(Members& members,
                                const eddy::ws::SessionHandle& session);
  static bool IsTaken(const Members& members, std::string_view name);
  static void Tell(const Members& members, std::string_view json);

  std::mutex mutex_;
  std::map<std::string, Members> rooms_;
};

#endif  // EDDY_EXAMPLES_WS_CHAT_ROOMS_H_
