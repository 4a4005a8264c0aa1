// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Pattern: bytes for tests, in which a shift or a gap shows.

#ifndef EDDY_SUPPORT_PATTERN_H_
#define EDDY_SUPPORT_PATTERN_H_

#include <cstddef>
#include <string>

namespace eddy::test {

// `size` letters from the `seed`th on of a text that goes through the alphabet,
// and begins a letter later each time, so that it does not repeat itself.
inline std::string Pattern(std::size_t size, std::size_t seed = 0) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = i + seed;
    text[i] =
        static_cast<char>('a' + (at + at / 26 + at / 676 + at / 17'576) % 26);
  }
  return text;
}

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_PATTERN_H_
