// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Address: its value and its text.

#include "eddy/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <optional>
#include <span>

#include "eddy/bytes.h"

namespace eddy {
namespace {

using Octets = std::array<std::uint8_t, 16>;

static_assert(sizeof(Address) <= 32);

// What a system's sockaddr_un holds besides the byte that ends a path, or that
// begins an abstract name.
#ifdef __linux__
constexpr std::size_t kMaxUnixPathBytes = 107;
#else
constexpr std::size_t kMaxUnixPathBytes = 103;
#endif

constexpr Octets kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t kMappedPrefixBytes = 12;

// Digits without sign, space or leading zero (in which some read octal).
std::optional<std::uint32_t> ParseNumber(std::string_view text,
                                         std::uint32_t max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return {};
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return {};
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    if (value > max) return {};
  }
  return static_cast<std::uint32_t>(value);
}

std::optional<std::array<std::uint8_t, 4>> ParseIpv4(std::string_view text) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::size_t dot = text.find('.');
    const bool is_last = i + 1 == octets.size();
    if (is_last != (dot == std::string_view::npos)) return {};
    const auto octet = ParseNumber(text.substr(0, dot), 255);
    if (!octet) return {};
    octets[i] = static_cast<std::uint8_t>(*octet);
    if (!is_last) text.remove_prefix(dot + 1);
  }
  return octets;
}

std::optional<std::uint16_t> ParseHexGroup(std::string_view text) {
  if (text.empty() || text.size() > 4) return {};
  unsigned value = 0;
  for (const char c : text) {
    value <<= 4;
    if (c >= '0' && c <= '9') {
      value |= static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value |= static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value |= static_cast<unsigned>(c - 'A' + 10);
    } else {
      return {};
    }
  }
  return static_cast<std::uint16_t>(value);
}

// GroupRun: the octets of what stands on one side of an IPv6 address's "::".
struct GroupRun {
  bool Add(std::span<const std::uint8_t> more) {
    if (more.size() > octets.size() - size) return false;
    std::copy(more.begin(), more.end(), octets.data() + size);
    size += more.size();
    return true;
  }

  Octets octets{};
  std::size_t size = 0;
};

// Groups with colons between them, maybe none. Where the run ends the address,
// an IPv4 address may stand for the last two groups.
std::optional<GroupRun> ParseGroups(std::string_view text, bool ends_address) {
  GroupRun run;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && ends_address && group.find('.') != std::string_view::npos) {
      const auto ipv4 = ParseIpv4(group);
      if (!ipv4 || !run.Add(*ipv4)) return {};
    } else {
      const auto value = ParseHexGroup(group);
      if (!value) return {};
      const std::array octets = {static_cast<std::uint8_t>(*value >> 8),
                                 static_cast<std::uint8_t>(*value & 0xFF)};
      if (!run.Add(octets)) return {};
    }
    if (is_last) return run;
    text.remove_prefix(colon + 1);
    if (text.empty()) return {};  // a colon with nothing behind it
  }
  return run;
}

// The forms of RFC 4291, section 2.2.
std::optional<Octets> ParseIpv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto run = ParseGroups(text, true);
    if (!run || run->size != run->octets.size()) return {};
    return run->octets;
  }
  auto run = ParseGroups(text.substr(0, gap), false);
  const auto tail = ParseGroups(text.substr(gap + 2), true);
  // The gap stands for at least one group of zeros.
  if (!run || !tail || run->size + tail->size > run->octets.size() - 2) {
    return {};
  }
  std::copy_n(tail->octets.begin(), tail->size,
              run->octets.data() + run->octets.size() - tail->size);
  return run->octets;
}

std::uint16_t GroupAt(const Octets& octets, std::size_t group) {
  return static_cast<std::uint16_t>(octets[2 * group] << 8 |
                                    octets[2 * group + 1]);
}

