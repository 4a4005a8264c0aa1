// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Address tests: texts, values, order and hashes.

#include "eddy/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace eddy {
namespace {

using Octets = std::array<std::uint8_t, 16>;

Address Parsed(std::string_view text) {
  Result<Address> address = Address::Parse(text);
  EXPECT_TRUE(address) << text << ": " << address.status().message();
  return address ? *address : Address();
}

std::string Rewritten(std::string_view text) { return Parsed(text).ToString(); }

TEST(AddressTest, DefaultIsNoAddress) {
  const Address address;
  EXPECT_EQ(address.family(), Address::Family::kNone);
  EXPECT_FALSE(address.is_ip());
  EXPECT_FALSE(address.is_unix());
  EXPECT_EQ(address.ToString(), "(none)");
}

TEST(AddressTest, ParsesIpv4) {
  const Address address = Parsed("127.0.0.1:80");
  EXPECT_EQ(address.family(), Address::Family::kIpv4);
  EXPECT_TRUE(address.is_ip());
  EXPECT_EQ(address.port(), 80);
  EXPECT_EQ(address.octets(), (Octets{127, 0, 0, 1}));
  EXPECT_EQ(address, Address::Ipv4({127, 0, 0, 1}, 80));
}

TEST(AddressTest, ParsesIpv6) {
  const Address address = Parsed("[2001:db8::ff00:42:8329]:65535");
  EXPECT_EQ(address.family(), Address::Family::kIpv6);
  EXPECT_EQ(address.port(), 65535);
  EXPECT_EQ(address.octets(), (Octets{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0,
                                      0xff, 0x00, 0x00, 0x42, 0x83, 0x29}));
}

TEST(AddressTest, APortAloneMeansEveryAddressOfTheMachine) {
  const Address address = Parsed(":80");
  EXPECT_TRUE(address.is_dual_stack_any());
  EXPECT_EQ(address.port(), 80);
  EXPECT_EQ(address, Parsed("[::]:80"));
  EXPECT_EQ(address.ToString(), "[::]:80");
}

TEST(AddressTest, OnlyTheIpv6AnyAddressIsDualStack) {
  EXPECT_FALSE(Parsed("0.0.0.0:80").is_dual_stack_any());
  EXPECT_FALSE(Parsed("[::1]:80").is_dual_stack_any());
  EXPECT_FALSE(Address().is_dual_stack_any());
}

TEST(AddressTest, TheTcpSchemeMayStandBeforeAnIpAddress) {
  EXPECT_EQ(Parsed("tcp://127.0.0.1:80"), Parsed("127.0.0.1:80"));
  EXPECT_EQ(Parsed("tcp://[::1]:80"), Parsed("[::1]:80"));
  EXPECT_EQ(Parsed("tcp://:80"), Parsed(":80"));
}

TEST(AddressTest, PortZeroIsAPort) {
  EXPECT_EQ(Parsed("127.0.0.1:0").port(), 0);
}

TEST(AddressTest, AMappedIpv4AddressIsIpv4) {
  EXPECT_EQ(Parsed("[::ffff:127.0.0.1]:80"), Parsed("127.0.0.1:80"));
  EXPECT_EQ(Parsed("[::ffff:7f00:1]:80"), Parsed("127.0.0.1:80"));
  const Octets mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4};
  EXPECT_EQ(Address::Ipv6(mapped, 5, 6).ToString(), "1.2.3.4:5");
}

TEST(AddressTest, KeepsAScope) {
  const Address address = Parsed("[fe80::1%2]:80");
  EXPECT_EQ(address.scope_id(), 2u);
  EXPECT_EQ(address.ToString(), "[fe80::1%2]:80");
  EXPECT_NE(address, Parsed("[fe80::1%3]:80"));
  EXPECT_NE(address, Parsed("[fe80::1]:80"));
  EXPECT_EQ(Parsed("[fe80::1%4294967295]:80").scope_id(), 4294967295u);
}

TEST(AddressTest, ParsesAUnixPath) {
  const Address address = Parsed("unix:/run/eddy.sock");
  EXPECT_TRUE(address.is_unix());
  EXPECT_FALSE(address.is_ip());
  EXPECT_EQ(address.path(), "/run/eddy.sock");
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ(address.ToString(), "unix:/run/eddy.sock");
  EXPECT_EQ(address, Address::Unix("/run/eddy.sock"));
}

TEST(AddressTest, ParsesAnAbstractUnixName) {
  const Address address = Parsed("unix:@eddy");
  EXPECT_EQ(address.path(), "@eddy");
  EXPECT_EQ(address.ToString(), "unix:@eddy");
}

TEST(AddressTest, AnAbstractNameMayHoldAZeroByte) {
  const std::string text("unix:@a\0b", 9);
  EXPECT_EQ(Rewritten(text), text);
}

