// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Response: what a handler makes of it.

#include "eddy/ws/response.h"

#include "base/check.h"
#include "ws/field_check.h"

namespace eddy::ws {

void Response::Accept(std::string_view subprotocol) {
  subprotocol_ = subprotocol;
  status_ = 0;
  body_.clear();
  content_type_.clear();
}

void Response::Answer(int status, std::string_view body,
                      std::string_view content_type) {
  EDDY_CHECK(status >= 200 && status <= 599,
             "Answer needs the status of a final response, 200 to 599");
  body_ = body;
  content_type_ = content_type;
  // It would end its line. The answer goes without one, as that is no reason to
  // end a program.
  if (!internal::IsFieldValue(content_type_)) content_type_.clear();
  subprotocol_.clear();
  status_ = status;
}

Status Response::AddHeader(std::string_view name, std::string_view value) {
  if (Status status = internal::CheckField(name, value); !status.ok()) {
    return status;
  }
  headers_.push_back({std::string(name), std::string(value)});
  return {};
}

}  // namespace eddy::ws
