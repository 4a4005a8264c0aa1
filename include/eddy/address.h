// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Address: an IPv4, IPv6 or unix endpoint.

#ifndef EDDY_ADDRESS_H_
#define EDDY_ADDRESS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "eddy/export.h"
#include "eddy/status.h"

namespace eddy {

// Address: where a socket is bound or connected.
//
// A small value (32 bytes); only a unix address allocates. An IPv4 address that
// was mapped into IPv6 (::ffff:127.0.0.1) is kept as IPv4.
class EDDY_EXPORT Address {
 public:
  enum class Family : std::uint8_t {
    kNone,  // no address: an unnamed unix socket, a peer that is gone
    kIpv4,
    kIpv6,
    kUnix,
  };

  Address() noexcept = default;
  // REQUIRES: octets and port in host order of reading: {127, 0, 0, 1}, 80.
  static Address Ipv4(std::array<std::uint8_t, 4> octets, std::uint16_t port);
  static Address Ipv6(std::array<std::uint8_t, 16> octets, std::uint16_t port,
                      std::uint32_t scope_id = 0);
  // A path in the file system, or, with a leading '@', a name in Linux's
  // abstract namespace.
  static Address Unix(std::string_view path);

  // Parses "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80", ":80" (every address
  // of this machine, IPv6 and IPv4), each also after "tcp://"; "unix:/path" and
  // "unix:@abstract". The port may be 0.
  //
  // Returns: kInvalidArgument with the offending text and what is wrong with
  // it; a host name is one (names are resolved elsewhere), so is a unix path
  // longer than the system's limit (107 bytes on Linux).
  static Result<Address> Parse(std::string_view text);

  Address(const Address& other);
  Address(Address&& other) noexcept = default;
  Address& operator=(const Address& other);
  Address& operator=(Address&& other) noexcept = default;
  ~Address() = default;

  Family family() const noexcept { return family_; }
  bool is_ip() const noexcept {
    return family_ == Family::kIpv4 || family_ == Family::kIpv6;
  }
  bool is_unix() const noexcept { return family_ == Family::kUnix; }
  // The IPv6 address ::, which a listener takes as "IPv4 too".
  bool is_dual_stack_any() const noexcept;
  // The port; 0 for a unix address.
  std::uint16_t port() const noexcept { return port_; }
  void set_port(std::uint16_t port) noexcept { port_ = port; }
  // The 4 or 16 octets in the first elements, the rest 0.
  const std::array<std::uint8_t, 16>& octets() const noexcept {
    return octets_;
  }
  std::uint32_t scope_id() const noexcept { return scope_id_; }
  // The path, with a leading '@' when abstract; empty for IP addresses.
  std::string_view path() const noexcept;

  // What Parse takes: "127.0.0.1:80", "[::1]:80", "unix:/path"; "(none)" for
  // kNone.
  std::string ToString() const;

  friend EDDY_EXPORT bool operator==(const Address& a,
                                     const Address& b) noexcept;
  // By family, then octets or path, then port.
  friend EDDY_EXPORT std::strong_ordering operator<=>(
      const Address& a, const Address& b) noexcept;

  // Of host and port; and of the host alone, for choices that should be the
  // same for every connection of one peer.
  std::size_t Hash() const noexcept;
  std::size_t HashHost() const noexcept;

 private:
  std::array<std::uint8_t, 16> octets_{};
  std::uint32_t scope_id_ = 0;
  std::uint16_t port_ = 0;
  Family family_ = Family::kNone;
  std::unique_ptr<const std::string> path_;
};

}  // namespace eddy

template <>
struct std::hash<eddy::Address> {
  std::size_t operator()(const eddy::Address& address) const noexcept {
    return address.Hash();
  }
};

#endif  // EDDY_ADDRESS_H_
