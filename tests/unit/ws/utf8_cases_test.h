// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Utf8Cases: what must be taken for UTF-8, and what must not.

#ifndef EDDY_UNIT_WS_UTF8_CASES_TEST_H_
#define EDDY_UNIT_WS_UTF8_CASES_TEST_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace eddy::test {

// Of the cases of the Autobahn test suite, 6.5 to 6.23, which follow Markus
// Kuhn's decoder test. `bad_at` is the first byte that no text can have there,
// or the size if there is none.
struct Utf8Case {
  std::string_view number;
  std::string_view hex;
  bool is_valid;
  std::size_t bad_at;
};

inline std::string FromHex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  }
  return bytes;
}

// clang-format off
inline constexpr Utf8Case kUtf8Cases[] = {
    {"6.5.1", "68656c6c6f24776f726c64", true, 11},
    {"6.5.2", "68656c6c6fc2a2776f726c64", true, 12},
    {"6.5.3", "68656c6c6fe282ac776f726c64", true, 13},
    {"6.5.4", "68656c6c6ff0a4ada2776f726c64", true, 14},
    {"6.5.5", "cebae1bdb9cf83cebcceb5", true, 11},
    {"6.6.1", "ce", false, 1},
    {"6.6.2", "ceba", true, 2},
    {"6.6.3", "cebae1", false, 3},
    {"6.6.4", "cebae1bd", false, 4},
    {"6.6.5", "cebae1bdb9", true, 5},
    {"6.6.6", "cebae1bdb9cf", false, 6},
    {"6.6.7", "cebae1bdb9cf83", true, 7},
    {"6.6.8", "cebae1bdb9cf83ce", false, 8},
    {"6.6.9", "cebae1bdb9cf83cebc", true, 9},
    {"6.6.10", "cebae1bdb9cf83cebcce", false, 10},
    {"6.6.11", "cebae1bdb9cf83cebcceb5", true, 11},
    {"6.7.1", "00", true, 1},
    {"6.7.2", "c280", true, 2},
    {"6.7.3", "e0a080", true, 3},
    {"6.7.4", "f0908080", true, 4},
    {"6.8.1", "f888808080", false, 0},
    {"6.8.2", "fc8480808080", false, 0},
    {"6.9.1", "7f", true, 1},
    {"6.9.2", "dfbf", true, 2},
    {"6.9.3", "efbfbf", true, 3},
    {"6.9.4", "f48fbfbf", true, 4},
    {"6.10.1", "f7bfbfbf", false, 0},
    {"6.10.2", "fbbfbfbfbf", false, 0},
    {"6.10.3", "fdbfbfbfbfbf", false, 0},
    {"6.11.1", "ed9fbf", true, 3},
    {"6.11.2", "ee8080", true, 3},
    {"6.11.3", "efbfbd", true, 3},
    {"6.11.4", "f48fbfbf", true, 4},
    {"6.11.5", "f4908080", false, 1},
    {"6.12.1", "80", false, 0},
    {"6.12.2", "bf", false, 0},
    {"6.12.3", "80bf", false, 0},
    {"6.12.4", "80bf80", false, 0},
    {"6.12.5", "80bf80bf", false, 0},
    {"6.12.6", "80bf80bf80", false, 0},
    {"6.12.7", "80bf80bf80bf", false, 0},
    {"6.12.8",
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbe",
     false, 0},
    {"6.13.1",
     "c020c120c220c320c420c520c620c720c820c920ca20cb20cc20cd20ce20cf20"
     "d020d120d220d320d420d520d620d720d820d920da20db20dc20dd20de20",
     false, 0},
    {"6.13.2",
     "e020e120e220e320e420e520e620e720e820e920ea20eb20ec20ed20ee20",
     false, 1},
    {"6.13.3", "f020f120f220f320f420f520f620", false, 1},
    {"6.13.4", "f820f920fa20", false, 0},
    {"6.13.5", "fc20", false, 0},
    {"6.14.1", "c0", false, 0},
    {"6.14.2", "e080", false, 1},
    {"6.14.3", "f08080", false, 1},
    {"6.14.4", "f8808080", false, 0},
    {"6.14.5", "fc80808080", false, 0},
    {"6.14.6", "df", false, 1},
    {"6.14.7", "efbf", false, 2},
    {"6.14.8", "f7bfbf", false, 0},
    {"6.14.9", "fbbfbfbf", false, 0},
    {"6.14.10", "fdbfbfbfbf", false, 0},
    {"6.15.1",
     "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
     false, 0},
    {"6.16.1", "fe", false, 0},
    {"6.16.2", "ff", false, 0},
    {"6.16.3", "fefeffff", false, 0},
    {"6.17.1", "c0af", false, 0},
    {"6.17.2", "e080af", false, 1},
    {"6.17.3", "f08080af", false, 1},
    {"6.17.4", "f8808080af", false, 0},
    {"6.17.5", "fc80808080af", false, 0},
    {"6.18.1", "c1bf", false, 0},
    {"6.18.2", "e09fbf", false, 1},
    {"6.18.3", "f08fbfbf", false, 1},
    {"6.18.4", "f887bfbfbf", false, 0},
    {"6.18.5", "fc83bfbfbfbf", false, 0},
    {"6.19.1", "c080", false, 0},
    {"6.19.2", "e08080", false, 1},
    {"6.19.3", "f0808080", false, 1},
    {"6.19.4", "f880808080", false, 0},
    {"6.19.5", "fc8080808080", false, 0},
    {"6.20.1", "eda080", false, 1},
    {"6.20.2", "edadbf", false, 1},
    {"6.20.3", "edae80", false, 1},
    {"6.20.4", "edafbf", false, 1},
    {"6.20.5", "edb080", false, 1},
    {"6.20.6", "edbe80", false, 1},
    {"6.20.7", "edbfbf", false, 1},
    {"6.21.1", "eda080edb080", false, 1},
    {"6.21.2", "eda080edbfbf", false, 1},
    {"6.21.3", "edadbfedb080", false, 1},
    {"6.21.4", "edadbfedbfbf", false, 1},
    {"6.21.5", "edae80edb080", false, 1},
    {"6.21.6", "edae80edbfbf", false, 1},
    {"6.21.7", "edafbfedb080", false, 1},
    {"6.21.8", "edafbfedbfbf", false, 1},
    {"6.22.1", "efbfbe", true, 3},
    {"6.22.2", "efbfbf", true, 3},
    {"6.22.3", "f09fbfbe", true, 4},
    {"6.22.4", "f09fbfbf", true, 4},
    {"6.22.5", "f0afbfbe", true, 4},
    {"6.22.6", "f0afbfbf", true, 4},
    {"6.22.7", "f0bfbfbe", true, 4},
    {"6.22.8", "f0bfbfbf", true, 4},
    {"6.22.9", "f18fbfbe", true, 4},
    {"6.22.10", "f18fbfbf", true, 4},
    {"6.22.11", "f19fbfbe", true, 4},
    {"6.22.12", "f19fbfbf", true, 4},
    {"6.22.13", "f1afbfbe", true, 4},
    {"6.22.14", "f1afbfbf", true, 4},
    {"6.22.15", "f1bfbfbe", true, 4},
    {"6.22.16", "f1bfbfbf", true, 4},
    {"6.22.17", "f28fbfbe", true, 4},
    {"6.22.18", "f28fbfbf", true, 4},
    {"6.22.19", "f29fbfbe", true, 4},
    {"6.22.20", "f29fbfbf", true, 4},
    {"6.22.21", "f2afbfbe", true, 4},
    {"6.22.22", "f2afbfbf", true, 4},
    {"6.22.23", "f2bfbfbe", true, 4},
    {"6.22.24", "f2bfbfbf", true, 4},
    {"6.22.25", "f38fbfbe", true, 4},
    {"6.22.26", "f38fbfbf", true, 4},
    {"6.22.27", "f39fbfbe", true, 4},
    {"6.22.28", "f39fbfbf", true, 4},
    {"6.22.29", "f3afbfbe", true, 4},
    {"6.22.30", "f3afbfbf", true, 4},
    {"6.22.31", "f3bfbfbe", true, 4},
    {"6.22.32", "f3bfbfbf", true, 4},
    {"6.22.33", "f48fbfbe", true, 4},
    {"6.22.34", "f48fbfbf", true, 4},
    {"6.23.1", "efbfb9", true, 3},
    {"6.23.2", "efbfba", true, 3},
    {"6.23.3", "efbfbb", true, 3},
    {"6.23.4", "efbfbc", true, 3},
    {"6.23.5", "efbfbd", true, 3},
    {"6.23.6", "efbfbe", true, 3},
    {"6.23.7", "efbfbf", true, 3},
};
// clang-format on

}  // namespace eddy::test

#endif  // EDDY_UNIT_WS_UTF8_CASES_TEST_H_
