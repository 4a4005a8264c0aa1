// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Bytes: what counts as a run of bytes when something is sent or appended.

#ifndef EDDY_BYTES_H_
#define EDDY_BYTES_H_

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>

namespace eddy {

// By hand: clang-format 14 takes parts of these for comparisons.
// clang-format off

template <typename T>
concept ByteSized = std::same_as<std::remove_cv_t<T>, std::byte> ||
                    std::same_as<std::remove_cv_t<T>, char> ||
                    std::same_as<std::remove_cv_t<T>, unsigned char> ||
                    std::same_as<std::remove_cv_t<T>, signed char> ||
                    std::same_as<std::remove_cv_t<T>, char8_t>;

// Any contiguous range of byte-sized elements: std::string, std::vector<char>,
// std::array<std::byte, N>, std::span<const std::uint8_t>, ... Arrays of char
// are left out: whether their last element belongs to the bytes is a guess.
template <typename R>
concept ByteRange =
    requires(const R& range) {
      { std::size(range) } -> std::convertible_to<std::size_t>;
      requires ByteSized<std::remove_pointer_t<decltype(std::data(range))>>;
    } &&
    !(std::is_array_v<R> &&
      std::is_same_v<std::remove_cv_t<std::remove_extent_t<R>>, char>);

// clang-format on

// The bytes of `range`, borrowed.
template <ByteRange R>
std::span<const std::byte> AsBytes(const R& range) noexcept {
  return std::as_bytes(std::span(std::data(range), std::size(range)));
}

// The bytes of `text`, borrowed, as characters.
inline std::string_view AsText(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace eddy

#endif  // EDDY_BYTES_H_
