// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handshake: turns a new connection into a WebSocket.

#include "bench/load/handshake.h"

#include <errno.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace eddy::load {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::string Base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  text.pop_back();  // The terminator.
  return text;
}

std::string MakeKey() {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("there are no random bytes");
  }
  return Base64(bytes);
}

// What a server has to answer to `key`.
std::string AcceptOf(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest.data());
  return Base64(digest);
}

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return lowered;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Takes the part up to `separator`, or all of it, from the front of `text`.
std::string_view TakeUpTo(std::string_view separator, std::string_view& text) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), part.size() + separator.size()));
  return part;
}

// Whether `token`, in small letters, is in a list with commas.
bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (Lowered(Trimmed(TakeUpTo(",", list))) == token) return true;
  }
  return false;
}

}  // namespace

Handshake::Handshake(const std::string& host, const std::string& path)
    : key_(MakeKey()),
      request_(fmt::format("GET {} HTTP/1.1\r\n"
                           "Host: {}\r\n"
                           "Upgrade: websocket\r\n"
                           "Connection: Upgrade\r\n"
                           "Sec-WebSocket-Key: {}\r\n"
                           "Sec-WebSocket-Version: 13\r\n\r\n",
                           path, host, key_)) {}

Handshake::Progress Handshake::Advance(int socket) {
  while (num_sent_ < request_.size()) {
    const ssize_t result = send(socket, request_.data() + num_sent_,
                                request_.size() - num_sent_, MSG_NOSIGNAL);
    if (result < 0) {
      if (errno == EAGAIN || errno == EINTR) return Progress::kMustSend;
      return Fail(std::system_category().message(errno));
    }
    num_sent_ += static_cast<std::size_t>(result);
  }
  return Receive(socket);
}

// Looks at what is there, and receives no more of it than belongs to the head.
Handshake::Progress Handshake::Receive(int socket) {
  constexpr std::size_t kMaxHeadBytes = 16 * 1024;
  std::array<char, 2048> block;
  for (;;) {
    const ssize_t result = recv(socket, block.data(), block.size(), MSG_PEEK);
    if (result < 0) {
      if (errno == EAGAIN || errno == EINTR) return Progress::kMustReceive;
      return Fail(std::system_category().message(errno));
    }
    if (result == 0) return Fail("the server closed the connection");
    const std::size_t before = answer_.size();
    answer_.append(block.data(), static_cast<std::size_t>(result));
    const std::size_t end = answer_.find(kEndOfHead);
    const bool is_complete = end != std::string::npos;
    if (is_complete) answer_.resize(end + kEndOfHead.size());
    if (recv(socket, block.data(), answer_.size() - before, 0) < 0) {
      return Fail(std::system_category().message(errno));
    }
    if (is_complete) return Judge();
    if (answer_.size() > kMaxHeadBytes) return Fail("the answer has no end");
  }
}

Handshake::Progress Handshake::Judge() {
  constexpr std::string_view kSwitching = "HTTP/1.1 101";
  const std::string status = answer_.substr(0, answer_.find(kEndOfLine));
  if (!status.starts_with(kSwitching)) {
    return Fail(fmt::format("the server answered \"{}\"", status));
  }
  if (!HasToken(ValueOf("upgrade"), "websocket") ||
      !HasToken(ValueOf("connection"), "upgrade")) {
    return Fail("the server's answer is no upgrade to WebSocket");
  }
  if (ValueOf("sec-websocket-accept") != AcceptOf(key_)) {
    return Fail("the server's Sec-WebSocket-Accept is not that of the key");
  }
  if (!ValueOf("sec-websocket-extensions").empty() ||
      !ValueOf("sec-websocket-protocol").empty()) {
    return Fail("the server chose an extension or subprotocol of none");
  }
  return Progress::kDone;
}

// What the answer says of `name`, in small letters; empty: nothing.
std::string Handshake::ValueOf(std::string_view name) const {
  std::string value;
  std::string_view lines = answer_;
  TakeUpTo(kEndOfLine, lines);
  while (!lines.empty()) {
    std::string_view line = TakeUpTo(kEndOfLine, lines);
    if (Lowered(TakeUpTo(":", line)) != name) continue;
    if (!value.empty()) value += ',';
    value += Trimmed(line);
  }
  return value;
}

Handshake::Progress Handshake::Fail(std::string why) {
  why_ = "WebSocket handshake: " + std::move(why);
  return Progress::kFailed;
}

}  // namespace eddy::load
