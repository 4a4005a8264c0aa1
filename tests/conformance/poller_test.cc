// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// PollerTest: a test that is run on every backend.

#include "conformance/poller_test.h"

#include <memory>
#include <utility>

#include "support/backends.h"
#include "support/fake_poller.h"
#if EDDY_HAS_IO_URING
#include "poll/uring_poller.h"
#endif

namespace eddy::test {
namespace {

std::unique_ptr<Poller> MakePoller(const TestBackend& backend) {
  auto wake_fd = std::make_shared<const os::WakeFd>(
      Unwrap(os::WakeFd::Create(), "wake descriptor"));
  if (backend.is_fake()) {
    return std::make_unique<FakePoller>(
        FakePoller::Options{.seed = *backend.fake_seed}, std::move(wake_fd));
  }
#if EDDY_HAS_IO_URING
  if (backend.is_old_ring) {
    return Unwrap(internal::UringPoller::Create(std::move(wake_fd), false),
                  backend.name.c_str());
  }
#endif
  return Unwrap(internal::CreatePoller(backend.backend, std::move(wake_fd)),
                backend.name.c_str());
}

}  // namespace

std::vector<TestBackend> RealBackends() {
  std::vector<TestBackend> backends;
  for (const Backend backend : UsableBackends()) {
    backends.push_back({std::string(ToString(backend)), backend});
    if (backend == Backend::kIoUring) {
      backends.push_back({.name = "io_uring_of_linux_6_1",
                          .backend = backend,
                          .is_old_ring = true});
    }
  }
  return backends;
}

std::vector<TestBackend> AllBackends() {
  std::vector<TestBackend> backends = RealBackends();
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    backends.push_back({"fake" + std::to_string(seed), Backend::kAuto, seed});
  }
  return backends;
}

PollerTest::PollerTest() : TurnedPoller(MakePoller(GetParam())) {}

std::string NameOf(const ::testing::TestParamInfo<TestBackend>& info) {
  return info.param.name;
}

}  // namespace eddy::test
