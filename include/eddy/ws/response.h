// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Response: how a WebSocket server answers a Request.

#ifndef EDDY_WS_RESPONSE_H_
#define EDDY_WS_RESPONSE_H_

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eddy/connection.h"
#include "eddy/export.h"
#include "eddy/status.h"
#include "eddy/ws/header_field.h"

namespace eddy::ws {

// Response: filled in by Handler::OnUpgrade. If that does nothing, an upgrade
// is accepted without a subprotocol, and any other request is answered with 426
// (Upgrade Required).
class EDDY_EXPORT Response {
 public:
  explicit Response(Connection* connection = nullptr) noexcept
      : connection_(connection) {}
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  // Accepts the upgrade with one of the subprotocols that the client offers, or
  // with none, which a browser that offers some takes for a failure. One that
  // was not offered makes the answer 500, and is logged, since the client would
  // have to refuse it. Undone by Answer.
  void Accept(std::string_view subprotocol = {});
  // Answers with an HTTP response, and no session: a rejection of an upgrade
  // (401, 403, 503, ...), or a page. The connection is closed after it, within
  // ConnectionOptions::close_timeout.
  // REQUIRES: 200 <= status <= 599.
  void Answer(int status, std::string_view body = {},
              std::string_view content_type = "text/plain; charset=utf-8");
  // Adds a header, whatever the answer will be. kInvalidArgument: the name is
  // no token, the value has control characters, or the header is one of those
  // that are the library's: Connection, Upgrade, Content-Length, Content-Type,
  // Transfer-Encoding and all that begin with Sec-WebSocket-.
  Status AddHeader(std::string_view name, std::string_view value);

  // State of the session to be, as Connection::Emplace: Session::Get finds it
  // in OnConnect, and what the request says may be kept so.
  template <typename T, typename... Args>
  T& Emplace(Args&&... args) {
    return connection_->Emplace<T>(std::forward<Args>(args)...);
  }

  bool is_accepted() const noexcept { return status_ == 0; }
  // 0: accepted.
  int status() const noexcept { return status_; }
  std::string_view body() const noexcept { return body_; }
  std::string_view content_type() const noexcept { return content_type_; }
  std::string_view subprotocol() const noexcept { return subprotocol_; }
  std::span<const HeaderField> headers() const noexcept { return headers_; }

 private:
  Connection* connection_;
  int status_ = 0;
  std::string subprotocol_;
  std::string body_;
  std::string content_type_;
  std::vector<HeaderField> headers_;
};

}  // namespace eddy::ws

#endif  // EDDY_WS_RESPONSE_H_
