// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Endpoint: what makes sessions of connections.

#include "ws/endpoint.h"

#include <new>

#include "eddy/connection.h"
#include "eddy/ws/endpoint_owner.h"
#include "net/stream_connection.h"
#include "ws/session_core.h"

namespace eddy::internal {
namespace {

Status CheckDeflate(const ws::DeflateOptions& options) {
  const auto is_window = [](int bits) { return bits >= 9 && bits <= 15; };
  if (!is_window(options.server_window_bits) ||
      !is_window(options.client_window_bits)) {
    return Status(Error::kInvalidArgument,
                  "server_window_bits and client_window_bits are 9 to 15");
  }
  if (options.level < 1 || options.level > 9 || options.memory_level < 1 ||
      options.memory_level > 9) {
    return Status(Error::kInvalidArgument,
                  "level and memory_level of deflate are 1 to 9");
  }
  return {};
}

}  // namespace

EndpointOwner::EndpointOwner(ws::Handler& handler, const ws::Options& options,
                             const ConnectionOptions& connection)
    : endpoint_(std::make_unique<Endpoint>(handler, options, connection)) {}

EndpointOwner::~EndpointOwner() = default;

Status Endpoint::Check() const {
  if (options_.max_head_bytes == 0 || options_.max_message_bytes == 0) {
    return Status(Error::kInvalidArgument,
                  "max_head_bytes and max_message_bytes must not be 0");
  }
  // A head is read once all of it is there.
  if (options_.max_head_bytes > max_input_bytes_) {
    return Status(Error::kInvalidArgument,
                  "max_head_bytes is above connection.max_input_bytes");
  }
  for (const auto time : {options_.handshake_timeout, options_.close_timeout,
                          options_.ping_interval, options_.pong_timeout}) {
    if (time.count() < 0) {
      return Status(Error::kInvalidArgument, "a time limit is negative");
    }
  }
  return options_.deflate ? CheckDeflate(*options_.deflate) : Status();
}

MessageReader::Limits Endpoint::limits() const noexcept {
  return {.max_message_bytes = options_.max_message_bytes,
          .max_fragments = options_.max_fragments,
          .max_ratio = options_.deflate ? options_.deflate->max_ratio : 0};
}

// ---- What happens to connections --------------------------------------------

void Endpoint::OnConnect(Connection& connection) try {
  connection.Emplace<SessionCore>(connection, *this).Begin();
} catch (const std::bad_alloc&) {
  StreamConnection::Of(connection).Terminate(Error::kNoMemory);
}

void Endpoint::OnMessage(Connection& connection, RingBuffer& input) try {
  connection.Get<SessionCore>()->OnInput(input);
} catch (const std::bad_alloc&) {
  StreamConnection::Of(connection).Terminate(Error::kNoMemory);
}

void Endpoint::OnWritable(Connection& connection) {
  connection.Get<SessionCore>()->OnRoom();
}

void Endpoint::OnEnd(Connection& connection) { connection.Close(); }

void Endpoint::OnStop(Connection& connection) {
  connection.Get<SessionCore>()->OnStop();
}

// There is none if there was no memory for it.
void Endpoint::OnClose(Connection& connection, const Status& reason) {
  if (auto* session = connection.Get<SessionCore>()) session->OnOver(reason);
}

}  // namespace eddy::internal
