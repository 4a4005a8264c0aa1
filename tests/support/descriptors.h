// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Descriptors: how many the process has, and may have.

#ifndef EDDY_SUPPORT_DESCRIPTORS_H_
#define EDDY_SUPPORT_DESCRIPTORS_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>

#include "eddy/unique_fd.h"

namespace eddy::test {

// DescriptorLimit: leaves the process room for so many descriptors more.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t room) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit limit = before_;
    const UniqueFd next(::dup(STDERR_FILENO));
    limit.rlim_cur = static_cast<rlim_t>(next.get()) + room;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// How many descriptors are open.
inline std::size_t CountDescriptors() {
  std::size_t count = 0;
  // One of them is the listing's own.
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/dev/fd")) {
    ++count;
  }
  return count - 1;
}

// Lets this process have so many descriptors, if it may.
inline void NeedDescriptors(rlim_t count) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur >= count) return;
  ASSERT_GE(limit.rlim_max, count) << "ulimit -n";
  limit.rlim_cur = count;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_DESCRIPTORS_H_
