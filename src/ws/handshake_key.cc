// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HandshakeKey: random bytes, SHA-1 and base64, by libcrypto.

#include "ws/handshake_key.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <span>

#include "base/check.h"
#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kKeyDigits = 22;  // before the padding
constexpr std::string_view kKeyPadding = "==";
constexpr std::size_t kDigestBytes = 20;
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string Base64(std::span<const unsigned char> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(written));  // without the zero behind it
  return text;
}

}  // namespace

std::string MakeHandshakeKey() {
  std::array<unsigned char, kKeyBytes> bytes{};
  const int made = RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  EDDY_CHECK(made == 1, "this system has no random bytes");
  return Base64(bytes);
}

// The bits that the last digit has to spare are not looked at: in the example
// of RFC 6455, 4.1 they are set.
bool IsHandshakeKey(std::string_view key) noexcept {
  return key.size() == kKeyDigits + kKeyPadding.size() &&
         key.ends_with(kKeyPadding) &&
         std::all_of(key.begin(), key.begin() + kKeyDigits, [](char c) {
           return IsAsciiLetter(c) || IsDigit(c) || c == '+' || c == '/';
         });
}

std::string AcceptKey(std::string_view key) {
  std::string text(key);
  text += kGuid;
  std::array<unsigned char, kDigestBytes> digest{};
  // Fails only for want of memory.
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(),
                 nullptr) != 1) {
    throw std::bad_alloc();
  }
  return Base64(digest);
}

}  // namespace eddy::internal
