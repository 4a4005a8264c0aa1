// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// lws_ws_echo: a WebSocket echo server on libwebsockets, to measure eddy
// against.
//
// As its documentation wants it: a message is gathered behind LWS_PRE bytes of
// room for the header, and sent when the connection is reported writable, one
// each time. Each loop has a context of its own, with the library's own event
// loop: on libuv, which it can use as well, each wait for room to write costs
// system calls of its own, which busy connections are slower by. The library
// does not listen on a socket that it is given, but watches it like any file.

#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bench/peers/peer.h"

namespace {

using eddy::peer::kReceiveBytes;

// A connection with so much to send is not read until all of it has gone.
constexpr std::size_t kHighWatermarkBytes = 256 * 1024;

void Require(bool is_done, const char* what) {
  if (!is_done) throw std::runtime_error(what);
}

// Session: the messages of one connection that are to be sent back.
class Session {
 public:
  // Takes a part of a message.
  void Gather(lws* connection, const void* data, std::size_t size);

  // Sends a message, if there is one.
  //
  // Returns: false when the connection is broken.
  bool SendOne(lws* connection);

 private:
  struct Message {
    std::vector<unsigned char> bytes;  // Behind the room for a header.
    lws_write_protocol kind = LWS_WRITE_BINARY;
    bool is_complete = false;
  };

  void Add();

  std::list<Message> messages_;  // The last one may not be complete.
  std::list<Message> spare_;     // One at most, for its memory.
  std::size_t num_waiting_bytes_ = 0;
  bool is_held_ = false;
};

void Session::Add() {
  if (spare_.empty()) spare_.emplace_back();
  messages_.splice(messages_.end(), spare_);
  messages_.back().is_complete = false;
  messages_.back().bytes.resize(LWS_PRE);
}

void Session::Gather(lws* connection, const void* data, std::size_t size) {
  if (messages_.empty() || messages_.back().is_complete) Add();
  auto& [bytes, kind, is_complete] = messages_.back();
  const auto* const part = static_cast<const unsigned char*>(data);
  bytes.insert(bytes.end(), part, part + size);
  num_waiting_bytes_ += size;
  is_complete = lws_is_final_fragment(connection) != 0 &&
                lws_remaining_packet_payload(connection) == 0;
  if (!is_complete) return;
  kind =
      lws_frame_is_binary(connection) != 0 ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
  lws_callback_on_writable(connection);
  if (is_held_ || num_waiting_bytes_ < kHighWatermarkBytes) return;
  is_held_ = true;
  lws_rx_flow_control(connection, 0);
}

bool Session::SendOne(lws* connection) {
  if (messages_.empty() || !messages_.front().is_complete) return true;
  auto& [bytes, kind, is_complete] = messages_.front();
  const std::size_t size = bytes.size() - LWS_PRE;
  // What the kernel does not take is kept by the library.
  const int sent = lws_write(connection, bytes.data() + LWS_PRE, size, kind);
  if (sent < static_cast<int>(size)) return false;
  num_waiting_bytes_ -= size;
  spare_.clear();
  spare_.splice(spare_.end(), messages_, messages_.begin());
  if (!messages_.empty() && messages_.front().is_complete) {
    lws_callback_on_writable(connection);
  } else if (is_held_) {
    is_held_ = false;
    lws_rx_flow_control(connection, 1);
  }
  return true;
}

// Returns: what the library asks for, -1 to close the connection.
int OnEvent(lws* connection, lws_callback_reasons reason, void* user,
            void* data, std::size_t size) {
  auto* const session = static_cast<Session*>(user);
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      std::construct_at(session);
      return 0;
    case LWS_CALLBACK_CLOSED:
      std::destroy_at(session);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      session->Gather(connection, data, size);
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return session->SendOne(connection) ? 0 : -1;
    default:
      return lws_callback_http_dummy(connection, reason, user, data, size);
  }
}

int OnListener(lws* listener, lws_callback_reasons reason, void*, void*,
               std::size_t) {
  if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
  for (;;) {
    const int fd = accept4(lws_get_socket_fd(listener), nullptr, nullptr,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return 0;
    // Closes it when it fails.
    lws_adopt_socket(lws_get_context(listener), fd);
  }
}

int OnStop(lws* stop, lws_callback_reasons reason, void*, void*, std::size_t) {
  if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
  *static_cast<bool*>(lws_context_user(lws_get_context(stop))) = true;
  return -1;
}

constexpr std::array<lws_protocols, 4> kProtocols = {{
    {"echo", OnEvent, sizeof(Session), kReceiveBytes, 0, nullptr, 0},
    {"listener", OnListener, 0, 0, 0, nullptr, 0},
    {"stop", OnStop, 0, 0, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
}};

struct Destroyer {
  void operator()(lws_context* context) const { lws_context_destroy(context); }
};

// Has the protocol called when `fd`, which is the library's now, is readable.
void Watch(lws_vhost* host, int fd, const char* protocol) {
  lws_sock_file_fd_type file;
  file.filefd = fd;
  Require(lws_adopt_descriptor_vhost(host, LWS_ADOPT_RAW_FILE_DESC, file,
                                     protocol, nullptr) != nullptr,
          protocol);
}

void RunLoop(const eddy::peer::Descriptors& descriptors) {
  bool is_told_to_stop = false;
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = kProtocols.data();
  info.pt_serv_buf_size = kReceiveBytes;
  info.user = &is_told_to_stop;
  const std::unique_ptr<lws_context, Destroyer> context(
      lws_create_context(&info));
  Require(context != nullptr, "lws_create_context");
  lws_vhost* const host = lws_get_vhost_by_name(context.get(), "default");
  Watch(host, descriptors.listener, "listener");
  Watch(host, dup(descriptors.stop), "stop");
  while (!is_told_to_stop && lws_service(context.get(), 0) >= 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  lws_set_log_level(LLL_ERR, nullptr);
  return eddy::peer::Main(argc, argv, "lws_ws_echo", RunLoop);
}
