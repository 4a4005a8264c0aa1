// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PollerTest: a test that is run on every backend.

#ifndef EDDY_CONFORMANCE_POLLER_TEST_H_
#define EDDY_CONFORMANCE_POLLER_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "os/wake_fd.h"
#include "poll/poller.h"
#include "support/socket_pair.h"
#include "support/turned_poller.h"

namespace eddy::test {

using internal::Operation;
using internal::Poller;
using internal::Transport;

// TestBackend: what a test is run on.
struct TestBackend {
  std::string name;
  Backend backend = Backend::kAuto;
  std::optional<std::uint32_t> fake_seed = {};  // a FakePoller instead
  bool is_old_ring = false;  // as before Linux 6.17, without limits

  bool is_fake() const { return fake_seed.has_value(); }
  friend void PrintTo(const TestBackend& backend, std::ostream* out) {
    *out << backend.name;
  }
};

std::vector<TestBackend> AllBackends();
// Without the fake, which need not be quick or sleep well.
std::vector<TestBackend> RealBackends();

// PollerTest: has a poller of the backend that the test is run on.
class PollerTest : public ::testing::TestWithParam<TestBackend>,
                   protected TurnedPoller {
 protected:
  PollerTest();
};

std::string NameOf(const ::testing::TestParamInfo<TestBackend>& info);

}  // namespace eddy::test

// Runs the tests of `suite` on every backend.
#define EDDY_ON_EVERY_BACKEND(suite)                                         \
  INSTANTIATE_TEST_SUITE_P(Poller, suite,                                    \
                           ::testing::ValuesIn(::eddy::test::AllBackends()), \
                           ::eddy::test::NameOf)

#endif  // EDDY_CONFORMANCE_POLLER_TEST_H_
