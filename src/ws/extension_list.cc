// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ExtensionList: its grammar.

#include "ws/extension_list.h"

#include <utility>

#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

// ExtensionReader: takes the value of one header to pieces.
class ExtensionReader {
 public:
  explicit ExtensionReader(std::string_view text) noexcept : rest_(text) {}

  // Adds what there is to `extensions`. False: malformed.
  bool Read(std::vector<Extension>& extensions) {
    do {
      SkipBlanks();
      // An empty element stands for nothing (RFC 9110, 5.6.1).
      if (rest_.empty() || rest_.front() == ',') continue;
      Extension extension;
      if (!ReadExtension(extension)) return false;
      extensions.push_back(std::move(extension));
    } while (Skip(','));
    return rest_.empty();
  }

 private:
  bool ReadExtension(Extension& extension) {
    extension.name = ReadToken();
    if (extension.name.empty()) return false;
    while (Skip(';')) {
      ExtensionParameter parameter;
      SkipBlanks();
      parameter.name = ReadToken();
      if (parameter.name.empty()) return false;
      if (Skip('=')) {
        SkipBlanks();
        parameter.value = ReadValue();
        // A quoted value must be what could stand without quotes, too.
        if (!IsToken(*parameter.value)) return false;
      }
      extension.parameters.push_back(std::move(parameter));
    }
    return true;
  }

  std::string_view ReadToken() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && IsTokenChar(rest_[size])) ++size;
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  // A token, or the content of a quoted string. Empty: malformed.
  std::string ReadValue() {
    if (!rest_.starts_with('"')) return std::string(ReadToken());
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return value;
      }
      if (rest_[i] == '\\') ++i;
      if (i == rest_.size()) break;
      value += rest_[i];
    }
    return {};
  }

  // Skips blanks, and `c` if it follows them.
  bool Skip(char c) noexcept {
    SkipBlanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void SkipBlanks() noexcept {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<Extension>> ParseExtensions(FieldSpan fields) {
  std::vector<Extension> extensions;
  for (const ws::HeaderView& field : fields) {
    if (!EqualsIgnoringCase(field.name, "Sec-WebSocket-Extensions")) continue;
    if (!ExtensionReader(field.value).Read(extensions)) return std::nullopt;
  }
  return extensions;
}

}  // namespace eddy::internal
