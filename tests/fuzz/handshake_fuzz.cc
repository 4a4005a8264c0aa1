// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handshake fuzzer: however a head is cut, both sides say the same of it, and
// what a server answers is what it meant.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/ring_buffer.h"
#include "eddy/ws/request.h"
#include "eddy/ws/response.h"
#include "ws/client_handshake.h"
#include "ws/request_parser.h"
#include "ws/server_handshake.h"
#include "ws/url.h"

namespace eddy::internal {
namespace {

constexpr std::size_t kMaxHeadBytes = 1024;
// The key of RFC 6455, 1.3, so that the corpus can have answers to it.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

void Require(bool condition) {
  if (!condition) std::abort();
}

// Setting: what the first byte of an input chooses.
struct Setting {
  explicit Setting(std::uint8_t bits) {
    is_client = (bits & 1) != 0;
    if ((bits & 2) != 0) {
      deflate =
          ws::DeflateOptions{.server_keeps_context = (bits & 4) != 0,
                             .client_keeps_context = (bits & 8) != 0,
                             .server_window_bits = (bits & 16) != 0 ? 15 : 10,
                             .client_window_bits = (bits & 32) != 0 ? 15 : 9};
    }
    if ((bits & 64) != 0) max_head_bytes = 100;
  }

  bool is_client = false;
  std::optional<ws::DeflateOptions> deflate;
  std::size_t max_head_bytes = kMaxHeadBytes;
};

// Feeds `bytes` in pieces of `piece` to `step`, which returns whether it wants
// more. Returns what is left of them all.
template <typename Step>
std::string Feed(std::string_view bytes, std::size_t piece, const Step& step) {
  RingBuffer input;
  bool is_more = true;
  while (is_more && !bytes.empty()) {
    const auto next = bytes.substr(0, std::min(piece, bytes.size()));
    input.Append(next);
    bytes.remove_prefix(next.size());
    const std::size_t before = input.size();
    is_more = step(input);
    Require(!is_more || input.size() == before);
  }
  return input.ToString() + std::string(bytes);
}

// What a reply says of itself must be what it sends, and within the options.
void CheckReply(const ws::Request& request, const HandshakeReply& reply,
                const Setting& setting) {
  const std::string_view bytes = reply.bytes;
  Require(bytes.starts_with("HTTP/1.1 ") &&
          bytes.find("\r\n\r\n") != bytes.npos);
  Require(reply.is_accepted == bytes.starts_with("HTTP/1.1 101 "));
  if (!reply.is_accepted) return;
  Require(request.is_upgrade() && bytes.ends_with("\r\n\r\n"));
  Require(setting.deflate || !reply.deflate);
  if (!reply.deflate) return;
  const auto& [server_keeps, client_keeps, server_bits, client_bits] =
      *reply.deflate;
  Require(server_bits >= 9 && server_bits <= 15);
  Require(client_bits >= 9 && client_bits <= 15);
  Require(setting.deflate->server_keeps_context || !server_keeps);
  Require(setting.deflate->client_keeps_context || !client_keeps);
}

// What the server does about `bytes`.
std::string Serve(const Setting& setting, std::string_view bytes,
                  std::size_t piece) {
  RequestParser parser(setting.max_head_bytes);
  ws::Request request;
  auto progress = RequestParser::Progress::kMore;
  std::string outcome = Feed(bytes, piece, [&](RingBuffer& input) {
    progress = parser.Parse(input, request);
    return progress == RequestParser::Progress::kMore;
  });
  switch (progress) {
    case RequestParser::Progress::kMore:
      return "more";
    case RequestParser::Progress::kRefused:
      Require(MakeRefusal(parser.status()).starts_with("HTTP/1.1 "));
      return "refused " + std::to_string(parser.status());
    case RequestParser::Progress::kDone:
      break;
  }
  ws::Response response;
  if (!request.subprotocols().empty()) {
    response.Accept(request.subprotocols().back());
  }
  const HandshakeReply reply = MakeReply(request, response, setting.deflate);
  CheckReply(request, reply, setting);
  for (const auto part : {request.target(), request.path(), request.query(),
                          std::string_view(reply.bytes)}) {
    outcome += '|';
    outcome += part;
  }
  for (const auto& [name, value] : request.headers()) {
    outcome += name;
    outcome += value;
  }
  return outcome;
}

// What a client makes of `bytes`.
std::string Dial(const Setting& setting, std::string_view bytes,
                 std::size_t piece) {
  const std::vector<std::string> offered = {"chat", "a"};
  ClientHandshake handshake(std::string(kKey), offered, setting.deflate,
                            setting.max_head_bytes);
  auto progress = ClientHandshake::Progress::kMore;
  const std::string left = Feed(bytes, piece, [&](RingBuffer& input) {
    progress = handshake.Read(input);
    return progress == ClientHandshake::Progress::kMore;
  });
  switch (progress) {
    case ClientHandshake::Progress::kMore:
      return "more";
    case ClientHandshake::Progress::kFailed:
      Require(handshake.failure() == Error::kProtocol);
      return handshake.failure().message();
    case ClientHandshake::Progress::kOpen:
      break;
  }
  Require(setting.deflate || !handshake.deflate());
  return "open" + handshake.subprotocol() + left;
}

// A URL that is taken makes a request that is understood.
void CheckUrl(std::string_view text) {
  const auto url = ParseUrl(text);
  if (!url) return;
  const ClientHandshake handshake(std::string(kKey), {}, std::nullopt, 0);
  const std::string head = handshake.MakeRequest(*url, {});
  RingBuffer input;
  input.Append(head);
  RequestParser parser(head.size());
  ws::Request request;
  Require(parser.Parse(input, request) == RequestParser::Progress::kDone);
  Require(request.is_upgrade() && request.target() == url->target);
  Require(input.empty());
}

}  // namespace
}  // namespace eddy::internal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const eddy::internal::Setting setting(data[0]);
  const std::size_t piece = 1 + data[1] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2,
                               size - 2);
  const auto run =
      setting.is_client ? eddy::internal::Dial : eddy::internal::Serve;
  if (run(setting, bytes, size) != run(setting, bytes, piece)) std::abort();
  eddy::internal::CheckUrl(bytes);
  return 0;
}
