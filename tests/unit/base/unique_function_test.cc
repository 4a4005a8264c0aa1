// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UniqueFunction tests: small, large, move-only and throwing callables.

#include "eddy/unique_function.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace eddy {
namespace {

// Counts its living copies, so that a lost or doubled destruction shows.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(const Counted& other) : alive_(other.alive_) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

using Large = std::array<std::byte, 4 * UniqueFunction<void()>::kInlineBytes>;

TEST(UniqueFunctionTest, DefaultAndNullAreEmpty) {
  UniqueFunction<void()> none;
  const UniqueFunction<void()> null = nullptr;
  EXPECT_FALSE(none);
  EXPECT_FALSE(null);
}

TEST(UniqueFunctionTest, PassesArgumentsAndReturnsTheResult) {
  UniqueFunction<int(int, int)> subtract = [](int a, int b) { return a - b; };
  ASSERT_TRUE(subtract);
  EXPECT_EQ(subtract(5, 3), 2);
}

TEST(UniqueFunctionTest, CallsAPlainFunction) {
  UniqueFunction<int(const char*)> parse = std::atoi;
  EXPECT_EQ(parse("42"), 42);
}

TEST(UniqueFunctionTest, KeepsStateBetweenCalls) {
  UniqueFunction<int()> next = [n = 0]() mutable { return ++n; };
  EXPECT_EQ(next(), 1);
  EXPECT_EQ(next(), 2);
}

TEST(UniqueFunctionTest, HandsReferencesThrough) {
  UniqueFunction<void(int&)> increment = [](int& number) { ++number; };
  int number = 1;
  increment(number);
  EXPECT_EQ(number, 2);
}

TEST(UniqueFunctionTest, HandsMoveOnlyArgumentsThrough) {
  UniqueFunction<int(std::unique_ptr<int>)> read =
      [](std::unique_ptr<int> number) { return *number; };
  EXPECT_EQ(read(std::make_unique<int>(3)), 3);
}

TEST(UniqueFunctionTest, OwnsAMoveOnlyCallable) {
  UniqueFunction<int()> read = [number = std::make_unique<int>(9)] {
    return *number;
  };
  EXPECT_EQ(read(), 9);
}

TEST(UniqueFunctionTest, IsItselfMoveOnly) {
  using Function = UniqueFunction<void()>;
  EXPECT_FALSE(std::is_copy_constructible_v<Function>);
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<Function>);
}

TEST(UniqueFunctionTest, AMovedFromFunctionIsEmpty) {
  UniqueFunction<int()> from = [] { return 1; };
  UniqueFunction<int()> to = std::move(from);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to(), 1);
}

TEST(UniqueFunctionTest, DestroysASmallCallableOnce) {
  int alive = 0;
  {
    UniqueFunction<void()> first = [counted = Counted(alive)] {};
    UniqueFunction<void()> second = std::move(first);
    UniqueFunction<void()> third;
    third = std::move(second);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(UniqueFunctionTest, DestroysALargeCallableOnce) {
  int alive = 0;
  {
    UniqueFunction<void()> first = [counted = Counted(alive), large = Large{}] {
      static_cast<void>(large);
    };
    UniqueFunction<void()> second = std::move(first);
    UniqueFunction<void()> third;
    third = std::move(second);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(UniqueFunctionTest, ALargeCallableKeepsItsStateWhenMoved) {
  const std::string text(200, 'x');
  UniqueFunction<std::size_t()> from = [text, large = Large{}] {
    return text.size() + large.size();
  };
  UniqueFunction<std::size_t()> to = std::move(from);
  EXPECT_EQ(to(), text.size() + sizeof(Large));
}

TEST(UniqueFunctionTest, AssignmentDestroysWhatWasThere) {
  int alive = 0;
  UniqueFunction<void()> function = [counted = Counted(alive)] {};
  EXPECT_EQ(alive, 1);
  function = nullptr;
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(function);
}

TEST(UniqueFunctionTest, AssignmentToItselfChangesNothing) {
  UniqueFunction<int()> function = [] { return 1; };
  UniqueFunction<int()>& same = function;
  function = std::move(same);
  ASSERT_TRUE(function);
  EXPECT_EQ(function(), 1);
}

TEST(UniqueFunctionTest, AnExceptionReachesTheCaller) {
  UniqueFunction<void()> function = [] { throw std::runtime_error("out"); };
  EXPECT_THROW(function(), std::runtime_error);
}

// Moving it may throw, so it must not stand where a move would have to.
struct ThrowsWhenMoved {
  ThrowsWhenMoved() = default;
  ThrowsWhenMoved(const ThrowsWhenMoved&) = default;
  // NOLINTNEXTLINE(performance-noexcept-move-constructor)
  ThrowsWhenMoved(ThrowsWhenMoved&&) { throw std::runtime_error("moved"); }
  int operator()() const { return 1; }
};

TEST(UniqueFunctionTest, NeverMovesACallableThatMayThrow) {
  const ThrowsWhenMoved callable;
  UniqueFunction<int()> from = callable;
  UniqueFunction<int()> to;
  EXPECT_NO_THROW(to = std::move(from));
  EXPECT_EQ(to(), 1);
}

}  // namespace
}  // namespace eddy