TEST(AddressTest, TakesAUnixPathAsLongAsTheSystemsLimit) {
  const std::string path = "/" + std::string(106, 'x');
  EXPECT_EQ(Parsed("unix:" + path).path(), path);
  EXPECT_FALSE(Address::Parse("unix:" + path + "x"));
  // The '@' stands for a byte that is there anyway.
  const std::string name = "@" + std::string(107, 'x');
  EXPECT_EQ(Parsed("unix:" + name).path(), name);
  EXPECT_FALSE(Address::Parse("unix:" + name + "x"));
}

struct Refusal {
  std::string_view text;
  std::string_view why;
};

TEST(AddressTest, ARefusalNamesTheTextAndWhatIsWrongWithIt) {
  const std::vector<Refusal> refusals = {
      {"", "no port"},
      {"127.0.0.1", "no port"},
      {"localhost", "no port"},
      {"localhost:80", "looked up"},
      {"tcp://example.org:80", "looked up"},
      {"127.0.0.1:", "0 to 65535"},
      {":", "0 to 65535"},
      {":65536", "0 to 65535"},
      {":99999999999999999999", "0 to 65535"},
      {":-1", "0 to 65535"},
      {":+1", "0 to 65535"},
      {": 1", "0 to 65535"},
      {":080", "0 to 65535"},
      {":http", "0 to 65535"},
      {"::1:80", "brackets"},
      {"::1", "brackets"},
      {"[::1]", "[host]:port"},
      {"[::1]80", "[host]:port"},
      {"[::1", "[host]:port"},
      {"[]:80", "between the brackets"},
      {"[127.0.0.1]:80", "between the brackets"},
      {"[1:2:3:4:5:6:7:8::]:80", "between the brackets"},
      {"[1:2:3:4::5:6:7:8]:80", "between the brackets"},
      {"[fe80::1%]:80", "scope"},
      {"[fe80::1%eth0]:80", "scope"},
      {"[fe80::1%4294967296]:80", "scope"},
      {"1.2.3:80", "IPv4"},
      {"1.2.3.4.5:80", "IPv4"},
      {"1.2.3.256:80", "IPv4"},
      {"1.2.3.04:80", "IPv4"},
      {"1.2..4:80", "IPv4"},
      {"1.2.3.:80", "IPv4"},
      {" 1.2.3.4:80", "IPv4"},
      {"0x7f.0.0.1:80", "IPv4"},
      {"unix:", "missing"},
      {"unix:@", "missing"},
      {{"unix:/a\0b", 9}, "zero byte"},
  };
  for (const Refusal& refusal : refusals) {
    const Result<Address> address = Address::Parse(refusal.text);
    ASSERT_FALSE(address) << refusal.text;
    EXPECT_EQ(address.status().code(), Error::kInvalidArgument);
    const std::string message = address.status().message();
    EXPECT_NE(message.find(refusal.text), std::string::npos) << message;
    EXPECT_NE(message.find(refusal.why), std::string::npos) << message;
  }
}

TEST(AddressTest, FormatsIpv6AsRfc5952Says) {
  EXPECT_EQ(Rewritten("[2001:0DB8:0:0:1:0:0:1]:1"), "[2001:db8::1:0:0:1]:1");
  EXPECT_EQ(Rewritten("[2001:db8:0:1:1:1:1:1]:1"), "[2001:db8:0:1:1:1:1:1]:1");
  EXPECT_EQ(Rewritten("[2001:0:0:1:0:0:0:1]:1"), "[2001:0:0:1::1]:1");
  EXPECT_EQ(Rewritten("[0:0:0:0:0:0:0:0]:1"), "[::]:1");
  EXPECT_EQ(Rewritten("[0:0:0:0:0:0:0:1]:1"), "[::1]:1");
  EXPECT_EQ(Rewritten("[1:0:0:0:0:0:0:0]:1"), "[1::]:1");
  EXPECT_EQ(Rewritten("[1:2:3:4:5:6:7::]:1"), "[1:2:3:4:5:6:7:0]:1");
  EXPECT_EQ(Rewritten("[::2:3:4:5:6:7:8]:1"), "[0:2:3:4:5:6:7:8]:1");
  EXPECT_EQ(Rewritten("[64:ff9b::1.2.3.4]:1"), "[64:ff9b::102:304]:1");
  EXPECT_EQ(Rewritten("[1:2:3:4:5:6:1.2.3.4]:1"), "[1:2:3:4:5:6:102:304]:1");
}

// What the C library makes of the same text.
bool SystemParses(const std::string& text, Octets& octets) {
  return ::inet_pton(AF_INET6, text.c_str(), octets.data()) == 1;
}

