// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionManyTest: compression, prepared messages and handles.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/session_pair_test.h"

namespace eddy {
namespace {

using test::RawWebSocket;
using ws::CloseCode;

// A char array, unlike a literal, may be a buffer that is not full.
template <typename S, typename... T>
concept Sends = requires(S& session, T&... what) {
  session.Send(what...);
};
using Type = ws::MessageType;
static_assert(Sends<ws::Session, const char[6]>);
static_assert(Sends<ws::Session, std::string> &&
              Sends<ws::SessionHandle, std::string>);
static_assert(Sends<ws::Session, Type, std::vector<std::byte>>);
static_assert(!Sends<ws::Session, char[6]> &&
              !Sends<ws::Session, Type, char[6]>);
static_assert(!Sends<ws::SessionHandle, char[6]> &&
              !Sends<ws::SessionHandle, Type, char[6]>);
static_assert(!std::is_constructible_v<ws::PreparedMessage, char (&)[6]>);

// Letters of which nothing but the parts that are meant to repeats itself.
std::string RandomText(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& letter : text) letter = static_cast<char>('a' + random() % 16);
  return text;
}

class SessionManyTest : public test::SessionPairTest {};
EDDY_ON_USABLE_BACKENDS(SessionManyTest);

// ---- Compression ------------------------------------------------------------

TEST_P(SessionManyTest, BothSidesCompress) {
  for (const bool keeps_context : {false, true}) {
    for (const int bits : {9, 15}) {
      server.reset();
      client.reset();
      const std::size_t before = tally.messages().size();
      const std::size_t opens = tally.opens();
      session_options.deflate =
          ws::DeflateOptions{.server_keeps_context = keeps_context,
                             .client_keeps_context = keeps_context,
                             .server_window_bits = bits,
                             .client_window_bits = bits};
      client_session_options.deflate = session_options.deflate;
      StartBoth();
      client->Connect(Url());
      ASSERT_TRUE(tally.AwaitOpens(opens + 1));
      std::string text;
      for (int i = 0; i < 5'000; ++i) text += "message " + std::to_string(i);
      const ws::SessionHandle session = tally.last_handle();
      for (int i = 0; i < 3; ++i) session.Send(text);
      session.Send("short");
      session.Send(text);
      ASSERT_TRUE(tally.AwaitMessages(before + 5));
      const auto messages = tally.messages();
      for (const std::size_t i : {0U, 1U, 2U, 4U}) {
        EXPECT_EQ(messages[before + i], text);
      }
      EXPECT_EQ(messages[before + 3], "short");
      EXPECT_LT(server->stats().received_bytes, text.size());
      EXPECT_LT(server->stats().sent_bytes, text.size());
    }
  }
}

TEST_P(SessionManyTest, WhatInflatesTooFarIsRefused) {
  session_options.deflate.emplace();
  session_options.max_message_bytes = 100'000;
  client_session_options.deflate.emplace();
  StartBoth();
  Connect(Url());
  outcome.handle().Send(std::string(1'000'000, 'x'));
  EXPECT_EQ(tally.AwaitEnd().code, CloseCode::kTooBig);
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kTooBig);
  EXPECT_EQ(handler.messages().size(), 0U);
}

// The client keeps the server's context, and so inflates with the window that
// it asked for. What repeats does so farther back than that reaches.
TEST_P(SessionManyTest, PreparedMessagesFitSmallerWindows) {
  session_options.deflate = ws::DeflateOptions{.server_keeps_context = true};
  client_session_options.deflate = ws::DeflateOptions{
      .server_keeps_context = true, .server_window_bits = 10};
  StartBoth();
  Connect(Url());
  ASSERT_TRUE(outcome.status().ok());
  ASSERT_TRUE(handler.AwaitOpens(1));
  std::string text = RandomText(5'000, 1);
  text += text;
  server->Broadcast(ws::PreparedMessage(text));
  server->Broadcast(ws::PreparedMessage(text));
  ASSERT_TRUE(tally.AwaitMessages(2));
  EXPECT_EQ(tally.messages()[0], text);
  EXPECT_EQ(tally.messages()[1], text);
}

// ---- To many ----------------------------------------------------------------

TEST_P(SessionManyTest, APreparedMessageReachesAllThatAreMeant) {
  session_options.deflate = ws::DeflateOptions{.server_keeps_context = true};
  client_session_options.deflate = session_options.deflate;
  handler.on_message = [](ws::Session& session, ws::Message message) {
    session.Emplace<std::string>(message.text());
    session.Send(message);
  };
  Start(2);
  StartClient();
  for (int i = 0; i < 10; ++i) Connect(Url());
  ASSERT_TRUE(tally.AwaitOpens(10));
  RawWebSocket plain = Open();
  plain.Write(test::TextFrame("plain"));
  EXPECT_EQ(plain.ReadText(), "plain");
  // What is sent to each before must not be referred to after it.
  const std::string own = RandomText(5'000, 1);
  const std::string text = RandomText(5'000, 2);
  server->ForEach([&](ws::Session& session) { session.Send(own); });
  server->Broadcast(ws::PreparedMessage(text));
  server->ForEach([&](ws::Session& session) { session.Send(own); });
  ASSERT_TRUE(tally.AwaitMessages(30));
  for (const std::string& expected : {own, text, own}) {
    EXPECT_EQ(plain.ReadText(), expected);
  }
  const auto messages = tally.messages();
  EXPECT_EQ(std::count(messages.begin(), messages.end(), own), 20);
  EXPECT_EQ(std::count(messages.begin(), messages.end(), text), 10);
  server->Broadcast(ws::PreparedMessage("for one"), [](ws::Session& session) {
    const auto* name = session.Get<std::string>();
    return name != nullptr && *name == "plain";
  });
  EXPECT_EQ(plain.ReadText(), "for one");
  EXPECT_EQ(tally.messages().size(), 30U);
}

TEST_P(SessionManyTest, OneMessageMayBeBroadcastByManyThreads) {
  session_options.deflate.emplace();
  client_session_options.deflate.emplace();
  Start(2);
  StartClient();
  constexpr std::size_t kSessions = 6;
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kEach = 20;
  for (std::size_t i = 0; i < kSessions; ++i) Connect(Url());
  ASSERT_TRUE(handler.AwaitOpens(kSessions));
  const std::string text = RandomText(2'000, 1);
  const ws::PreparedMessage message(text);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (std::size_t n = 0; n < kEach; ++n) server->Broadcast(message);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(tally.AwaitMessages(kSessions * kThreads * kEach));
  for (const std::string& found : tally.messages()) EXPECT_EQ(found, text);
}

TEST_P(SessionManyTest, ManyThreadsMaySendThroughOneHandle) {
  StartBoth();
  Connect(Url());
  const ws::SessionHandle session = outcome.handle();
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&session, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string text = std::to_string(t) + " " + std::to_string(i);
        EXPECT_TRUE(session.Send(text).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(tally.AwaitMessages(kThreads * kEach));
  int next[kThreads] = {};
  for (const std::string& message : tally.messages()) {
    const int t = message[0] - '0';
    EXPECT_EQ(message.substr(2), std::to_string(next[t]++));
  }
}

TEST_P(SessionManyTest, AFloodThroughAHandleEndsAtTheLimit) {
  connection_options.max_output_bytes = 1 << 20;
  connection_options.high_watermark_bytes = 1 << 18;
  connection_options.low_watermark_bytes = 1 << 16;
  Start();
  RawWebSocket silent = Open();
  ASSERT_TRUE(handler.AwaitOpens(1));
  const std::string text(10'000, 'x');
  const ws::SessionHandle session = handler.last_handle();
  EXPECT_TRUE(test::Eventually(
      [&] { return session.Send(text).code() == Error::kOutputLimit; }));
  EXPECT_EQ(handler.AwaitEnd().code, CloseCode::kAbnormal);
}

TEST_P(SessionManyTest, AHandleOutlivesEverything) {
  StartBoth();
  Connect(Url());
  const ws::SessionHandle session = outcome.handle();
  client.reset();
  EXPECT_FALSE(session.is_open());
  EXPECT_EQ(session.Send("x").code(), Error::kClosed);
  EXPECT_EQ(session.Post([](ws::Session&) {}).code(), Error::kClosed);
  EXPECT_EQ(session.Find(), nullptr);
  EXPECT_EQ(ws::SessionHandle().Send("x").code(), Error::kClosed);
}

}  // namespace
}  // namespace eddy
