// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// beast_ws_echo: a WebSocket echo server on Boost.Beast, to measure eddy
// against.
//
// The session is that of Beast's own example websocket_server_async: accept,
// then read a message, write it back, and only then read again. What that has
// and this leaves out costs time and gains nothing here: timeouts, compression,
// and messages split into frames. Each loop has an io_context of its own that
// only its thread touches, so that Asio may do without its locks.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "bench/peers/peer.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

// Session: one connection; the operation under way keeps it alive.
class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : stream_(std::move(socket)) {}

  void Run() {
    stream_.auto_fragment(false);
    stream_.async_accept([this, self = shared_from_this()](error_code error) {
      if (!error) Read();
    });
  }

 private:
  void Read() {
    stream_.async_read(buffer_, [this, self = shared_from_this()](
                                    error_code error, std::size_t /*size*/) {
      if (!error) Write();
    });
  }

  void Write() {
    stream_.text(stream_.got_text());
    stream_.async_write(buffer_.data(), [this, self = shared_from_this()](
                                            error_code error, std::size_t) {
      if (error) return;
      buffer_.consume(buffer_.size());
      Read();
    });
  }

  static constexpr bool kMayCompress = false;

  websocket::stream<tcp::socket, kMayCompress> stream_;
  beast::flat_buffer buffer_;
};

void Accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket))->Run();
    Accept(acceptor);
  });
}

void RunLoop(const eddy::peer::Descriptors& descriptors) {
  asio::io_context context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
  tcp::acceptor acceptor(context, tcp::v4(), descriptors.listener);
  asio::posix::stream_descriptor stop(context, descriptors.stop);
  stop.async_wait(asio::posix::stream_descriptor::wait_read,
                  [&context](error_code) { context.stop(); });
  Accept(acceptor);
  context.run();
  stop.release();  // It is not this loop's to close.
}

}  // namespace

int main(int argc, char** argv) {
  return eddy::peer::Main(argc, argv, "beast_ws_echo", RunLoop);
}
