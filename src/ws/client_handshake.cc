// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientHandshake: the request, and what an answer must say.

#include "ws/client_handshake.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "ws/field_check.h"
#include "ws/handshake_key.h"
#include "ws/http_syntax.h"

namespace eddy::internal {

namespace {

// Where the status of a first line begins.
constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();

// More responses will follow (RFC 9110, 15.2).
bool IsInterim(std::string_view line) noexcept {
  const std::string_view status = line.substr(kStatusAt);
  return status.starts_with('1') && !status.starts_with("101");
}

}  // namespace

Status CheckRequestParts(std::span<const std::string> subprotocols,
                         std::span<const ws::HeaderField> headers) {
  for (auto it = subprotocols.begin(); it != subprotocols.end(); ++it) {
    if (!IsToken(*it)) {
      return Status(Error::kInvalidArgument, "a subprotocol is no token");
    }
    if (std::find(subprotocols.begin(), it, *it) != it) {
      return Status(Error::kInvalidArgument,
                    fmt::format("the subprotocol {} comes twice", *it));
    }
  }
  for (const auto& [name, value] : headers) {
    if (Status status = CheckField(name, value); !status.ok()) return status;
    if (EqualsIgnoringCase(name, "Host")) {
      return Status(Error::kInvalidArgument, "the header Host is the URL's");
    }
  }
  return {};
}

ClientHandshake::ClientHandshake(
    std::string key, std::span<const std::string> subprotocols,
    const std::optional<ws::DeflateOptions>& deflate,
    std::size_t max_head_bytes, std::string peer)
    : key_(std::move(key)),
      offered_(subprotocols.begin(), subprotocols.end()),
      deflate_options_(deflate),
      max_head_bytes_(max_head_bytes),
      peer_(std::move(peer)),
      scanner_(std::in_place, HeadScanner::Kind::kResponse, max_head_bytes) {}

std::string ClientHandshake::MakeKey() { return MakeHandshakeKey(); }

std::string ClientHandshake::MakeRequest(
    const Url& url, std::span<const ws::HeaderField> headers) const {
  std::string head = fmt::format(
      "GET {} HTTP/1.1\r\n"
      "Host: {}\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: {}\r\n"
      "Sec-WebSocket-Version: 13\r\n",
      url.target, url.host, key_);
  const auto end = std::back_inserter(head);
  if (!offered_.empty()) {
    fmt::format_to(end, "Sec-WebSocket-Protocol: {}\r\n",
                   fmt::join(offered_, ", "));
  }
  if (deflate_options_) {
    fmt::format_to(end, "Sec-WebSocket-Extensions: {}\r\n",
                   DeflateOffer(*deflate_options_));
  }
  for (const auto& [name, value] : headers) {
    fmt::format_to(end, "{}: {}\r\n", name, value);
  }
  head += "\r\n";
  return head;
}

ClientHandshake::Progress ClientHandshake::Read(RingBuffer& input) {
  if (!failure_.ok()) return Progress::kFailed;
  while (true) {
    const HeadScanner::Progress progress = scanner_->Scan(input);
    if (progress == HeadScanner::Progress::kMore) return Progress::kMore;
    if (progress != HeadScanner::Progress::kDone) {
      failure_ = NoHead(progress);
      return Progress::kFailed;
    }
    std::string head = CopyHead(input, *scanner_);
    const std::size_t size = scanner_->end();
    const bool is_interim = IsInterim(FirstLine(head));
    if (is_interim) {
      failure_ = CountInterim(size);
    } else {
      TakeAnswer(std::move(head));
      failure_ = Judge();
    }
    if (!failure_.ok()) return Progress::kFailed;
    input.Consume(size);
    if (!is_interim) return Progress::kOpen;
  }
}

void ClientHandshake::TakeAnswer(std::string head) {
  head_ = std::move(head);
  fields_ = ParseFields(head_);
  const std::string_view status = FirstLine(head_).substr(kStatusAt);
  std::from_chars(status.data(), status.data() + status.size(), status_);
}

bool ClientHandshake::is_final() const noexcept {
  // Request Timeout, Too Early, Too Many Requests (RFC 9110, 8470 and 6585).
  const bool may_pass = status_ == 408 || status_ == 425 || status_ == 429;
  return status_ >= 400 && status_ < 500 && !may_pass;
}

// There is no head, for this `progress` of the scanner.
Status ClientHandshake::NoHead(HeadScanner::Progress progress) const {
  switch (progress) {
    case HeadScanner::Progress::kLineTooLong:
    case HeadScanner::Progress::kTooLong:
      return Failure(fmt::format("answered with a head of more than {} bytes",
                                 max_head_bytes_));
    case HeadScanner::Progress::kTooManyFields:
      return Failure(fmt::format("answered with more than {} headers",
                                 HeadScanner::kMaxFields));
    default:
      return Failure("does not answer in HTTP");
  }
}

// An interim response of `size` bytes came; the next head has what it leaves.
Status ClientHandshake::CountInterim(std::size_t size) {
  if (++num_interim_ > kMaxInterim) {
    return Failure(fmt::format("answered with more than {} interim responses",
                               kMaxInterim));
  }
  interim_bytes_ += size;
  scanner_.emplace(HeadScanner::Kind::kResponse,
                   max_head_bytes_ - interim_bytes_);
  return {};
}

Status ClientHandshake::Judge() {
  if (Status status = JudgeFirstLine(FirstLine(head_)); !status.ok()) {
    return status;
  }
  if (Status status = JudgeUpgrade(); !status.ok()) return status;
  if (Status status = TakeSubprotocol(); !status.ok()) return status;
  return TakeDeflate();
}

Status ClientHandshake::JudgeFirstLine(std::string_view line) const {
  constexpr std::size_t kStatusSize = 3;
  const std::string_view version = line.substr(0, kStatusAt - 1);
  const std::string_view status = line.substr(kStatusAt);
  if (status.substr(0, kStatusSize) != "101") {
    // Some of the reason is enough in a message.
    constexpr std::size_t kMaxReason = 100;
    return Failure(fmt::format(
        "answered {}", TrimBlanks(status.substr(0, kStatusSize + kMaxReason))));
  }
  if (version != "HTTP/1.1") {
    return Failure(fmt::format("upgrades in {}", version));
  }
  return {};
}

Status ClientHandshake::JudgeUpgrade() const {
  if (!HasElement(fields_, "Upgrade", "websocket")) {
    return Failure("does not upgrade to WebSocket: Upgrade");
  }
  if (!HasElement(fields_, "Connection", "upgrade")) {
    return Failure("does not upgrade to WebSocket: Connection");
  }
  constexpr std::string_view kAccept = "Sec-WebSocket-Accept";
  if (CountFields(fields_, kAccept) != 1 ||
      FindField(fields_, kAccept)->value != AcceptKey(key_)) {
    return Failure("does not answer the key: Sec-WebSocket-Accept");
  }
  return {};
}

Status ClientHandshake::TakeSubprotocol() {
  constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol";
  const ws::HeaderView* field = FindField(fields_, kProtocol);
  // Who offers some may be given none.
  if (field == nullptr) return {};
  if (CountFields(fields_, kProtocol) > 1) {
    return Failure("chooses several subprotocols");
  }
  if (std::find(offered_.begin(), offered_.end(), field->value) ==
      offered_.end()) {
    return Failure("chooses a subprotocol that was not offered");
  }
  subprotocol_ = field->value;
  return {};
}

Status ClientHandshake::TakeDeflate() {
  const DeflateVerdict verdict = ReadDeflateAnswer(fields_, deflate_options_);
  if (!verdict.complaint.empty()) return Failure(verdict.complaint);
  deflate_ = verdict.agreement;
  return {};
}

Status ClientHandshake::Failure(std::string_view what) const {
  return Status(Error::kProtocol, fmt::format("{} {}", peer_, what));
}

}  // namespace eddy::internal
