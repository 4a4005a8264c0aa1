// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionRigTest: a test of connections that runs on the machine's poller
// and on fakes of several seeds.

#ifndef EDDY_UNIT_NET_CONNECTION_RIG_TEST_H_
#define EDDY_UNIT_NET_CONNECTION_RIG_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "support/connection_rig.h"

namespace eddy::test {

class ConnectionRigTest
    : public ::testing::TestWithParam<std::optional<std::uint32_t>> {
 protected:
  ConnectionRigTest() { options.fake_seed = GetParam(); }

  // Makes the rig, once `options` are set, and returns it.
  ConnectionRig& Start() { return rig.emplace(options); }

  ConnectionRig::Options options;
  std::optional<ConnectionRig> rig;
};

// Sockets whose kernel buffers are small, so that output soon waits.
inline SocketPair NarrowPair() {
  SocketPair pair = UnixPair();
  SetBufferBytes(pair.ours.get(), 4096);
  SetBufferBytes(pair.peer.get(), 4096);
  return pair;
}

inline std::string NameOfPoller(
    const ::testing::TestParamInfo<std::optional<std::uint32_t>>& info) {
  return info.param ? "fake" + std::to_string(*info.param) : "real";
}

#define EDDY_ON_ALL_POLLERS(suite)                                         \
  INSTANTIATE_TEST_SUITE_P(                                                \
      Pollers, suite, ::testing::Values(std::nullopt, 1u, 2u, 3u, 4u, 5u), \
      ::eddy::test::NameOfPoller)

}  // namespace eddy::test

#endif  // EDDY_UNIT_NET_CONNECTION_RIG_TEST_H_
