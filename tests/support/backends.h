// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Backends: those that this machine and build can run.

#ifndef EDDY_SUPPORT_BACKENDS_H_
#define EDDY_SUPPORT_BACKENDS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eddy/backend.h"
#include "eddy/event_loop.h"

namespace eddy::test {

inline std::vector<Backend> UsableBackends() {
  std::vector<Backend> backends;
  for (const Backend backend :
       {Backend::kEpoll, Backend::kKqueue, Backend::kIoUring}) {
    if (EventLoop::Create({.backend = backend})) backends.push_back(backend);
  }
  return backends;
}

inline std::string NameOfBackend(
    const ::testing::TestParamInfo<Backend>& info) {
  return std::string(ToString(info.param));
}

}  // namespace eddy::test

// Runs the tests of `suite`, which takes a Backend, on each one there is.
#define EDDY_ON_USABLE_BACKENDS(suite)                                       \
  INSTANTIATE_TEST_SUITE_P(On, suite,                                        \
                           ::testing::ValuesIn(                              \
                               ::eddy::test::UsableBackends()),              \
                           ::eddy::test::NameOfBackend)

#endif  // EDDY_SUPPORT_BACKENDS_H_
