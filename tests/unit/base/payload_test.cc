// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Payload tests: sharing, and the end of sharing.

#include "eddy/payload.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eddy {
namespace {

std::string Text(const Payload& payload) {
  return std::string(AsText(payload.bytes()));
}

TEST(PayloadTest, DefaultIsEmpty) {
  const Payload payload;
  EXPECT_TRUE(payload.empty());
  EXPECT_EQ(payload.size(), 0u);
  EXPECT_TRUE(payload.bytes().empty());
}

TEST(PayloadTest, CopiesItsBytes) {
  std::string text = "hello";
  const Payload payload(text);
  text = "other";
  EXPECT_EQ(Text(payload), "hello");
  EXPECT_EQ(payload.size(), 5u);
  EXPECT_FALSE(payload.empty());
}

TEST(PayloadTest, IsMadeFromAnyRangeOfBytes) {
  EXPECT_EQ(Text(Payload("literal")), "literal");
  EXPECT_EQ(Text(Payload(std::string_view("view"))), "view");
  EXPECT_EQ(Text(Payload(std::vector<unsigned char>{'a', 'b'})), "ab");
  EXPECT_EQ(Text(Payload(std::span<const std::byte>())), "");
}

TEST(PayloadTest, CopiesShareTheBytes) {
  const Payload payload("shared");
  const Payload copy = payload;
  EXPECT_EQ(copy.bytes().data(), payload.bytes().data());
}

TEST(PayloadTest, BytesLiveUntilTheLastReferenceIsGone) {
  auto first = std::make_unique<Payload>("bytes");
  Payload second = *first;
  first.reset();
  const Payload third = std::move(second);
  EXPECT_EQ(Text(third), "bytes");
}

TEST(PayloadTest, AMovedFromPayloadIsEmpty) {
  Payload from("bytes");
  const Payload to = std::move(from);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(Text(to), "bytes");
}

TEST(PayloadTest, AssignmentReplacesWhatWasThere) {
  Payload payload("first");
  const Payload second("second");
  payload = second;
  EXPECT_EQ(Text(payload), "second");
  payload = Payload("third");
  EXPECT_EQ(Text(payload), "third");
  payload = Payload();
  EXPECT_TRUE(payload.empty());
}

TEST(PayloadTest, AssignmentToItselfChangesNothing) {
  Payload payload("bytes");
  Payload& same = payload;
  payload = same;
  EXPECT_EQ(Text(payload), "bytes");
  payload = std::move(same);
  EXPECT_EQ(Text(payload), "bytes");
}

TEST(PayloadTest, CopiesAreSharedBetweenThreads) {
  Payload payload(std::string(1000, 'x'));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = payload] {
      for (int round = 0; round < 1000; ++round) {
        const Payload mine = copy;
        ASSERT_EQ(mine.size(), 1000u);
      }
    });
  }
  payload = Payload();  // the last reference goes on one of the threads
  for (std::thread& thread : threads) thread.join();
}

TEST(PayloadTest, MayBePutTogether) {
  const std::string head = "head";
  const std::string body = "body";
  EXPECT_EQ(AsText(Payload(AsBytes(head), AsBytes(body)).bytes()), "headbody");
  EXPECT_EQ(AsText(Payload(AsBytes(head), {}).bytes()), "head");
  EXPECT_TRUE(Payload(std::span<const std::byte>(), {}).empty());
}

}  // namespace
}  // namespace eddy
