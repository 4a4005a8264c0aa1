// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// libuv_echo: an echo server on libuv, to measure eddy against.
//
// All connections of a loop receive into one block, which libuv permits since
// it reads and calls back at once. The answer is tried from there with
// uv_try_write; only what the kernel does not take is copied and left to
// uv_write, and until that is done the connection is not read.

#include <uv.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/peers/peer.h"

namespace {

using eddy::peer::kReceiveBytes;
using Block = std::array<char, kReceiveBytes>;

void Require(int result, const char* what) {
  if (result < 0) {
    throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
  }
}

// Any handle: libuv's types extend this one, and C knows no other way.
template <typename Handle>
uv_handle_t* Base(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

// Connection: one socket and what the kernel did not take yet.
//
// Ownership: its own; it is gone when libuv has closed the socket.
class Connection {
 public:
  // Accepts one from `listener`, whose loop's data is a Block.
  static void Accept(uv_stream_t* listener) {
    auto connection = std::make_unique<Connection>();
    uv_tcp_init(listener->loop, &connection->socket_);  // It makes no socket.
    Connection* const self = connection.release();
    self->socket_.data = self;
    if (uv_accept(listener, self->stream()) == 0) {
      self->Read();
    } else {
      Close(Base(&self->socket_));
    }
  }

  static void Close(uv_handle_t* socket) {
    uv_close(socket, [](uv_handle_t* closed) {
      const std::unique_ptr<Connection> self(From(closed));
    });
  }

 private:
  template <typename Handle>
  static Connection* From(const Handle* handle) {
    return static_cast<Connection*>(handle->data);
  }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }

  void Read() { uv_read_start(stream(), OnAllocate, OnRead); }

  static void OnAllocate(uv_handle_t* socket, std::size_t, uv_buf_t* buffer) {
    auto& block = *static_cast<Block*>(socket->loop->data);
    *buffer = uv_buf_init(block.data(), kReceiveBytes);
  }

  static void OnRead(uv_stream_t* socket, ssize_t size, const uv_buf_t* block) {
    if (size < 0) return Close(Base(socket));
    if (size == 0) return;
    const auto received = static_cast<unsigned>(size);
    uv_buf_t answer = uv_buf_init(block->base, received);
    int sent = uv_try_write(socket, &answer, 1);
    if (sent == UV_EAGAIN) sent = 0;
    if (sent < 0) return Close(Base(socket));
    if (sent == size) return;
    From(socket)->Keep(block->base + sent, block->base + size);
  }

  void Keep(const char* begin, const char* end) {
    remainder_.assign(begin, end);
    uv_read_stop(stream());
    const uv_buf_t rest = uv_buf_init(remainder_.data(),
                                      static_cast<unsigned>(remainder_.size()));
    request_.data = this;
    if (uv_write(&request_, stream(), &rest, 1, OnWritten) != 0) {
      Close(Base(&socket_));
    }
  }

  static void OnWritten(uv_write_t* request, int status) {
    Connection& self = *From(request);
    if (status == UV_ECANCELED) return;  // It is being closed already.
    if (status != 0) return Close(Base(&self.socket_));
    self.remainder_ = {};
    self.Read();
  }

  uv_tcp_t socket_;
  uv_write_t request_;
  std::vector<char> remainder_;
};

void OnConnection(uv_stream_t* listener, int status) {
  if (status == 0) Connection::Accept(listener);
}

// Without an open handle the loop ends by itself.
void OnStop(uv_poll_t* stop, int, int) {
  uv_walk(
      stop->loop,
      [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle) != 0) return;
        if (handle->data != nullptr) return Connection::Close(handle);
        uv_close(handle, nullptr);
      },
      nullptr);
}

void RunLoop(const eddy::peer::Descriptors& descriptors) {
  constexpr int kBacklog = 4096;
  Block block;
  uv_loop_t loop;
  uv_tcp_t listener{};
  uv_poll_t stop{};
  Require(uv_loop_init(&loop), "uv_loop_init");
  loop.data = &block;
  Require(uv_tcp_init(&loop, &listener), "uv_tcp_init");
  Require(uv_tcp_open(&listener, descriptors.listener), "uv_tcp_open");
  Require(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), kBacklog,
                    OnConnection),
          "uv_listen");
  Require(uv_poll_init(&loop, &stop, descriptors.stop), "uv_poll_init");
  Require(uv_poll_start(&stop, UV_READABLE, OnStop), "uv_poll_start");
  uv_run(&loop, UV_RUN_DEFAULT);
  Require(uv_loop_close(&loop), "uv_loop_close");
}

}  // namespace

int main(int argc, char** argv) {
  return eddy::peer::Main(argc, argv, "libuv_echo", RunLoop);
}
