// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// WatcherTest: a watcher of every backend, and what came out of it.

#ifndef EDDY_SUPPORT_WATCHER_TEST_H_
#define EDDY_SUPPORT_WATCHER_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eddy/bytes.h"
#include "eddy/watcher.h"
#include "support/backends.h"
#include "support/socket_pair.h"

namespace eddy::test {

// Outcome: a result that outlives the next WaitIo.
struct Outcome {
  explicit Outcome(const OpResult& result)
      : operation(result.operation),
        id(result.id),
        context(result.context),
        data(result.buffer.data()),
        text(AsText(
            result.buffer.first(std::min(result.size, result.buffer.size())))),
        size(result.size),
        is_swap_buffer(result.is_swap_buffer),
        status(result.status) {}

  Operation operation;
  WatchedId id;
  void* context;
  const std::byte* data;
  std::string text;  // what was moved
  std::size_t size;
  bool is_swap_buffer;
  Status status;
};

class WatcherTest : public ::testing::TestWithParam<Backend> {
 protected:
  using Clock = std::chrono::steady_clock;

  // Replaces the watcher.
  void Make(WatcherOptions options) {
    watcher_.reset();
    options.backend = GetParam();
    watcher_ = Unwrap(Watcher::Create(std::move(options)), "watcher");
  }
  Watcher& watcher() { return *watcher_; }
  void Destroy() { watcher_.reset(); }

  WatchedId Adopt(UniqueFd fd) {
    return Unwrap(watcher().Adopt(std::move(fd)), "adopt");
  }
  // The next results, at least `count` of them unless patience is over.
  std::vector<Outcome> Collect(std::size_t count = 1) {
    std::vector<Outcome> outcomes;
    while (outcomes.size() < count) {
      const auto results = watcher().WaitIo(kPatience);
      if (!results || results->empty()) {
        ADD_FAILURE() << "only " << outcomes.size() << " of " << count << ", "
                      << results.status().message();
        break;
      }
      for (const OpResult& result : *results) outcomes.emplace_back(result);
    }
    return outcomes;
  }
  // The only result that is to come.
  Outcome CollectOne() {
    auto outcomes = Collect(1);
    if (outcomes.size() != 1) {
      ADD_FAILURE() << outcomes.size() << " results";
      return Outcome(OpResult{.status = Error::kTimeout});
    }
    return std::move(outcomes.front());
  }
  // Nothing more comes by itself.
  void ExpectNoResult() {
    for (int i = 0; i < 3; ++i) {
      const auto results = watcher().WaitIo(std::chrono::nanoseconds(0));
      ASSERT_TRUE(results);
      EXPECT_TRUE(results->empty());
    }
  }

 private:
  std::unique_ptr<Watcher> watcher_ =
      Unwrap(Watcher::Create({.backend = GetParam()}), "watcher");
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_WATCHER_TEST_H_
