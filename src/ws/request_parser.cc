// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RequestParser: what is asked for, and whether it may be.

#include "ws/request_parser.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "ws/handshake_key.h"
#include "ws/head_fields.h"
#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr int kBadRequest = 400;
constexpr int kMethodNotAllowed = 405;
constexpr int kTargetTooLong = 414;
constexpr int kUpgradeRequired = 426;
constexpr int kHeadTooLarge = 431;
constexpr int kVersionNotSupported = 505;

int StatusFor(HeadScanner::Progress progress) noexcept {
  switch (progress) {
    case HeadScanner::Progress::kLineTooLong:
      return kTargetTooLong;
    case HeadScanner::Progress::kTooLong:
    case HeadScanner::Progress::kTooManyFields:
      return kHeadTooLarge;
    default:
      return kBadRequest;
  }
}

bool AnnouncesBody(FieldSpan fields) noexcept {
  if (FindField(fields, "Transfer-Encoding") != nullptr) return true;
  return std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return EqualsIgnoringCase(field.name, "Content-Length") &&
           field.value != "0";
  });
}

// Where the authority of an absolute target begins: behind "http://". npos: it
// is none of those.
std::size_t FindAuthority(std::string_view target) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) {
      return scheme.size();
    }
  }
  return std::string_view::npos;
}

bool HasDuplicates(std::span<const std::string_view> names) {
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

}  // namespace

RequestParser::Progress RequestParser::Parse(RingBuffer& input,
                                             ws::Request& request) {
  if (status_ != 0) return Progress::kRefused;
  const HeadScanner::Progress progress = scanner_.Scan(input);
  if (progress == HeadScanner::Progress::kMore) return Progress::kMore;
  if (progress != HeadScanner::Progress::kDone) {
    status_ = StatusFor(progress);
    return Progress::kRefused;
  }
  request.head_ = CopyHead(input, scanner_);
  status_ = ReadHead(request);
  if (status_ != 0) return Progress::kRefused;
  input.Consume(scanner_.end());
  return Progress::kDone;
}

int RequestParser::ReadHead(ws::Request& request) {
  const std::string_view line = FirstLine(request.head_);
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  // First of all: how to refuse depends on it.
  request.method_ = line.substr(0, method_end);
  if (line.substr(target_end + 1) != "HTTP/1.1") return kVersionNotSupported;
  if (request.method_ != "GET" && request.method_ != "HEAD") {
    return kMethodNotAllowed;
  }
  request.headers_ = ParseFields(request.head_);
  if (AnnouncesBody(request.headers_)) return kBadRequest;
  if (CountFields(request.headers_, "Host") != 1) return kBadRequest;
  // A target without an authority may have an empty one.
  if (!request.host().empty() && !IsHost(request.host())) return kBadRequest;
  const int status = ReadTarget(
      request, line.substr(method_end + 1, target_end - method_end - 1));
  return status != 0 ? status : ReadUpgrade(request);
}

int RequestParser::ReadTarget(ws::Request& request, std::string_view target) {
  if (!target.starts_with('/')) {
    const std::size_t begin = FindAuthority(target);
    if (begin == target.npos) return kBadRequest;
    const std::size_t end =
        std::min(target.find_first_of("/?", begin), target.size());
    // Clients must send the same in both (RFC 9112, 3.2.2). Whoever does not
    // might mean one of them for a proxy and the other for us.
    const std::string_view authority = target.substr(begin, end - begin);
    if (authority.empty() || !EqualsIgnoringCase(authority, request.host())) {
      return kBadRequest;
    }
    target.remove_prefix(end);
    if (!target.starts_with('/')) {
      // The path is empty, which means "/". The head is a copy, and nobody
      // looks at the end of the authority again.
      const auto at =
          static_cast<std::size_t>(target.data() - request.head_.data()) - 1;
      request.head_[at] = '/';
      target = std::string_view(request.head_).substr(at, target.size() + 1);
    }
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.target_ = target;
  request.path_ = target.substr(0, mark);
  if (mark < target.size()) request.query_ = target.substr(mark + 1);
  return 0;
}

int RequestParser::ReadUpgrade(ws::Request& request) {
  const FieldSpan fields = request.headers_;
  // Either without the other asks for nothing (RFC 9110, 7.8).
  request.is_upgrade_ = HasElement(fields, "Connection", "upgrade") &&
                        HasElement(fields, "Upgrade", "websocket");
  if (!request.is_upgrade_) return 0;
  if (request.method_ != "GET") return kMethodNotAllowed;

  // Before the key: a client of another version may not have one.
  const std::size_t versions = CountFields(fields, "Sec-WebSocket-Version");
  if (versions > 1) return kBadRequest;
  if (request.Get("Sec-WebSocket-Version") != "13") return kUpgradeRequired;

  if (CountFields(fields, "Sec-WebSocket-Key") != 1 ||
      !IsHandshakeKey(request.Get("Sec-WebSocket-Key"))) {
    return kBadRequest;
  }

  constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol";
  request.subprotocols_ = ListElements(fields, kProtocol);
  const auto& names = request.subprotocols_;
  const bool is_list_right =
      std::all_of(names.begin(), names.end(), IsToken) &&
      !HasDuplicates(names) &&
      names.empty() == (FindField(fields, kProtocol) == nullptr);
  return is_list_right ? 0 : kBadRequest;
}

}  // namespace eddy::internal
