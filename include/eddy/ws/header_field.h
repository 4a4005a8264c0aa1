// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HeaderField: a line of an HTTP head.

#ifndef EDDY_WS_HEADER_FIELD_H_
#define EDDY_WS_HEADER_FIELD_H_

#include <string>
#include <string_view>

namespace eddy::ws {

// HeaderField: to be sent.
struct HeaderField {
  std::string name;
  std::string value;
};

// HeaderView: one that came, its value without the blanks around it; borrowed
// from its Request.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

}  // namespace eddy::ws

#endif  // EDDY_WS_HEADER_FIELD_H_
