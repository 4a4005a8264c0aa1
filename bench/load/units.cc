// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Units: numbers as people read them.

#include "bench/load/units.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace eddy::load {

std::string Grouped(std::uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string HumanTime(std::chrono::nanoseconds time) {
  static constexpr std::array<std::string_view, 4> kNames = {"ns", "µs", "ms",
                                                             "s"};
  auto value = static_cast<double>(time.count());
  std::size_t unit = 0;
  // 999.5 would be printed as 1000 of the smaller unit.
  while (value >= 999.5 && unit + 1 < kNames.size()) {
    value /= 1000;
    ++unit;
  }
  int decimals = 0;
  if (unit > 0 && value < 99.95) decimals = value < 9.995 ? 2 : 1;
  return fmt::format("{:.{}f} {}", value, decimals, kNames[unit]);
}

std::string HumanBytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 4> kNames = {"B", "KiB", "MiB",
                                                             "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kNames.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.4g} {}", value, kNames[unit]);
}

std::string Counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", Grouped(number), noun, number == 1 ? "" : "s");
}

}  // namespace eddy::load
