// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FlatJson: as much of JSON as the chat speaks.

#include "flat_json.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace {

bool IsHighSurrogate(std::uint32_t unit) { return unit >> 10 == 0xd800 >> 10; }
bool IsLowSurrogate(std::uint32_t unit) { return unit >> 10 == 0xdc00 >> 10; }

void AppendUtf8(std::string& text, std::uint32_t code) {
  const auto append = [&](std::uint32_t byte) {
    text += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code < 0x80) return append(code);
  if (code < 0x800) {
    append(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      append(0xe0 | code >> 12);
    } else {
      append(0xf0 | code >> 18);
      append(0x80 | (code >> 12 & 0x3f));
    }
    append(0x80 | (code >> 6 & 0x3f));
  }
  append(0x80 | (code & 0x3f));
}

// Reader: what is left of a text. Each Take consumes what it returns, and
// consumes nothing that matters when it fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool is_done() {
    SkipBlanks();
    return rest_.empty();
  }

  bool Take(char c) {
    SkipBlanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> TakeText() {
    if (!Take('"')) return std::nullopt;
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        text += c;
      } else if (!TakeEscape(text)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

 private:
  void SkipBlanks() {
    const std::size_t count = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(count == rest_.npos ? rest_.size() : count);
  }

  // What follows a backslash.
  bool TakeEscape(std::string& text) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == 'u') return TakeUnit(text);
    const std::size_t index = kLetters.find(letter);
    if (index == kLetters.npos) return false;
    text += kMeanings[index];
    return true;
  }

  // The digits of \uXXXX, and the other half if that was half a pair.
  bool TakeUnit(std::string& text) {
    const auto unit = TakeHex();
    if (!unit) return false;
    std::uint32_t code = *unit;
    if (IsHighSurrogate(code) && rest_.starts_with("\\u")) {
      const std::string_view before = rest_;
      rest_.remove_prefix(2);
      const auto low = TakeHex();
      if (!low) return false;
      if (IsLowSurrogate(*low)) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (*low & 0x3ff);
      } else {
        rest_ = before;
      }
    }
    const bool is_half = IsHighSurrogate(code) || IsLowSurrogate(code);
    AppendUtf8(text, is_half ? 0xfffd : code);
    return true;
  }

  std::optional<std::uint32_t> TakeHex() {
    if (rest_.size() < 4) return std::nullopt;
    std::uint32_t unit = 0;
    const char* const end = rest_.data() + 4;
    const auto [at, error] = std::from_chars(rest_.data(), end, unit, 16);
    if (at != end || error != std::errc()) return std::nullopt;
    rest_.remove_prefix(4);
    return unit;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<FlatJson> ParseFlatJson(std::string_view text) {
  Reader reader(text);
  FlatJson object;
  if (!reader.Take('{')) return std::nullopt;
  bool is_over = reader.Take('}');
  while (!is_over) {
    auto name = reader.TakeText();
    if (!name || !reader.Take(':')) return std::nullopt;
    auto value = reader.TakeText();
    if (!value) return std::nullopt;
    if (!object.emplace(*std::move(name), *std::move(value)).second) {
      return std::nullopt;
    }
    is_over = reader.Take('}');
    if (!is_over && !reader.Take(',')) return std::nullopt;
  }
  if (!reader.is_done()) return std::nullopt;
  return object;
}

std::string QuoteJson(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      json += "\\u00";
      json += kDigits[byte >> 4];
      json += kDigits[byte & 0xf];
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  return json += '"';
}
