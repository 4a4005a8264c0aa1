// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionMemoryTest: what sessions hold counts, and has its limit.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/session_test.h"

namespace eddy {
namespace {

class SessionMemoryTest : public test::SessionTest {
 protected:
  // The loop's buffers together may be as large as one message.
  void StartWithLittle() {
    ServerOptions options = Options(1);
    options.max_loop_buffer_bytes = session_options.max_message_bytes;
    options.connection.close_timeout = std::chrono::milliseconds(50);
    server = std::make_unique<ws::Server>(handler, std::move(options),
                                          session_options);
    ASSERT_TRUE(server->Start().ok());
  }
};
EDDY_ON_USABLE_BACKENDS(SessionMemoryTest);

// Each of them keeps to max_message_bytes.
TEST_P(SessionMemoryTest, WhoHoardsPartsOfMessagesGivesThemUp) {
  StartWithLittle();
  const std::size_t size = session_options.max_message_bytes / 2;
  const std::string frame = test::Frame(0x82, std::string(size, 'x'));
  std::vector<test::RawWebSocket> hoarders;
  for (int i = 0; i < 4; ++i) {
    hoarders.push_back(Open());
    hoarders.back().Write(std::string_view(frame).substr(0, frame.size() - 1));
  }
  const test::SessionEnd end = handler.AwaitEnd();
  EXPECT_EQ(end.code, ws::CloseCode::kAbnormal);
  EXPECT_EQ(end.reason, Status(Error::kNoMemory).message());
  // And others are served again.
  test::RawWebSocket client = Open();
  client.Write(test::TextFrame("hello"));
  const auto answer = client.ReadFrame();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payload, "hello");
}

}  // namespace
}  // namespace eddy
