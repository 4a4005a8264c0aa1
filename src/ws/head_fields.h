// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// HeadFields: the headers of a head, and what is asked of them.

#ifndef EDDY_WS_HEAD_FIELDS_H_
#define EDDY_WS_HEAD_FIELDS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/ring_buffer.h"
#include "eddy/ws/header_field.h"
#include "ws/head_scanner.h"

namespace eddy::internal {

using FieldSpan = std::span<const ws::HeaderView>;

// A copy of the head that `scanner` found in `input`, which keeps it.
std::string CopyHead(RingBuffer& input, const HeadScanner& scanner);

// The first line of `head`, without its end.
std::string_view FirstLine(std::string_view head) noexcept;

// The headers of `head`, borrowed from it. REQUIRES: a HeadScanner let it pass.
std::vector<ws::HeaderView> ParseFields(std::string_view head);

// The first header of that name, in whatever case; nullptr if there is none.
const ws::HeaderView* FindField(FieldSpan fields,
                                std::string_view name) noexcept;
std::size_t CountFields(FieldSpan fields, std::string_view name) noexcept;

// The elements of the list that all headers of that name make together, without
// empty ones. Not for lists that may have quoted strings.
std::vector<std::string_view> ListElements(FieldSpan fields,
                                           std::string_view name);
// Whether such a list has `element`, in whatever case.
bool HasElement(FieldSpan fields, std::string_view name,
                std::string_view element);

}  // namespace eddy::internal

#endif  // EDDY_WS_HEAD_FIELDS_H_
