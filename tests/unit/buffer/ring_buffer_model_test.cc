// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingBuffer model test: random calls on a ring and on a std::string.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "eddy/ring_buffer.h"
#include "support/pattern.h"

namespace eddy {
namespace {

using test::Pattern;

class RingBufferModelTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  void Step() {
    switch (random_() % 10) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::string text = Pattern(Size(), random_() % 26);
        ring_.Append(text);
        model_ += text;
        return;
      }
      case 4: {
        // A view of the ring itself.
        const auto view = ring_.Peek().first;
        const auto part = view.subspan(view.size() / 2);
        model_ += AsText(part);
        ring_.Append(part);
        return;
      }
      case 5:
      case 6: {
        const std::size_t n = std::min(Size() + Size(), model_.size());
        ring_.Consume(n);
        model_.erase(0, n);
        return;
      }
      case 7: {
        std::string target(Size(), '\0');
        const std::size_t n =
            ring_.Read(std::as_writable_bytes(std::span(target)));
        ASSERT_EQ(target.substr(0, n), model_.substr(0, target.size()));
        model_.erase(0, n);
        return;
      }
      case 8: {
        const std::size_t n = std::min(2 * Size(), model_.size());
        ASSERT_EQ(AsText(ring_.Contiguous(n)), model_.substr(0, n));
        return;
      }
      case 9: {
        const std::string needle = Pattern(1 + random_() % 4, random_() % 26);
        const std::size_t from = random_() % 64;
        const std::size_t found = model_.find(needle, from);
        ASSERT_EQ(ring_.Find(needle, from),
                  found == std::string::npos ? RingBuffer::kNotFound : found);
        return;
      }
    }
  }

  std::size_t Size() { return random_() % 200; }

  std::mt19937 random_{GetParam()};
  RingBuffer ring_;
  std::string model_;
};

TEST_P(RingBufferModelTest, HoldsWhatAStringWouldHold) {
  for (int step = 0; step < 5000; ++step) {
    ASSERT_NO_FATAL_FAILURE(Step());
    ASSERT_EQ(ring_.size(), model_.size());
    ASSERT_EQ(ring_.ToString(), model_);
    if (model_.size() > 5000) {
      ring_.Clear();
      model_.clear();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RingBufferModelTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace eddy
