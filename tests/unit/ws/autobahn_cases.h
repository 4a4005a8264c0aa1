// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// AutobahnCases: what the published test suite sends, and what comes of it.

#ifndef EDDY_UNIT_WS_AUTOBAHN_CASES_H_
#define EDDY_UNIT_WS_AUTOBAHN_CASES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::test {

// AutobahnCase: of the sections 1 to 7, by its number.
struct AutobahnCase {
  std::string name;    // the number, with underscores
  std::string stream;  // the bytes that are sent
  // As ReaderRig's, but that failures are without words: "text hello",
  // "binary ...", "ping ...", "pong ...", "close 1000 bye", "failed 1002".
  std::vector<std::string> events;
};

// The cases of the sections 1 to 7, for a server or, with frames that are not
// masked, for a client. What differs in chops only is there in each form, with
// the same stream.
std::vector<AutobahnCase> AutobahnCases(bool is_masked);

// CompressedSize: of a message of section 12.
struct CompressedSize {
  std::size_t bytes;        // before it is compressed
  std::size_t frame_bytes;  // of each frame that it is cut into then; 0: one
};
inline constexpr CompressedSize kCompressedSizes[] = {
    {16, 0},         {64, 0},          {256, 0},       {1024, 0},
    {4096, 0},       {8192, 0},        {16'384, 0},    {32'768, 0},
    {65'536, 0},     {131'072, 0},     {8192, 256},    {16'384, 256},
    {32'768, 256},   {65'536, 256},    {131'072, 256}, {131'072, 1024},
    {131'072, 4096}, {131'072, 32'768}};

// `payload` as a message in frames of `frame_size` bytes, 0 meaning one frame.
// `first` is the first frame's first byte but for FIN.
std::string Fragmented(unsigned first, std::string_view payload,
                       std::size_t frame_size, bool is_masked);

}  // namespace eddy::test

#endif  // EDDY_UNIT_WS_AUTOBAHN_CASES_H_
