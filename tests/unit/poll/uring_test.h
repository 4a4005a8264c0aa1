// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringTest: a test of what only a ring does.

#ifndef EDDY_UNIT_POLL_URING_TEST_H_
#define EDDY_UNIT_POLL_URING_TEST_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conformance/recording_transport.h"
#include "os/wake_fd.h"
#include "poll/poller.h"
#include "poll/ring.h"
#include "poll/uring_poller.h"
#include "support/descriptors.h"
#include "support/ring_probe.h"
#include "support/socket_pair.h"
#include "support/turned_poller.h"

namespace eddy::test {

// UringTest: has a poller on a ring, and the kernel's view of it.
//
// The kernel keeps a ring's completions to itself until the poller waits, so
// that a test decides how many there are of them at a time.
class UringTest : public ::testing::Test, protected TurnedPoller {
 protected:
  // Link: a transport and the other end.
  struct Link {
    UniqueFd peer;
    std::unique_ptr<RecordingTransport> ours;
  };

  explicit UringTest(bool is_receive_limited = false)
      : TurnedPoller(Unwrap(internal::UringPoller::Create(
                                std::make_shared<const os::WakeFd>(Unwrap(
                                    os::WakeFd::Create(), "wake descriptor")),
                                is_receive_limited),
                            "io_uring")) {}
  ~UringTest() override { CloseAll(); }

  std::vector<Link>& links() { return links_; }
  const RingProbe& ring() const { return ring_; }

  // One more, which is not open.
  Link& Add() {
    SocketPair pair = UnixPair();
    links_.push_back(
        {std::move(pair.peer),
         std::make_unique<RecordingTransport>(poller(), std::move(pair.ours))});
    return links_.back();
  }
  // All at once: one at a time it would take a turn for each.
  void CloseAll() {
    for (auto& link : links_) link.ours->Close();
    EXPECT_TRUE(RunUntil([this] {
      while (!links_.empty() && links_.back().ours->is_closed()) {
        links_.pop_back();
      }
      return links_.empty();
    }));
  }

 private:
  RingProbe ring_;
  std::vector<Link> links_;
};

// Whether receives are limited: the kernel's way, and that of older ones.
inline std::vector<bool> Kernels() {
  std::vector<bool> kernels = {false};
  if (Unwrap(internal::Ring::CanLimitReceive(), "io_uring")) {
    kernels.push_back(true);
  }
  return kernels;
}

inline std::string NameOfKernel(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "Limited" : "Unlimited";
}

}  // namespace eddy::test

// Runs the tests of `suite`, which takes what Kernels returns, for each.
#define EDDY_ON_KERNELS(suite)                                           \
  INSTANTIATE_TEST_SUITE_P(On, suite,                                    \
                           ::testing::ValuesIn(::eddy::test::Kernels()), \
                           ::eddy::test::NameOfKernel)

#endif  // EDDY_UNIT_POLL_URING_TEST_H_
