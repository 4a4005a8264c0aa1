// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Interest: what a descriptor is watched for, and what it is ready for.

#ifndef EDDY_INTEREST_H_
#define EDDY_INTEREST_H_

#include <cstdint>

namespace eddy {

enum class Interest : std::uint8_t {
  kNone = 0,
  kRead = 1,
  kWrite = 2,
  kReadWrite = 3,
};

constexpr Interest operator|(Interest a, Interest b) noexcept {
  return static_cast<Interest>(static_cast<unsigned>(a) |
                               static_cast<unsigned>(b));
}
constexpr Interest operator&(Interest a, Interest b) noexcept {
  return static_cast<Interest>(static_cast<unsigned>(a) &
                               static_cast<unsigned>(b));
}
constexpr bool Has(Interest set, Interest part) noexcept {
  return (set & part) != Interest::kNone;
}

}  // namespace eddy

#endif  // EDDY_INTEREST_H_
