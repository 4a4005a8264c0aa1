// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionResponseTest: what a WebSocket client is told of the server's answer.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/log_capture.h"
#include "support/session_pair_test.h"

namespace eddy {
namespace {

using std::chrono::milliseconds;

class SessionResponseTest : public test::SessionPairTest {};
EDDY_ON_USABLE_BACKENDS(SessionResponseTest);

TEST_P(SessionResponseTest, ARefusalThatStandsIsNotTriedAgain) {
  handler.on_upgrade = [](const ws::Request& request, ws::Response& response) {
    const int status = std::stoi(std::string(request.query()));
    EXPECT_TRUE(response.AddHeader("X-Why", "because").ok());
    response.Answer(status);
  };
  StartBoth();
  for (const int status : {401, 404, 408, 425, 429, 499, 500, 302}) {
    std::atomic<int> retries = 0;
    std::atomic<int> answers = 0;
    ws::ConnectOptions options;
    options.retry =
        RetryOptions{.initial_delay = milliseconds(1), .max_attempts = 2};
    // It goes with the options, when the dial is over.
    auto life = std::make_shared<int>();
    const std::weak_ptr<int> dial = life;
    options.on_retry = [&, held = std::move(life)](const Status&,
                                                   std::chrono::nanoseconds) {
      ++retries;
    };
    options.on_response = [&](int told,
                              std::span<const ws::HeaderView> headers) {
      EXPECT_EQ(told, status);
      answers += static_cast<int>(
          std::ranges::count_if(headers, [](const ws::HeaderView& header) {
            return header.name == "X-Why" && header.value == "because";
          }));
    };
    test::SessionOutcome told;
    client->Connect(Url("/?" + std::to_string(status)), std::move(options),
                    told.Callback());
    EXPECT_EQ(told.status().code(), Error::kProtocol);
    const bool stands = status == 401 || status == 404 || status == 499;
    const int attempts = stands ? 1 : 2;
    ASSERT_TRUE(test::Eventually([&] { return dial.expired(); })) << status;
    EXPECT_EQ(answers, attempts) << status;
    EXPECT_EQ(retries, attempts - 1) << status;
  }
}

TEST_P(SessionResponseTest, TheAnswerIsToldBeforeTheSession) {
  handler.on_upgrade = [](const ws::Request&, ws::Response& response) {
    EXPECT_TRUE(response.AddHeader("Set-Cookie", "id=7").ok());
  };
  std::string cookie;
  std::string at_open;
  tally.on_connect = [&](ws::Session&) { at_open = cookie; };
  StartBoth();
  ws::ConnectOptions options;
  options.on_response = [&](int status,
                            std::span<const ws::HeaderView> headers) {
    EXPECT_EQ(status, 101);
    for (const ws::HeaderView& header : headers) {
      if (header.name == "Set-Cookie") cookie = header.value;
    }
  };
  Connect(Url(), std::move(options));
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(at_open, "id=7");
}

TEST_P(SessionResponseTest, WhoIsToldOfTheAnswerMayGiveUp) {
  StartBoth();
  std::atomic<ws::Client*> to_stop = client.get();
  ws::ConnectOptions options;
  options.on_response = [&](int, std::span<const ws::HeaderView>) {
    to_stop.load()->Stop();
    throw std::runtime_error("no");
  };
  const test::LogCapture log;
  Connect(Url(), std::move(options));
  EXPECT_TRUE(client->Wait().ok());
  EXPECT_TRUE(outcome.Await());
  EXPECT_EQ(tally.opens(), tally.closes());
}

}  // namespace
}  // namespace eddy
