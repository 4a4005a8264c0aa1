// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// OutputQueue tests: order, borrowing, callbacks, and what it costs the pool.

#include "buffer/output_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buffer/buffer_pool.h"
#include "support/pattern.h"

namespace eddy::internal {
namespace {

using View = std::span<const std::byte>;
using test::Pattern;

class OutputQueueTest : public testing::Test {
 protected:
  ~OutputQueueTest() override {
    OutputQueue::Callbacks done(pool_);
    queue_.Clear(pool_, done);
    Call(done);
    EXPECT_EQ(pool_.used_bytes(), 0u);
  }

  void Copy(std::string_view text) { queue_.Append(pool_, AsBytes(text)); }
  // Its callback adds `name` to called_.
  void Borrow(std::string_view text, std::string name) {
    queue_.Append(
        pool_, AsBytes(text),
        [this, name = std::move(name)](const Status&) { called_ += name; });
  }
  void Consume(std::size_t n) {
    OutputQueue::Callbacks done(pool_);
    queue_.Consume(pool_, n, done);
    Call(done);
  }
  void Call(OutputQueue::Callbacks& done) {
    while (!done.empty()) done.Pop()(Status());
  }

  std::vector<std::string> Gathered(std::size_t max_views,
                                    std::size_t max_bytes) {
    std::vector<View> views(max_views);
    views.resize(queue_.Gather(views, max_bytes));
    std::vector<std::string> texts;
    for (const View view : views) texts.emplace_back(AsText(view));
    return texts;
  }
  std::string All() {
    std::string all;
    for (const std::string& text : Gathered(1000, SIZE_MAX)) all += text;
    return all;
  }
  const std::byte* Front() {
    std::array<View, 1> view;
    return queue_.Gather(view, 1) == 0 ? nullptr : view[0].data();
  }

