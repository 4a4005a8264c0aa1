// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// libevent_echo: an echo server on libevent, to measure eddy against.
//
// A bufferevent for each connection, as libevent's book recommends: the read
// callback moves the whole input to the output, by chunk and without a copy.
// Its epoll change list is on, which saves up to a tenth. Two of the library's
// ways are not its user's to change: version 2.1 takes at most 4 KiB from the
// kernel at once, and output leaves only once the socket is reported writable.

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <unordered_set>

#include "bench/peers/peer.h"

namespace {

// A connection with so much output is not read until all of it has gone.
constexpr std::size_t kHighWatermarkBytes = 256 * 1024;

template <auto kFree>
struct Freer {
  void operator()(auto* object) const { kFree(object); }
};
template <typename Object, auto kFree>
using Owned = std::unique_ptr<Object, Freer<kFree>>;
using Base = Owned<event_base, event_base_free>;

// The change list needs that no descriptor is a duplicate of another.
Base MakeBase() {
  const Owned<event_config, event_config_free> config(event_config_new());
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  return Base(event_base_new_with_config(config.get()));
}

// EchoLoop: an event base, its listener and the connections it accepted.
class EchoLoop {
 public:
  explicit EchoLoop(const eddy::peer::Descriptors& descriptors);
  EchoLoop(const EchoLoop&) = delete;
  EchoLoop& operator=(const EchoLoop&) = delete;
  ~EchoLoop();

  void Run() { event_base_dispatch(base_.get()); }

 private:
  static void OnStop(evutil_socket_t fd, short events, void* context);
  static void OnAccept(evconnlistener* listener, evutil_socket_t fd,
                       sockaddr* address, int address_size, void* context);
  static void OnRead(bufferevent* connection, void* context);
  static void OnDrained(bufferevent* connection, void* context);
  static void OnFlushed(bufferevent* connection, void* context);
  static void OnEvent(bufferevent* connection, short events, void* context);

  void Close(bufferevent* connection);

  Base base_;
  Owned<evconnlistener, evconnlistener_free> listener_;
  Owned<event, event_free> stop_;
  std::unordered_set<bufferevent*> connections_;
};

EchoLoop::EchoLoop(const eddy::peer::Descriptors& descriptors)
    : base_(MakeBase()),
      listener_(evconnlistener_new(base_.get(), OnAccept, this,
                                   LEV_OPT_CLOSE_ON_FREE, 0,
                                   descriptors.listener)),
      stop_(event_new(base_.get(), descriptors.stop, EV_READ, OnStop, this)) {
  if (!base_ || !listener_ || !stop_ || event_add(stop_.get(), nullptr) != 0) {
    throw std::runtime_error("libevent could not be set up");
  }
}

EchoLoop::~EchoLoop() {
  for (bufferevent* const connection : connections_) {
    bufferevent_free(connection);
  }
}

void EchoLoop::OnStop(evutil_socket_t, short, void* context) {
  event_base_loopbreak(static_cast<EchoLoop*>(context)->base_.get());
}

void EchoLoop::OnAccept(evconnlistener*, evutil_socket_t fd, sockaddr*, int,
                        void* context) {
  auto& loop = *static_cast<EchoLoop*>(context);
  bufferevent* const connection =
      bufferevent_socket_new(loop.base_.get(), fd, BEV_OPT_CLOSE_ON_FREE);
  if (connection == nullptr) {
    evutil_closesocket(fd);
    return;
  }
  loop.connections_.insert(connection);
  bufferevent_set_max_single_read(connection, eddy::peer::kReceiveBytes);
  bufferevent_set_max_single_write(connection, kHighWatermarkBytes);
  bufferevent_setcb(connection, OnRead, nullptr, OnEvent, context);
  bufferevent_enable(connection, EV_READ);
}

void EchoLoop::OnRead(bufferevent* connection, void* context) {
  bufferevent_write_buffer(connection, bufferevent_get_input(connection));
  const evbuffer* const output = bufferevent_get_output(connection);
  if (evbuffer_get_length(output) < kHighWatermarkBytes) return;
  bufferevent_disable(connection, EV_READ);
  bufferevent_setcb(connection, OnRead, OnDrained, OnEvent, context);
}

void EchoLoop::OnDrained(bufferevent* connection, void* context) {
  bufferevent_setcb(connection, OnRead, nullptr, OnEvent, context);
  bufferevent_enable(connection, EV_READ);
}

void EchoLoop::OnFlushed(bufferevent* connection, void* context) {
  static_cast<EchoLoop*>(context)->Close(connection);
}

// Who ends the stream is still owed what is in the output.
void EchoLoop::OnEvent(bufferevent* connection, short events, void* context) {
  const evbuffer* const output = bufferevent_get_output(connection);
  if ((events & BEV_EVENT_EOF) != 0 && evbuffer_get_length(output) > 0) {
    bufferevent_setcb(connection, nullptr, OnFlushed, OnEvent, context);
  } else {
    static_cast<EchoLoop*>(context)->Close(connection);
  }
}

void EchoLoop::Close(bufferevent* connection) {
  connections_.erase(connection);
  bufferevent_free(connection);
}

void RunLoop(const eddy::peer::Descriptors& descriptors) {
  EchoLoop(descriptors).Run();
}

}  // namespace

int main(int argc, char** argv) {
  return eddy::peer::Main(argc, argv, "libevent_echo", RunLoop);
}
