// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Endpoint: what makes sessions of connections.

#ifndef EDDY_WS_ENDPOINT_H_
#define EDDY_WS_ENDPOINT_H_

#include <cstddef>

#include "eddy/handler.h"
#include "eddy/options.h"
#include "eddy/status.h"
#include "eddy/ws/handler.h"
#include "eddy/ws/options.h"
#include "ws/message_reader.h"

namespace eddy::internal {

// Endpoint: the Handler of every connection of a ws::Server or ws::Client; it
// gives each connection its SessionCore, and passes on what happens to it.
//
// Ownership: its server's or client's; `handler` outlives it.
// Thread: as Handler.
class Endpoint final : public Handler {
 public:
  // `connection`: of the connections.
  Endpoint(ws::Handler& handler, const ws::Options& options,
           const ConnectionOptions& connection = {}) noexcept
      : handler_(handler),
        options_(options),
        max_input_bytes_(connection.max_input_bytes) {}

  // kInvalidArgument for options that can't be.
  Status Check() const;

  ws::Handler& handler() const noexcept { return handler_; }
  const ws::Options& options() const noexcept { return options_; }
  MessageReader::Limits limits() const noexcept;

  void OnConnect(Connection& connection) override;
  void OnMessage(Connection& connection, RingBuffer& input) override;
  void OnWritable(Connection& connection) override;
  void OnEnd(Connection& connection) override;
  void OnStop(Connection& connection) override;
  void OnClose(Connection& connection, const Status& reason) override;

 private:
  ws::Handler& handler_;
  const ws::Options options_;
  const std::size_t max_input_bytes_;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_ENDPOINT_H_
