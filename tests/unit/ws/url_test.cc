// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Url tests: what a client can connect to.

#include "ws/url.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "eddy/address.h"

namespace eddy::internal {
namespace {

using std::string_literals::operator""s;

// Address, host and target of `text`; or "invalid" or "unsupported".
std::string UrlParts(std::string_view text) {
  const auto url = ParseUrl(text);
  if (url) return url->address + " " + url->host + " " + url->target;
  EXPECT_TRUE(url.status().message().starts_with("URL: ")) << text;
  if (url.status() == Error::kUnsupported) return "unsupported";
  EXPECT_EQ(url.status(), Error::kInvalidArgument) << text;
  return "invalid";
}

TEST(UrlTest, TakesAUrlToPieces) {
  EXPECT_EQ(UrlParts("ws://127.0.0.1"), "127.0.0.1:80 127.0.0.1 /");
  EXPECT_EQ(UrlParts("ws://127.0.0.1/"), "127.0.0.1:80 127.0.0.1 /");
  EXPECT_EQ(UrlParts("WS://127.0.0.1:8080/a/b?c=d/e?f"),
            "127.0.0.1:8080 127.0.0.1:8080 /a/b?c=d/e?f");
  EXPECT_EQ(UrlParts("ws://127.0.0.1?c"), "127.0.0.1:80 127.0.0.1 /?c");
  EXPECT_EQ(UrlParts("ws://example.com/@:[]"),
            "example.com:80 example.com /@:[]");
}

TEST(UrlTest, LeavesTheDefaultPortOutOfTheHost) {
  EXPECT_EQ(UrlParts("ws://a:80/"), "a:80 a /");
  EXPECT_EQ(UrlParts("ws://a:/"), "a:80 a /");
  EXPECT_EQ(UrlParts("ws://a:0080/"), "a:80 a /");
  EXPECT_EQ(UrlParts("ws://a:65535"), "a:65535 a:65535 /");
}

TEST(UrlTest, TakesIpv6InBrackets) {
  EXPECT_EQ(UrlParts("ws://[::1]"), "[::1]:80 [::1] /");
  EXPECT_EQ(UrlParts("ws://[::1]:8080/a"), "[::1]:8080 [::1]:8080 /a");
  EXPECT_EQ(UrlParts("ws://[fe80::1%2]:81"), "[fe80::1%2]:81 [fe80::1]:81 /");
}

TEST(UrlTest, TakesUnixSockets) {
  EXPECT_EQ(UrlParts("ws+unix:/run/a b.sock:/c?d"),
            "unix:/run/a b.sock localhost /c?d");
  EXPECT_EQ(UrlParts("ws+unix:@name"), "unix:@name localhost /");
  EXPECT_EQ(UrlParts("ws+unix:/a:"), "unix:/a localhost /");
  EXPECT_EQ(UrlParts("ws+unix:"), "invalid");
  EXPECT_EQ(UrlParts("ws+unix::/a"), "invalid");
  EXPECT_EQ(UrlParts("ws+unix:/a\r\n:/b"), "invalid");
  EXPECT_EQ(UrlParts("ws+unix:/a:/b c"), "invalid");
}

TEST(UrlTest, ItsAddressesAreOnes) {
  for (const auto text : {"ws://127.0.0.1", "ws://[::1]:8080", "ws+unix:/a:/b",
                          "ws://[fe80::1%2]/", "ws://1.2.3.4:0080/"}) {
    const auto url = ParseUrl(text);
    ASSERT_TRUE(url) << text;
    EXPECT_TRUE(Address::Parse(url->address)) << url->address;
  }
}

TEST(UrlTest, HasNoTls) {
  EXPECT_EQ(UrlParts("wss://127.0.0.1"), "unsupported");
}

TEST(UrlTest, RefusesOtherSchemes) {
  for (const auto text : {"", "127.0.0.1", "http://127.0.0.1", "ws:/a", "ws:",
                          "ws:127.0.0.1", " ws://a", "://a", "wsx://a"}) {
    EXPECT_EQ(UrlParts(text), "invalid") << text;
  }
}

TEST(UrlTest, RefusesHostsAndPortsThatCanNotBe) {
  for (const auto& host :
       {""s,        ":80"s,  "a:0"s,    "a:65536"s,    "a:8x"s,    "a:-1"s,
        "a:80:80"s, "a b"s,  "a\r\nb"s, "a\"b"s,       "a\\b"s,    "\xC3\xA4"s,
        "a\0b"s,    "[::1"s, "[]"s,     "::1"s,        "[::1]80"s, "[::1]]"s,
        "[[::1]"s,  "a]"s,   "me@a"s,   "me:secret@a"s}) {
    EXPECT_EQ(UrlParts("ws://" + host), "invalid") << host;
    EXPECT_EQ(UrlParts("ws://" + host + "/path"), "invalid") << host;
  }
}

TEST(UrlTest, RefusesTargetsThatCanNotBe) {
  for (const auto& target : {"/#"s, "#a"s, "/a?b#c"s, "/a b"s, "/\t"s,
                             "/a\r\nX: y"s, "/\x7F"s, "/\xC3\xA4"s, "/\0"s}) {
    EXPECT_EQ(UrlParts("ws://a" + target), "invalid") << target;
  }
}

}  // namespace
}  // namespace eddy::internal
