// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HttpSyntax: the parts of a head as a whole.

#include "ws/http_syntax.h"

#include <algorithm>

namespace eddy::internal {
namespace {

constexpr char LowerCased(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool IsToken(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

bool IsHost(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsHostChar);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return LowerCased(x) == LowerCased(y);
  });
}

std::string_view TrimBlanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace eddy::internal
