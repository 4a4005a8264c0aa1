// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of handles: from many threads, and after their connections' death.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/connection_test.h"

namespace eddy::test {
namespace {

class ConnectionHandleTest : public ConnectionTest {};

EDDY_ON_USABLE_BACKENDS(ConnectionHandleTest);

// Nothing that `handle` is asked for does anything.
void ExpectDead(const ConnectionHandle& handle) {
  const Status closed = Error::kClosed;
  const auto never = [](const Status&) { ADD_FAILURE(); };
  EXPECT_FALSE(handle.is_open());
  EXPECT_EQ(handle.Send("x"), closed);
  EXPECT_EQ(handle.Send(Payload("x")), closed);
  EXPECT_EQ(handle.Send("x", never), closed);
  EXPECT_EQ(handle.Close(), closed);
  EXPECT_EQ(handle.Abort(), closed);
  EXPECT_EQ(handle.Post([](Connection&) { ADD_FAILURE(); }), closed);
}

TEST_P(ConnectionHandleTest, AHandleOfNothingIsClosed) {
  ExpectDead(ConnectionHandle());
  EXPECT_EQ(ConnectionHandle(), ConnectionHandle());
}

// Slots and descriptors are used again and again meanwhile.
TEST_P(ConnectionHandleTest, OldHandlesNeverReachNewConnections) {
  handler.on_message = [](Connection& connection, RingBuffer& input) {
    if (input.ToString() != "echo") ADD_FAILURE() << input.ToString();
    connection.Send(input);
  };
  Start();
  std::vector<ConnectionHandle> handles;
  for (int i = 0; i < 300; ++i) {
    UniqueFd client = ConnectAndAwait();
    EXPECT_EQ(Exchange(client, "echo"), "echo");
    for (const ConnectionHandle& old : handles) {
      EXPECT_FALSE(old.is_open());
      EXPECT_EQ(old.Send("stray"), Status(Error::kClosed));
    }
    if (handles.size() == 50) handles.erase(handles.begin());
    handles.push_back(handler.handle());
    // What was on its way when the connection died goes to nobody either.
    static_cast<void>(handler.handle().Abort());
    static_cast<void>(handler.handle().Send("late"));
    handler.AwaitClose(i + 1);
  }
  const UniqueFd last = ConnectAndAwait();
  for (const ConnectionHandle& old : handles) ExpectDead(old);
  EXPECT_EQ(Exchange(last, "echo"), "echo");
}

TEST_P(ConnectionHandleTest, HandlesOutliveTheServer) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  const ConnectionHandle handle = handler.handle();
  EXPECT_TRUE(handle.is_open());
  Stop();
  ExpectDead(handle);
}

TEST_P(ConnectionHandleTest, HandlesAreValues) {
  std::unordered_map<ConnectionHandle, int> sessions;
  std::atomic<int> found = 0;
  int next = 0;
  handler.on_connect = [&](Connection& connection) {
    sessions[connection.handle()] = next++;
  };
  handler.on_close = [&](Connection& connection, const Status&) {
    if (sessions.erase(connection.handle()) == 1) ++found;
  };
  Start();
  UniqueFd first = ConnectAndAwait();
  const ConnectionHandle one = handler.handle();
  UniqueFd second = ConnectAndAwait();
  const ConnectionHandle two = handler.handle();
  EXPECT_NE(one, two);
  ConnectionHandle copy = one;
  EXPECT_EQ(copy, one);
  EXPECT_EQ(std::hash<ConnectionHandle>()(copy),
            std::hash<ConnectionHandle>()(one));
  ConnectionHandle moved = std::move(copy);
  EXPECT_EQ(moved, one);
  moved = two;
  EXPECT_EQ(moved, two);
  EXPECT_TRUE(moved.is_open());
  first.Reset();
  second.Reset();
  handler.AwaitClose(2);
  EXPECT_EQ(found, 2);
}

TEST_P(ConnectionHandleTest, SendsOfOneThreadKeepTheirOrder) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  constexpr int kThreads = 8;
  constexpr int kMessages = 1000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([i, handle = handler.handle()] {
      for (int n = 0; n < kMessages; ++n) {
        const std::string line = std::to_string(i) + " " + std::to_string(n);
        const Status sent = n % 3 == 0 ? handle.Send(Payload(line + "\n"))
                                       : handle.Send(line + "\n");
        EXPECT_TRUE(sent.ok()) << sent.message();
      }
      static_cast<void>(handle.Send("end\n"));
    });
  }
  std::map<std::string, int> next;
  std::string text;
  int ended = 0;
  while (ended < kThreads && AwaitReady(client.get(), POLLIN)) {
    ASSERT_EQ(ReadSome(client.get(), text), Stream::kOpen);
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != text.npos;
         begin = end + 1) {
      const std::string line = text.substr(begin, end - begin);
      const std::size_t space = line.find(' ');
      if (space == line.npos) {
        ++ended;
        continue;
      }
      ASSERT_EQ(std::stoi(line.substr(space)), next[line.substr(0, space)]++);
    }
    text.erase(0, begin);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(next.size(), std::size_t{kThreads});
  for (const auto& [thread, count] : next) EXPECT_EQ(count, kMessages);
}