  BufferPool pool_{std::size_t{16} << 20};
  OutputQueue queue_;
  std::string called_;
};

TEST_F(OutputQueueTest, StartsEmptyAndWithoutMemory) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_TRUE(Gathered(4, 100).empty());
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(OutputQueueTest, GathersCopiedBytesAsOneView) {
  Copy("hello ");
  Copy("world");
  EXPECT_EQ(queue_.size(), 11u);
  EXPECT_EQ(Gathered(4, 100), (std::vector<std::string>{"hello world"}));
  EXPECT_EQ(pool_.used_bytes(), OutputQueue::kFirstBlockBytes);
}

TEST_F(OutputQueueTest, CopiesAtOnce) {
  std::string text = "before";
  Copy(text);
  text = "after!";
  EXPECT_EQ(All(), "before");
}

TEST_F(OutputQueueTest, NothingToAppendIsNothing) {
  Copy("");
  queue_.Append(pool_, Payload());
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(OutputQueueTest, ConsumesFromTheFront) {
  Copy("hello world");
  Consume(6);
  EXPECT_EQ(queue_.size(), 5u);
  EXPECT_EQ(All(), "world");
  Consume(5);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(OutputQueueTest, OwnsNoMemoryOnceItIsEmpty) {
  Copy(Pattern(100000));
  Borrow("borrowed", "b");
  queue_.Append(pool_, Payload(Pattern(1000)));
  EXPECT_GT(pool_.used_bytes(), 101000u);
  Consume(queue_.size());
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(OutputQueueTest, BytesNeverMove) {
  Copy("first");
  const std::byte* front = Front();
  for (int i = 0; i < 1000; ++i) Copy(Pattern(1000));
  queue_.Append(pool_, Payload(Pattern(1000)));
  EXPECT_EQ(Front(), front);
  Consume(1);
  EXPECT_EQ(Front(), front + 1);
  EXPECT_EQ(All().substr(0, 4), "irst");
}

TEST_F(OutputQueueTest, FillsABlockBeforeItTakesAnother) {
  Copy("x");
  while (Gathered(4, SIZE_MAX).size() == 1) Copy("x");
  const std::size_t in_first = Gathered(4, SIZE_MAX)[0].size();
  EXPECT_GT(in_first, OutputQueue::kFirstBlockBytes - 100);
  EXPECT_LT(in_first, OutputQueue::kFirstBlockBytes);
}

TEST_F(OutputQueueTest, SplitsBytesOverTheRestOfABlockAndANewOne) {
  Copy(Pattern(900));
  Copy(Pattern(900, 5));
  EXPECT_EQ(Gathered(4, SIZE_MAX).size(), 2u);
  EXPECT_EQ(All(), Pattern(900) + Pattern(900, 5));
}

TEST_F(OutputQueueTest, TakesOneBlockForBytesThatFitInto) {
  Copy(Pattern(100000));
  EXPECT_EQ(Gathered(4, SIZE_MAX).size(), 1u);
  EXPECT_EQ(All(), Pattern(100000));
}

TEST_F(OutputQueueTest, SplitsBytesThatFitIntoNoBlock) {
  const std::string text = Pattern(std::size_t{1} << 20);
  Copy("head");
  Copy(text);
  EXPECT_EQ(Gathered(16, SIZE_MAX).size(), 5u);
  EXPECT_EQ(All(), "head" + text);
  EXPECT_EQ(queue_.size(), text.size() + 4);
}

TEST_F(OutputQueueTest, NeedsFewBlocksForManySmallPieces) {
  for (int i = 0; i < 10000; ++i) Copy(Pattern(100));
  EXPECT_LT(Gathered(1000, SIZE_MAX).size(), 14u);
  EXPECT_LT(pool_.used_bytes(), 2000000u);
}

TEST_F(OutputQueueTest, SharesALargePayload) {
  const Payload payload(Pattern(1000));
  queue_.Append(pool_, payload);
  EXPECT_EQ(Front(), payload.bytes().data());
  EXPECT_EQ(queue_.size(), 1000u);
}

TEST_F(OutputQueueTest, CopiesASmallPayload) {
  const Payload payload(Pattern(OutputQueue::kMaxCopiedPayloadBytes));
  Copy("a");
  queue_.Append(pool_, payload);
  EXPECT_EQ(Gathered(4, SIZE_MAX).size(), 1u);
  EXPECT_EQ(All(), "a" + Pattern(OutputQueue::kMaxCopiedPayloadBytes));
}

TEST_F(OutputQueueTest, APayloadLivesUntilItsLastByteIsConsumed) {
  queue_.Append(pool_, Payload(Pattern(1000)));
  Consume(999);
  EXPECT_EQ(All(), Pattern(1000).substr(999));
  Consume(1);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(OutputQueueTest, ChargesAPayloadInFullUntilItIsGone) {
  queue_.Append(pool_, Payload(Pattern(1000)));
  const std::size_t used = pool_.used_bytes();
  EXPECT_GE(used, 1000u);
  Consume(999);
  EXPECT_EQ(pool_.used_bytes(), used);
  Consume(1);
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(OutputQueueTest, BorrowsBytes) {
  const std::string text = "borrowed";
  Borrow(text, "b");
  EXPECT_EQ(Front(), AsBytes(text).data());
  EXPECT_EQ(queue_.size(), 8u);
}

TEST_F(OutputQueueTest, ChargesBorrowedBytesUntilTheirCallbackIsHandedOut) {
  const std::string text = Pattern(5000);
  Borrow(text, "b");
  Consume(4999);
  EXPECT_GE(pool_.used_bytes(), 5000u);
  OutputQueue::Callbacks done(pool_);
  queue_.Consume(pool_, 1, done);
  EXPECT_LT(pool_.used_bytes(), 5000u);
  Call(done);
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(OutputQueueTest, HandsOutACallbackWhenItsLastByteIsGone) {
  Borrow("borrowed", "b");
  Consume(7);
  EXPECT_EQ(called_, "");
  Consume(1);
  EXPECT_EQ(called_, "b");
}

TEST_F(OutputQueueTest, HandsOutCallbacksInOrder) {
  Borrow("one", "1");
  Copy("between");
  Borrow("two", "2");
  Borrow("three", "3");
  Consume(14);
  EXPECT_EQ(called_, "12");
  Consume(4);
  EXPECT_EQ(called_, "123");
}

TEST_F(OutputQueueTest, NeverCallsACallbackItself) {
  Borrow("borrowed", "b");
  OutputQueue::Callbacks done(pool_);
  queue_.Consume(pool_, 8, done);
  EXPECT_EQ(called_, "");
  EXPECT_FALSE(done.empty());
  SendCallback callback = done.Pop();
  EXPECT_TRUE(done.empty());
  callback(Status());
  EXPECT_EQ(called_, "b");
}

TEST_F(OutputQueueTest, ACallbackWithoutBytesWaitsForWhatIsBeforeIt) {
  Copy("before");
  Borrow("", "e");
  Copy("behind");
  Consume(5);
  EXPECT_EQ(called_, "");
  Consume(1);
  EXPECT_EQ(called_, "e");
  EXPECT_EQ(All(), "behind");
}

TEST_F(OutputQueueTest, ACallbackWithoutBytesAtTheFrontWaitsForConsume) {
  Borrow("", "1");
  Borrow("", "2");
  EXPECT_FALSE(queue_.empty());
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_TRUE(Gathered(4, 100).empty());
  Consume(0);
  EXPECT_EQ(called_, "12");
  EXPECT_TRUE(queue_.empty());
}

TEST_F(OutputQueueTest, ConsumingNothingChangesNothing) {
  Copy("text");
  Consume(0);
  EXPECT_EQ(All(), "text");
}

TEST_F(OutputQueueTest, CopiesNothingBehindBorrowedBytesIntoAnEarlierBlock) {
  Copy("a");
  Borrow("b", "");
  Copy("c");
  EXPECT_EQ(Gathered(4, 100), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(OutputQueueTest, GathersNoMoreViewsThanFit) {
  Copy("a");
  Borrow("b", "");
  Copy("c");
  EXPECT_EQ(Gathered(2, 100), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(Gathered(0, 100).empty());
}

TEST_F(OutputQueueTest, CutsTheLastViewToTheBytesAskedFor) {
  Copy("abc");
  Borrow("def", "");
  Copy("ghi");
  EXPECT_EQ(Gathered(4, 5), (std::vector<std::string>{"abc", "de"}));
  EXPECT_EQ(Gathered(4, 6), (std::vector<std::string>{"abc", "def"}));
  EXPECT_TRUE(Gathered(4, 0).empty());
}

TEST_F(OutputQueueTest, GathersNoEmptyView) {
  Copy("a");
  Borrow("", "");
  Borrow("b", "");
  EXPECT_EQ(Gathered(4, 100), (std::vector<std::string>{"a", "b"}));
}

TEST_F(OutputQueueTest, ClearDropsTheBytesAndHandsOutAllCallbacks) {
  Copy("text");
  Borrow("one", "1");
  queue_.Append(pool_, Payload(Pattern(1000)));
  Borrow("", "2");
  OutputQueue::Callbacks done(pool_);
  queue_.Clear(pool_, done);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.size(), 0u);
  Call(done);
  EXPECT_EQ(called_, "12");
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

TEST_F(OutputQueueTest, DestroysACallbackThatIsNeverCalled) {
  auto token = std::make_shared<int>(1);
  queue_.Append(pool_, {}, [token](const Status&) {});
  EXPECT_EQ(token.use_count(), 2);
  OutputQueue::Callbacks done(pool_);
  queue_.Clear(pool_, done);
  static_cast<void>(done.Pop());
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(OutputQueueTest, IsUsableAgainAfterClear) {
  Copy("old");
  OutputQueue::Callbacks done(pool_);
  queue_.Clear(pool_, done);
  Copy("new");
  EXPECT_EQ(All(), "new");
  EXPECT_EQ(queue_.size(), 3u);
}

// Random calls on the queue and on a string, a deque of borrowed texts and the
// callbacks that ought to have come.
TEST_F(OutputQueueTest, SendsWhatAStringWouldHold) {
  std::mt19937 random(20260104);
  std::string model;
  std::size_t sent = 0;
  std::deque<std::string> borrowed;
  std::deque<std::pair<std::size_t, std::string>> expected;  // end, name
  std::string expected_calls;
  for (int step = 0; step < 20000; ++step) {
    const std::string text = Pattern(random() % 700, random() % 26);
    switch (random() % 6) {
      case 0:
      case 1:
        Copy(text);
        model += text;
        break;
      case 2:
        queue_.Append(pool_, Payload(text));
        model += text;
        break;
      case 3:
        borrowed.push_back(text.substr(0, random() % 2 * text.size()));
        model += borrowed.back();
        expected.emplace_back(sent + model.size(), std::to_string(step) + " ");
        Borrow(borrowed.back(), expected.back().second);
        break;
      default: {
        std::array<View, 4> views;
        const std::size_t count = queue_.Gather(views, 1000);
        std::string gathered;
        for (std::size_t i = 0; i < count; ++i) gathered += AsText(views[i]);
        ASSERT_EQ(gathered, model.substr(0, gathered.size()));
        ASSERT_EQ(gathered.empty(), model.empty());
        const std::size_t n = random() % (gathered.size() + 1);
        Consume(n);
        model.erase(0, n);
        sent += n;
        while (!expected.empty() && expected.front().first <= sent) {
          expected_calls += expected.front().second;
          expected.pop_front();
        }
        ASSERT_EQ(called_, expected_calls);
      }
    }
    ASSERT_EQ(queue_.size(), model.size());
    ASSERT_EQ(queue_.empty(), model.empty() && expected.empty());
  }
}

}  // namespace
}  // namespace eddy::internal
