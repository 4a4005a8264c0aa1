// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HeadFields: taking a head to pieces.

#include "ws/head_fields.h"

#include <algorithm>

#include "eddy/bytes.h"
#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

std::string CopyHead(RingBuffer& input, const HeadScanner& scanner) {
  const auto bytes = input.Contiguous(scanner.end()).subspan(scanner.begin());
  return std::string(AsText(bytes));
}

std::string_view FirstLine(std::string_view head) noexcept {
  return head.substr(0, head.find(kLineEnd));
}

std::vector<ws::HeaderView> ParseFields(std::string_view head) {
  std::vector<ws::HeaderView> fields;
  head.remove_prefix(FirstLine(head).size() + kLineEnd.size());
  while (!head.starts_with(kLineEnd)) {
    const std::string_view line = FirstLine(head);
    const std::size_t colon = line.find(':');
    fields.push_back(
        {line.substr(0, colon), TrimBlanks(line.substr(colon + 1))});
    head.remove_prefix(line.size() + kLineEnd.size());
  }
  return fields;
}

const ws::HeaderView* FindField(FieldSpan fields,
                                std::string_view name) noexcept {
  for (const ws::HeaderView& field : fields) {
    if (EqualsIgnoringCase(field.name, name)) return &field;
  }
  return nullptr;
}

std::size_t CountFields(FieldSpan fields, std::string_view name) noexcept {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [name](const ws::HeaderView& field) {
        return EqualsIgnoringCase(field.name, name);
      }));
}

std::vector<std::string_view> ListElements(FieldSpan fields,
                                           std::string_view name) {
  std::vector<std::string_view> elements;
  for (const ws::HeaderView& field : fields) {
    if (!EqualsIgnoringCase(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view element = TrimBlanks(rest.substr(0, comma));
      if (!element.empty()) elements.push_back(element);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return elements;
}

bool HasElement(FieldSpan fields, std::string_view name,
                std::string_view element) {
  const auto elements = ListElements(fields, name);
  return std::any_of(elements.begin(), elements.end(),
                     [element](std::string_view candidate) {
                       return EqualsIgnoringCase(candidate, element);
                     });
}

}  // namespace eddy::internal
