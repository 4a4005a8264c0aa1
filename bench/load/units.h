// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Units: numbers as people read them.

#ifndef EDDY_BENCH_LOAD_UNITS_H_
#define EDDY_BENCH_LOAD_UNITS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace eddy::load {

// "1,234,567".
std::string Grouped(std::uint64_t number);

// Three significant digits and the unit that fits: "43.2 µs", "1.25 ms".
std::string HumanTime(std::chrono::nanoseconds time);

// "64 B", "4 KiB", "1.5 MiB".
std::string HumanBytes(std::uint64_t bytes);

// "1 connection", "1,000 connections".
std::string Counted(std::uint64_t number, std::string_view noun);

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_UNITS_H_