TEST_P(ConnectionHandleTest, DoneIsCalledOnceWhateverHappensToTheConnection) {
  options.num_loops = 2;
  Start();
  const std::string text = Pattern(3000);
  std::atomic<int> accepted = 0;
  std::atomic<int> told = 0;
  for (int round = 0; round < 20; ++round) {
    UniqueFd client = ConnectAndAwait();
    const ConnectionHandle handle = handler.handle();
    std::thread sender([&] {
      for (int i = 0; i < 100; ++i) {
        if (handle.Send(text, [&](const Status&) { ++told; }).ok()) ++accepted;
      }
    });
    if (round % 2 == 0) Reset(std::move(client));
    if (round % 4 == 1) static_cast<void>(handle.Abort());
    sender.join();
    static_cast<void>(handle.Abort());
  }
  EXPECT_TRUE(Eventually([&] { return server->connection_count() == 0; }));
  EXPECT_EQ(told, accepted);
}

TEST_P(ConnectionHandleTest, PostRunsOnTheConnectionsLoop) {
  options.num_loops = 3;
  Start();
  for (int i = 0; i < 6; ++i) {
    const UniqueFd client = ConnectAndAwait();
    bool was_on_loop = false;
    EXPECT_TRUE(OnConnection([&](Connection& connection) {
      was_on_loop = connection.loop().IsInLoopThread();
    }));
    EXPECT_TRUE(was_on_loop);
  }
}

TEST_P(ConnectionHandleTest, CloseFromElsewhereSendsEverythingFirst) {
  Start();
  const UniqueFd client = ConnectAndAwait();
  const ConnectionHandle handle = handler.handle();
  const std::string text = Pattern(4 << 20);
  EXPECT_TRUE(handle.Send(text).ok());
  EXPECT_TRUE(handle.Close().ok());
  std::string read;
  EXPECT_EQ(AwaitEnd(client, &read), Stream::kEnded);
  EXPECT_EQ(read, text);
  os::ShutdownWrite(client.get());
  EXPECT_TRUE(handler.AwaitClose().ok());
}

TEST_P(ConnectionHandleTest, TooManyBytesOnTheirWayAreRefused) {
  options.connection.max_output_bytes = 10'000;
  Start();
  const UniqueFd client = ConnectAndAwait();
  const ConnectionHandle handle = handler.handle();
  EXPECT_TRUE(OnConnection([&](Connection&) {
    // The loop is here, and so nothing arrives.
    EXPECT_TRUE(handle.Send(Pattern(6000)).ok());
    EXPECT_EQ(handle.Send(Pattern(6000)), Status(Error::kOutputLimit));
  }));
  EXPECT_EQ(handler.AwaitClose(), Status(Error::kOutputLimit));
}

TEST_P(ConnectionHandleTest, FunctionsThatWillSendCountTheirBytes) {
  options.connection.max_output_bytes = 10'000;
  Start();
  const UniqueFd client = ConnectAndAwait();
  const ConnectionHandle handle = handler.handle();
  const auto send = [](Connection& connection) { connection.Send("sent"); };
  // What has arrived no longer counts.
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(handle.Post(send, 6000).ok());
    EXPECT_EQ(ReadAll(client.get(), 4), "sent");
  }
  EXPECT_TRUE(OnConnection([&](Connection&) {
    EXPECT_TRUE(handle.Post(send, 6000).ok());
    EXPECT_EQ(handle.Post(send, 6000), Status(Error::kOutputLimit));
  }));
  EXPECT_EQ(handler.AwaitClose(), Status(Error::kOutputLimit));
  EXPECT_EQ(handle.Post(send, 1), Status(Error::kClosed));
}

// A message on its way counts 128 bytes more.
TEST_P(ConnectionHandleTest, FunctionsThatWillSendTooMuchAreRefused) {
  constexpr std::size_t kLimit = 10'000;
  options.connection.max_output_bytes = kLimit;
  Start();
  int count = 0;
  for (const std::size_t bytes : {kLimit - 127, kLimit, kLimit + 1,
                                  SIZE_MAX - 1000, SIZE_MAX - 1, SIZE_MAX}) {
    const UniqueFd client = ConnectAndAwait();
    EXPECT_TRUE(handler.handle().Post([](Connection&) {}, kLimit - 128).ok());
    ASSERT_TRUE(OnConnection([](Connection&) {})) << "it has arrived";
    EXPECT_EQ(handler.handle().Post([](Connection&) { ADD_FAILURE(); }, bytes),
              Status(Error::kOutputLimit))
        << bytes;
    EXPECT_EQ(handler.AwaitClose(++count), Status(Error::kOutputLimit));
  }
}

}  // namespace
}  // namespace eddy::test
