// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Request: an operation for tests.

#ifndef EDDY_CONFORMANCE_REQUEST_H_
#define EDDY_CONFORMANCE_REQUEST_H_

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "conformance/poller_test.h"

namespace eddy::test {

// Request: an operation that owns its buffer and keeps its outcome.
class Request final : public Operation {
 public:
  Request(int descriptor, Kind of, std::string text) : text_(std::move(text)) {
    fd = descriptor;
    kind = of;
    data = std::as_writable_bytes(std::span(text_)).data();
    size = text_.size();
  }
  void OnComplete(const Status& status) override {
    EXPECT_FALSE(outcome) << "completed twice";
    outcome = status;
    if (when_complete) when_complete();
  }

  std::string_view moved() const {
    return std::string_view(text_).substr(0, transferred);
  }

  std::optional<Status> outcome;
  std::function<void()> when_complete;

 private:
  std::string text_;
};

}  // namespace eddy::test

#endif  // EDDY_CONFORMANCE_REQUEST_H_
