// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ResolverTest: addresses, names and neither.

#include "net/resolver.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace eddy::internal {
namespace {

class KeepingSink final : public ResolveSink {
 public:
  void OnResolved(Result<Address> address) override {
    EXPECT_FALSE(outcome.has_value()) << "told twice";
    outcome.emplace(std::move(address));
  }
  std::optional<Result<Address>> outcome;
};

Result<Address> Resolve(std::string_view address) {
  LiteralResolver resolver;
  KeepingSink sink;
  resolver.Resolve(address, sink);
  if (!sink.outcome) return Error::kTimeout;
  return *std::move(sink.outcome);
}

TEST(ResolverTest, AddressesAreThemselves) {
  for (const std::string text :
       {"127.0.0.1:80", "[::1]:80", "unix:/tmp/a.sock", "unix:@name"}) {
    const auto address = Resolve(text);
    ASSERT_TRUE(address) << address.status().message();
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(Resolve("tcp://127.0.0.1:80")->ToString(), "127.0.0.1:80");
}

TEST(ResolverTest, NamesAreRefusedWithTheReason) {
  for (const char* text : {"localhost:80", "example.com:443",
                           "tcp://my-host_1.example:80", "a1:80"}) {
    const auto address = Resolve(text);
    EXPECT_EQ(address.status().code(), Error::kUnsupported) << text;
    EXPECT_NE(address.status().message().find("name of a host"),
              std::string::npos)
        << address.status().message();
  }
}

TEST(ResolverTest, WhatIsNeitherIsAnInvalidArgument) {
  for (const char* text :
       {"", "localhost", "1.2.3:80", "127.0.0.1", "127.0.0.1:port", "a b:80",
        "[::1:80", "[localhost]:80", "unix:", "http://host:80/path"}) {
    EXPECT_EQ(Resolve(text).status().code(), Error::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace eddy::internal
