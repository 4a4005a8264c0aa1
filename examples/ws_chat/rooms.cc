// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Rooms: who is in which room of the chat, and a way to tell them.

#include "rooms.h"

#include <algorithm>
#include <iterator>

#include "flat_json.h"

namespace {

// {"type":TYPE,"name":NAME,"count":COUNT}
std::string Change(std::string_view type, std::string_view name,
                   std::size_t count) {
  return "{\"type\":" + QuoteJson(type) + ",\"name\":" + QuoteJson(name) +
         ",\"count\":" + std::to_string(count) + '}';
}

}  // namespace

bool Rooms::Join(const std::string& room, const std::string& name,
                 const eddy::ws::SessionHandle& session) {
  const std::lock_guard lock(mutex_);
  Members& members = rooms_[room];
  if (members.size() >= kMaxMembers) return false;
  std::string own = name;
  for (int number = 2; IsTaken(members, own); ++number) {
    own = name + ' ' + std::to_string(number);
  }
  Tell(members, Change("join", own, members.size() + 1));
  members.push_back({own, session});
  std::string welcome = Change("welcome", own, members.size());
  welcome.back() = ',';
  welcome += "\"members\":[";
  for (const Member& member : members) welcome += QuoteJson(member.name) + ',';
  welcome.back() = ']';
  session.Send(welcome += '}');
  return true;
}

void Rooms::Say(const std::string& room, const eddy::ws::SessionHandle& session,
                std::string_view text) {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  const auto speaker = Find(found->second, session);
  if (speaker == found->second.end()) return;
  Tell(found->second, "{\"type\":\"say\",\"name\":" + QuoteJson(speaker->name) +
                          ",\"text\":" + QuoteJson(text) + '}');
}

void Rooms::Leave(const std::string& room,
                  const eddy::ws::SessionHandle& session) {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  Members& members = found->second;
  const auto gone = Find(members, session);
  if (gone != members.end()) {
    const std::string name = std::move(gone->name);
    members.erase(gone);
    Tell(members, Change("leave", name, members.size()));
  }
  if (members.empty()) rooms_.erase(found);
}

Rooms::Members::iterator Rooms::Find(Members& members,
                                     const eddy::ws::SessionHandle& session) {
  return std::find_if(members.begin(), members.end(),
                      [&](const Member& m) { return m.session == session; });
}

bool Rooms::IsTaken(const Members& members, std::string_view name) {
  return std::any_of(members.begin(), members.end(),
                     [&](const Member& m) { return m.name == name; });
}

void Rooms::Tell(const Members& members, std::string_view json) {
  const eddy::ws::PreparedMessage message(json);  // one copy for all
  for (const Member& member : members) member.session.Send(message);
}