// The one form that RFC 5952 allows: lower case, no leading zeros, "::" for
// the longest run of two or more zero groups, the first of equals.
std::string FormatIpv6(const Octets& octets) {
  constexpr std::size_t kGroups = 8;
  std::size_t gap_begin = kGroups;
  std::size_t gap_size = 1;
  for (std::size_t begin = 0; begin < kGroups; ++begin) {
    std::size_t end = begin;
    while (end < kGroups && GroupAt(octets, end) == 0) ++end;
    if (end - begin > gap_size) {
      gap_begin = begin;
      gap_size = end - begin;
    }
  }

  std::string text;
  for (std::size_t group = 0; group < kGroups; ++group) {
    if (group == gap_begin) {
      text += "::";
      group += gap_size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    fmt::format_to(std::back_inserter(text), "{:x}", GroupAt(octets, group));
  }
  return text;
}

Status Invalid(std::string_view text, std::string_view what) {
  return Status(Error::kInvalidArgument,
                fmt::format("address '{}': {}", text, what));
}

Result<Address> ParseUnix(std::string_view text, std::string_view path) {
  const bool is_abstract = path.starts_with('@');
  const std::string_view name = path.substr(is_abstract ? 1 : 0);
  if (name.empty()) return Invalid(text, "the unix path is missing");
  if (name.size() > kMaxUnixPathBytes) {
    return Invalid(text, fmt::format("the unix path has {} bytes, the system "
                                     "takes {} at most",
                                     name.size(), kMaxUnixPathBytes));
  }
  if (!is_abstract && name.find('\0') != std::string_view::npos) {
    return Invalid(text, "a unix path cannot hold a zero byte");
  }
  return Address::Unix(path);
}

// What stands between the brackets, and the port.
Result<Address> ParseBracketed(std::string_view text, std::string_view host,
                               std::uint16_t port) {
  const std::size_t percent = host.find('%');
  std::uint32_t scope_id = 0;
  if (percent != std::string_view::npos) {
    const auto scope = ParseNumber(host.substr(percent + 1), 0xFFFFFFFF);
    if (!scope) return Invalid(text, "a scope is the number of an interface");
    scope_id = *scope;
  }
  const auto octets = ParseIpv6(host.substr(0, percent));
  if (!octets) return Invalid(text, "no IPv6 address between the brackets");
  return Address::Ipv6(*octets, port, scope_id);
}

Result<Address> ParseIp(std::string_view text, std::string_view host_and_port) {
  const bool is_bracketed = host_and_port.starts_with('[');
  const std::size_t colon = host_and_port.rfind(':');
  if (colon == std::string_view::npos) return Invalid(text, "no port");
  std::string_view host = host_and_port.substr(0, colon);
  const auto number = ParseNumber(host_and_port.substr(colon + 1), 0xFFFF);
  if (is_bracketed && !host.ends_with(']')) {
    return Invalid(text, "an IPv6 address reads [host]:port");
  }
  if (!is_bracketed && host.find(':') != std::string_view::npos) {
    return Invalid(text, "an IPv6 address belongs in brackets");
  }
  if (!number) return Invalid(text, "a port is a number from 0 to 65535");

  const auto port = static_cast<std::uint16_t>(*number);
  if (is_bracketed) {
    host.remove_prefix(1);
    host.remove_suffix(1);
    return ParseBracketed(text, host, port);
  }
  if (host.empty()) return Address::Ipv6({}, port);
  const auto octets = ParseIpv4(host);
  if (!octets) {
    return Invalid(text,
                   "no IPv4 address; the name of a host has to be looked up "
                   "first");
  }
  return Address::Ipv4(*octets, port);
}

}  // namespace

Address Address::Ipv4(std::array<std::uint8_t, 4> octets, std::uint16_t port) {
  Address address;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  address.port_ = port;
  address.family_ = Family::kIpv4;
  return address;
}

Address Address::Ipv6(std::array<std::uint8_t, 16> octets, std::uint16_t port,
                      std::uint32_t scope_id) {
  if (std::equal(octets.begin(), octets.begin() + kMappedPrefixBytes,
                 kMappedPrefix.begin())) {
    return Ipv4({octets[12], octets[13], octets[14], octets[15]}, port);
  }
  Address address;
  address.octets_ = octets;
  address.scope_id_ = scope_id;
  address.port_ = port;
  address.family_ = Family::kIpv6;
  return address;
}

Address Address::Unix(std::string_view path) {
  Address address;
  address.path_ = std::make_unique<const std::string>(path);
  address.family_ = Family::kUnix;
  return address;
}

Result<Address> Address::Parse(std::string_view text) {
  constexpr std::string_view kTcp = "tcp://";
  constexpr std::string_view kUnix = "unix:";
  try {
    if (text.starts_with(kUnix)) {
      return ParseUnix(text, text.substr(kUnix.size()));
    }
    return ParseIp(text, text.substr(text.starts_with(kTcp) ? kTcp.size() : 0));
  } catch (const std::bad_alloc&) {
    return Error::kNoMemory;
  }
}

Address::Address(const Address& other)
    : octets_(other.octets_),
      scope_id_(other.scope_id_),
      port_(other.port_),
      family_(other.family_),
      path_(other.path_ == nullptr
                ? nullptr
                : std::make_unique<const std::string>(*other.path_)) {}

Address& Address::operator=(const Address& other) {
  return *this = Address(other);
}

bool Address::is_dual_stack_any() const noexcept {
  return family_ == Family::kIpv6 && octets_ == Octets{};
}

std::string_view Address::path() const noexcept {
  if (path_ == nullptr) return {};
  return *path_;
}

std::string Address::ToString() const {
  switch (family_) {
    case Family::kNone:
      break;
    case Family::kIpv4:
      return fmt::format("{}.{}.{}.{}:{}", octets_[0], octets_[1], octets_[2],
                         octets_[3], port_);
    case Family::kIpv6:
      if (scope_id_ == 0) {
        return fmt::format("[{}]:{}", FormatIpv6(octets_), port_);
      }
      return fmt::format("[{}%{}]:{}", FormatIpv6(octets_), scope_id_, port_);
    case Family::kUnix:
      return fmt::format("unix:{}", path());
  }
  return "(none)";
}

bool operator==(const Address& a, const Address& b) noexcept {
  return (a <=> b) == std::strong_ordering::equal;
}

std::strong_ordering operator<=>(const Address& a, const Address& b) noexcept {
  if (const auto order = a.family_ <=> b.family_; order != 0) return order;
  if (const auto order = a.octets_ <=> b.octets_; order != 0) return order;
  if (const auto order = a.path() <=> b.path(); order != 0) return order;
  if (const auto order = a.port_ <=> b.port_; order != 0) return order;
  return a.scope_id_ <=> b.scope_id_;
}

std::size_t Address::Hash() const noexcept { return HashHost() * 31 + port_; }

std::size_t Address::HashHost() const noexcept {
  const std::hash<std::string_view> hash;
  if (is_unix()) return hash(path());
  return hash(AsText(std::as_bytes(std::span(octets_))));
}

}  // namespace eddy
