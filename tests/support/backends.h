// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Backends: those that this build has.

#ifndef EDDY_SUPPORT_BACKENDS_H_
#define EDDY_SUPPORT_BACKENDS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eddy/backend.h"

namespace eddy::test {

// GoogleTest fails for an empty list, but not for one that has only the fake.
static_assert(EDDY_HAS_EPOLL || EDDY_HAS_KQUEUE, "the tests have no backend");

// What the build has, not what can be made just now: one that can't is a
// failing test, not one that is missing.
inline std::vector<Backend> UsableBackends() {
  std::vector<Backend> backends;
  if (EDDY_HAS_EPOLL) backends.push_back(Backend::kEpoll);
  if (EDDY_HAS_IO_URING) backends.push_back(Backend::kIoUring);
  if (EDDY_HAS_KQUEUE) backends.push_back(Backend::kKqueue);
  return backends;
}

inline std::string NameOfBackend(
    const ::testing::TestParamInfo<Backend>& info) {
  return std::string(ToString(info.param));
}

}  // namespace eddy::test

// Runs the tests of `suite`, which takes a Backend, on each one there is.
#define EDDY_ON_USABLE_BACKENDS(suite)                                \
  INSTANTIATE_TEST_SUITE_P(                                           \
      On, suite, ::testing::ValuesIn(::eddy::test::UsableBackends()), \
      ::eddy::test::NameOfBackend)

#endif  // EDDY_SUPPORT_BACKENDS_H_
