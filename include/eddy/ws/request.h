// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Request: what a client asks a WebSocket server for.

#ifndef EDDY_WS_REQUEST_H_
#define EDDY_WS_REQUEST_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/export.h"
#include "eddy/ws/header_field.h"

namespace eddy::internal {
class RequestParser;
}  // namespace eddy::internal

namespace eddy::ws {

// Request: the head of an HTTP/1.1 GET or HEAD request (RFC 9112), to upgrade
// to WebSocket or not.
//
// Ownership: owns the head; every view lives as long as the Request.
// Not checked: what the path, the query and the values of headers mean. They
// are as the client wrote them, escapes included.
class EDDY_EXPORT Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method() const noexcept { return method_; }
  // "/chat?room=1": path(), and query() after the '?'.
  std::string_view target() const noexcept { return target_; }
  std::string_view path() const noexcept { return path_; }
  std::string_view query() const noexcept { return query_; }
  // Empty if there is none, as for origin().
  std::string_view host() const noexcept { return Get("Host"); }
  // Browsers always tell it. A server that a browser's cookies let in must
  // check it (RFC 6455, 10.2).
  std::string_view origin() const noexcept { return Get("Origin"); }

  // The first header of that name, in whatever case it is written.
  std::optional<std::string_view> Header(std::string_view name) const noexcept;
  // In the order in which they came.
  std::span<const HeaderView> headers() const noexcept { return headers_; }

  // Whether WebSocket is asked for. If not, Response::Answer is all that can be
  // done.
  bool is_upgrade() const noexcept { return is_upgrade_; }
  // What the client offers, the one that it likes best first.
  std::span<const std::string_view> subprotocols() const noexcept {
    return subprotocols_;
  }

 private:
  friend class eddy::internal::RequestParser;

  std::string_view Get(std::string_view name) const noexcept {
    return Header(name).value_or(std::string_view());
  }

  std::string head_;
  std::string_view method_;
  std::string_view target_;
  std::string_view path_;
  std::string_view query_;
  std::vector<HeaderView> headers_;
  std::vector<std::string_view> subprotocols_;
  bool is_upgrade_ = false;
};

}  // namespace eddy::ws

#endif  // EDDY_WS_REQUEST_H_
