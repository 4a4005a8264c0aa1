// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ws_chat: chat rooms for browsers: the page and its WebSocket on one port.
//
// Shows how a server answers plain requests (the files of examples/ws_chat,
// which are part of the program), whom it refuses, how it guards itself against
// members that are hostile, and rooms that all loops share. To try it, run it
// and open http://localhost:1833 in two windows.
//
// The members say {"type":"join","room":ROOM,"name":NAME}, once, and then
// {"type":"say","text":TEXT}. They are told, again in JSON, of a welcome, and
// of each join, leave and say in their room.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "command_line.h"
#include "ws_chat/files.h"
#include "ws_chat/flat_json.h"
#include "ws_chat/rooms.h"

// In bytes.
constexpr std::size_t kMaxName = 96;
constexpr std::size_t kMaxText = 4000;
// Of a member who says much at once: so many messages, then so many a second.
constexpr int kBurst = 20;
constexpr std::chrono::milliseconds kBetweenMessages(200);

// What the page may do: load what is served here, and talk to here.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

struct Page {
  std::string_view path;
  const std::string_view& text;
  std::string_view content_type;
};

constexpr std::array kPages = {
    Page{"/", kIndexHtml, "text/html; charset=utf-8"},
    Page{"/style.css", kStyleCss, "text/css; charset=utf-8"},
    Page{"/chat.js", kChatJs, "text/javascript; charset=utf-8"},
    Page{"/icon.svg", kIconSvg, "image/svg+xml"},
};

// Browsers tell from which site a page comes. One from elsewhere must not speak
// in the name of its visitors. Other programs tell nothing.
bool IsFromHere(const eddy::ws::Request& request) {
  const std::string_view origin = request.origin();
  const std::string host(request.host());
  return origin.empty() || origin == "http://" + host ||
         origin == "https://" + host;
}

bool IsFitName(std::string_view name) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != ' ' &&
         name.back() != ' ' &&
         std::none_of(name.begin(), name.end(), is_control);
}

class Chat : public eddy::ws::Handler {
 public:
  void OnUpgrade(const eddy::ws::Request& request,
                 eddy::ws::Response& response) override {
    if (request.path() == "/socket" && request.is_upgrade()) {
      if (!IsFromHere(request)) response.Answer(403, "not from this site\n");
      return;
    }
    for (const Page& page : kPages) {
      if (request.path() == page.path) return Show(page, response);
    }
    response.Answer(404, "there is nothing here\n");
  }

  void OnMessage(eddy::ws::Session& session,
                 eddy::ws::Message message) override {
    auto fields = ParseFlatJson(message.text());
    if (!message.is_text() || !fields) return Refuse(session);
    const std::string& type = (*fields)["type"];
    auto* guest = session.Get<Guest>();
    if (guest == nullptr && type == "join") {
      Join(session, (*fields)["room"], (*fields)["name"]);
    } else if (guest != nullptr && type == "say") {
      Say(session, *guest, (*fields)["text"]);
    } else {
      Refuse(session);
    }
  }

  // However it ended: closed, lost, too slow to read, or by the server's stop.
  void OnClose(eddy::ws::Session& session, eddy::ws::CloseCode,
               std::string_view) override {
    if (const auto* guest = session.Get<Guest>()) {
      rooms_.Leave(guest->room, session.handle());
    }
  }

 private:
  // What a session has once it has joined.
  struct Guest {
    std::string room;
    // When it will have made up for what it said up to now.
    eddy::EventLoop::Clock::time_point even{};
  };

  static void Show(const Page& page, eddy::ws::Response& response) {
    response.Answer(200, page.text, page.content_type);
    response.AddHeader("Content-Security-Policy", kContentSecurityPolicy);
    response.AddHeader("X-Content-Type-Options", "nosniff");
    response.AddHeader("Referrer-Policy", "no-referrer");
    response.AddHeader("Cache-Control", "no-cache");
  }

  // The page says nothing of the kind.
  static void Refuse(eddy::ws::Session& session) {
    session.Close(eddy::ws::CloseCode::kPolicyViolation, "not understood");
  }

  void Join(eddy::ws::Session& session, const std::string& room,
            const std::string& name) {
    if (!IsFitName(room) || !IsFitName(name)) return Refuse(session);
    session.Emplace<Guest>().room = room;
    if (!rooms_.Join(room, name, session.handle())) {
      session.Close(eddy::ws::CloseCode::kTryAgainLater, "the room is full");
    }
  }

  void Say(eddy::ws::Session& session, Guest& guest, std::string_view text) {
    if (text.empty() || text.size() > kMaxText) return Refuse(session);
    const auto now = session.loop().now();
    guest.even = std::max(guest.even, now) + kBetweenMessages;
    if (guest.even - now > kBurst * kBetweenMessages) {
      session.Close(eddy::ws::CloseCode::kPolicyViolation, "too much at once");
      return;
    }
    rooms_.Say(guest.room, session.handle(), text);
  }

  Rooms rooms_;
};

int main(int argc, char** argv) {
  CommandLine command_line("ws_chat: chat rooms for browsers");
  if (!command_line.Parse(argc, argv)) return command_line.exit_code;

  eddy::ServerOptions options = std::move(command_line.options);
  // Who does not read is disconnected once this much waits for it.
  options.connection.max_output_bytes = std::size_t{1} << 20;
  eddy::ws::Options session;
  session.max_message_bytes = std::size_t{32} << 10;  // escaped, it is longer
  Chat chat;
  eddy::ws::Server server(chat, std::move(options), session);
  return Serve(server);
}