TEST(AddressTest, ReadsIpv6JustAsTheSystemDoes) {
  const std::vector<std::string> pieces = {"0",    "1",       "ffff", "10000",
                                           "ABcd", ":",       "::",   ":",
                                           ":",    "1.2.3.4", "g",    ".",
                                           "00001"};
  std::mt19937 random(20260101);
  std::uniform_int_distribution<std::size_t> any(0, pieces.size() - 1);
  std::uniform_int_distribution<int> length(0, 17);
  int accepted = 0;
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    for (int i = length(random); i > 0; --i) text += pieces[any(random)];
    Octets octets{};
    const bool is_valid = SystemParses(text, octets);
    const Result<Address> address = Address::Parse("[" + text + "]:1");
    ASSERT_EQ(address.has_value(), is_valid) << text;
    if (!is_valid) continue;
    ++accepted;
    ASSERT_EQ(*address, Address::Ipv6(octets, 1)) << text;
  }
  EXPECT_GT(accepted, 100);
}

TEST(AddressTest, ParsesWhatItFormats) {
  std::mt19937 random(20260102);
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<int> coin(0, 2);
  for (int round = 0; round < 20000; ++round) {
    Octets octets{};
    for (std::size_t group = 0; group < 16; group += 2) {
      if (coin(random) == 0) continue;
      octets[group] = static_cast<std::uint8_t>(byte(random));
      octets[group + 1] = static_cast<std::uint8_t>(byte(random));
    }
    const Address address = Address::Ipv6(octets, 443, 7);
    const std::string text = address.ToString();
    ASSERT_EQ(Parsed(text), address) << text;
  }
}

TEST(AddressTest, CopiesAreEqualAndIndependent) {
  Address original = Address::Unix("/first");
  const Address copy = original;
  EXPECT_EQ(copy, original);
  original = Address::Unix("/second");
  EXPECT_EQ(copy.path(), "/first");
  Address assigned;
  assigned = copy;
  EXPECT_EQ(assigned, copy);
}

TEST(AddressTest, AssignmentToItselfChangesNothing) {
  Address address = Address::Unix("/path");
  Address& same = address;
  address = same;
  EXPECT_EQ(address.path(), "/path");
}

TEST(AddressTest, MovingTakesThePath) {
  Address from = Address::Unix("/path");
  const Address to = std::move(from);
  EXPECT_EQ(to.path(), "/path");
  EXPECT_EQ(from.path(), "");  // NOLINT(bugprone-use-after-move)
}

TEST(AddressTest, SetPortChangesThePortAlone) {
  Address address = Parsed("127.0.0.1:0");
  address.set_port(8080);
  EXPECT_EQ(address.ToString(), "127.0.0.1:8080");
}

TEST(AddressTest, IsOrderedByFamilyThenHostThenPort) {
  const std::vector<Address> ordered = {
      Address(),           Parsed("1.2.3.4:80"),    Parsed("1.2.3.4:81"),
      Parsed("1.2.3.5:1"), Parsed("200.0.0.1:1"),   Parsed("[::1]:2"),
      Parsed("[::2]:1"),   Parsed("[fe80::1%1]:1"), Parsed("[fe80::1%2]:1"),
      Parsed("unix:/a"),   Parsed("unix:/b"),
  };
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t k = 0; k < ordered.size(); ++k) {
      EXPECT_EQ(ordered[i] <=> ordered[k], i <=> k) << i << " and " << k;
      EXPECT_EQ(ordered[i] == ordered[k], i == k) << i << " and " << k;
    }
  }
}

TEST(AddressTest, EqualAddressesHaveEqualHashes) {
  EXPECT_EQ(Parsed("[::ffff:1.2.3.4]:80").Hash(), Parsed("1.2.3.4:80").Hash());
  EXPECT_EQ(Parsed("unix:/a").Hash(), Address::Unix("/a").Hash());
  const std::unordered_set<Address> set = {Parsed("1.2.3.4:80"),
                                           Parsed("1.2.3.4:80")};
  EXPECT_EQ(set.size(), 1u);
}

TEST(AddressTest, TheHashDependsOnHostAndPort) {
  std::set<std::size_t> hashes;
  for (const char* text : {"1.2.3.4:80", "1.2.3.4:81", "1.2.3.5:80", "[::1]:80",
                           "unix:/a", "unix:/b"}) {
    hashes.insert(Parsed(text).Hash());
  }
  EXPECT_EQ(hashes.size(), 6u);
}

TEST(AddressTest, TheHashOfTheHostLeavesThePortOut) {
  EXPECT_EQ(Parsed("1.2.3.4:80").HashHost(), Parsed("1.2.3.4:81").HashHost());
  EXPECT_NE(Parsed("1.2.3.4:80").HashHost(), Parsed("1.2.3.5:80").HashHost());
}

TEST(AddressTest, TheHashOfTheHostSpreadsNeighboursOverFewLoops) {
  constexpr std::size_t kLoops = 4;
  std::array<int, kLoops> counts{};
  for (int host = 0; host < 256; ++host) {
    const auto octet = static_cast<std::uint8_t>(host);
    ++counts[Address::Ipv4({10, 0, 0, octet}, 1).HashHost() % kLoops];
  }
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 32);
}

}  // namespace
}  // namespace eddy
