// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FlatJson: as much of JSON as the chat speaks.

#ifndef EDDY_EXAMPLES_WS_CHAT_FLAT_JSON_H_
#define EDDY_EXAMPLES_WS_CHAT_FLAT_JSON_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// FlatJson: an object whose values are texts: {"type":"say","text":"hello"}.
using FlatJson = std::map<std::string, std::string, std::less<>>;

// Returns nothing for text that is no such object, or one with a name twice.
// Half a surrogate pair, which JSON can't forbid, becomes U+FFFD. REQUIRES:
// UTF-8; so is what it returns.
std::optional<FlatJson> ParseFlatJson(std::string_view text);

// Returns `text` as JSON, in quotes and with escapes.
std::string QuoteJson(std::string_view text);

#endif  // EDDY_EXAMPLES_WS_CHAT_FLAT_JSON_H_
