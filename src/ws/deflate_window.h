// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DeflateWindow: how far back a compressed message may refer.

#ifndef EDDY_WS_DEFLATE_WINDOW_H_
#define EDDY_WS_DEFLATE_WINDOW_H_

#include <cstddef>

#include "base/check.h"

namespace eddy::internal {

// In bits of a number of bytes. RFC 7692 has 8 as well, which zlib does not
// compress with.
inline constexpr int kMinWindowBits = 9;
inline constexpr int kMaxWindowBits = 15;
inline constexpr std::size_t kWindowCount = kMaxWindowBits - kMinWindowBits + 1;

inline std::size_t IndexOfWindow(int bits) noexcept {
  EDDY_CHECK(bits >= kMinWindowBits && bits <= kMaxWindowBits,
             "a window of 9 to 15 bits");
  return static_cast<std::size_t>(bits - kMinWindowBits);
}

}  // namespace eddy::internal

#endif  // EDDY_WS_DEFLATE_WINDOW_H_
