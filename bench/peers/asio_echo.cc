// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// asio_echo: an echo server on standalone Asio, to measure eddy against.
//
// The session is that of Asio's own example async_tcp_echo_server: read what
// there is, write all of it, and only then read again, so a reader that stalls
// is not read from. Each loop has an io_context of its own that only its thread
// touches, so that Asio may do without its locks.

#include <array>
#include <asio.hpp>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

#include "bench/peers/peer.h"

namespace {

using asio::ip::tcp;

// Session: one connection; the operation under way keeps it alive.
class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void Read() {
    socket_.async_read_some(
        asio::buffer(data_),
        [this, self = shared_from_this()](const std::error_code& error,
                                          std::size_t size) {
          if (!error) Write(size);
        });
  }

 private:
  void Write(std::size_t size) {
    asio::async_write(socket_, asio::buffer(data_, size),
                      [this, self = shared_from_this()](
                          const std::error_code& error, std::size_t /*size*/) {
                        if (!error) Read();
                      });
  }

  tcp::socket socket_;
  std::array<char, eddy::peer::kReceiveBytes> data_;
};

void Accept(tcp::acceptor& acceptor) {
  acceptor.async_accept(
      [&acceptor](const std::error_code& error, tcp::socket socket) {
        if (!error) std::make_shared<Session>(std::move(socket))->Read();
        Accept(acceptor);
      });
}

void RunLoop(const eddy::peer::Descriptors& descriptors) {
  asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);
  tcp::acceptor acceptor(context, tcp::v4(), descriptors.listener);
  asio::posix::stream_descriptor stop(context, descriptors.stop);
  stop.async_wait(asio::posix::stream_descriptor::wait_read,
                  [&context](const std::error_code&) { context.stop(); });
  Accept(acceptor);
  context.run();
  stop.release();  // It is not this loop's to close.
}

}  // namespace

int main(int argc, char** argv) {
  return eddy::peer::Main(argc, argv, "asio_echo", RunLoop);
}
