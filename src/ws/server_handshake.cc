// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ServerHandshake: writing the heads of answers.

#include "ws/server_handshake.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "ws/handshake_key.h"
#include "ws/http_status.h"
#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

// PlainAnswer: an HTTP response that is no upgrade.
struct PlainAnswer {
  int status;
  std::string_view body;
  std::string_view content_type;
  std::span<const ws::HeaderField> headers{};
  bool is_to_head = false;  // which is told of the body, but gets none
};

void AddLine(std::string& head, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
}

void AddLines(std::string& head, std::span<const ws::HeaderField> headers) {
  for (const auto& [name, value] : headers) AddLine(head, name, value);
}

std::string WriteAnswer(const PlainAnswer& answer) {
  const int status = answer.status;
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n", status, ReasonPhrase(status));
  if (status == 426) {
    AddLine(text, "Connection", "close, Upgrade");
    AddLine(text, "Upgrade", "websocket");
    AddLine(text, "Sec-WebSocket-Version", "13");
  } else {
    AddLine(text, "Connection", "close");
  }
  const bool names_methods =
      std::any_of(answer.headers.begin(), answer.headers.end(),
                  [](const ws::HeaderField& field) {
                    return EqualsIgnoringCase(field.name, "Allow");
                  });
  if (status == 405 && !names_methods) AddLine(text, "Allow", "GET, HEAD");
  const bool may_have_body = status != 204 && status != 304;
  if (may_have_body) {
    AddLine(text, "Content-Length", std::to_string(answer.body.size()));
    if (!answer.body.empty() && !answer.content_type.empty()) {
      AddLine(text, "Content-Type", answer.content_type);
    }
  }
  AddLines(text, answer.headers);
  text += "\r\n";
  if (may_have_body && !answer.is_to_head) text += answer.body;
  return text;
}

// The answer that the library gives by itself.
PlainAnswer OwnAnswer(int status) {
  return {.status = status,
          .body = ReasonPhrase(status),
          .content_type = kPlainText};
}

HandshakeReply Reject(const ws::Request& request, PlainAnswer answer) {
  answer.is_to_head = request.method() == "HEAD";
  HandshakeReply reply;
  reply.bytes = WriteAnswer(answer);
  return reply;
}

bool IsOffered(const ws::Request& request, std::string_view subprotocol) {
  const auto offered = request.subprotocols();
  return std::find(offered.begin(), offered.end(), subprotocol) !=
         offered.end();
}

HandshakeReply AcceptUpgrade(const ws::Request& request,
                             const ws::Response& response,
                             const std::optional<DeflateAnswer>& deflate) {
  HandshakeReply reply;
  reply.is_accepted = true;
  reply.subprotocol = response.subprotocol();
  std::string& head = reply.bytes;
  head = "HTTP/1.1 101 Switching Protocols\r\n";
  AddLine(head, "Upgrade", "websocket");
  AddLine(head, "Connection", "Upgrade");
  const auto key = request.Header("Sec-WebSocket-Key");
  AddLine(head, "Sec-WebSocket-Accept", AcceptKey(key.value_or("")));
  if (!reply.subprotocol.empty()) {
    AddLine(head, "Sec-WebSocket-Protocol", reply.subprotocol);
  }
  if (deflate) {
    AddLine(head, "Sec-WebSocket-Extensions", deflate->text);
    reply.deflate = deflate->agreement;
  }
  AddLines(head, response.headers());
  head += "\r\n";
  return reply;
}

}  // namespace

HandshakeReply MakeReply(const ws::Request& request,
                         const ws::Response& response,
                         const std::optional<ws::DeflateOptions>& deflate) {
  if (!response.is_accepted()) {
    return Reject(request, {.status = response.status(),
                            .body = response.body(),
                            .content_type = response.content_type(),
                            .headers = response.headers()});
  }
  if (!request.is_upgrade()) {
    PlainAnswer answer = OwnAnswer(426);
    answer.headers = response.headers();
    return Reject(request, answer);
  }
  const std::string_view subprotocol = response.subprotocol();
  if (!subprotocol.empty() && !IsOffered(request, subprotocol)) {
    Log(Level::kError, "OnUpgrade accepted with '{}', which is not offered",
        subprotocol);
    return Reject(request, OwnAnswer(500));
  }
  if (!deflate) return AcceptUpgrade(request, response, std::nullopt);
  const auto negotiated = AnswerDeflateOffers(request.headers(), *deflate);
  if (!negotiated) return Reject(request, OwnAnswer(400));
  return AcceptUpgrade(request, response, *negotiated);
}

std::string MakeRefusal(int status, std::string_view method) {
  PlainAnswer answer = OwnAnswer(status);
  answer.is_to_head = method == "HEAD";
  return WriteAnswer(answer);
}

}  // namespace eddy::internal
