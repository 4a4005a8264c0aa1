// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// IntrusiveListTest: a list whose links are members of what is in it.

#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <string>

namespace eddy::internal {
namespace {

struct Letter {
  char value;
  Letter* before = nullptr;
  Letter* after = nullptr;
};

using Letters = IntrusiveList<Letter, &Letter::before, &Letter::after>;

// From the first on, which must agree with the way back.
std::string TextOf(const Letters& letters) {
  std::string text;
  const Letter* last = nullptr;
  for (Letter* at = letters.first(); at != nullptr; at = at->after) {
    EXPECT_EQ(at->before, last);
    last = at;
    text += at->value;
  }
  EXPECT_EQ(letters.size(), text.size());
  EXPECT_EQ(letters.empty(), text.empty());
  return text;
}

TEST(IntrusiveListTest, KeepsTheOrder) {
  Letters letters;
  EXPECT_EQ(TextOf(letters), "");
  Letter a{'a'};
  Letter b{'b'};
  letters.PushBack(b);
  letters.PushBack(a);
  EXPECT_EQ(TextOf(letters), "ba");
}

TEST(IntrusiveListTest, AnyCanBeRemovedAndComeAgain) {
  for (const std::string order : {"abc", "acb", "bac", "bca", "cab", "cba"}) {
    Letters letters;
    Letter all[] = {{'a'}, {'b'}, {'c'}};
    for (Letter& letter : all) letters.PushBack(letter);
    std::string expected = "abc";
    for (const char value : order) {
      letters.Remove(all[value - 'a']);
      expected.erase(expected.find(value), 1);
      EXPECT_EQ(TextOf(letters), expected);
    }
    letters.PushBack(all[1]);
    EXPECT_EQ(TextOf(letters), "b");
  }
}

}  // namespace
}  // namespace eddy::internal
