// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Files: the chat's page, as a part of the program.

#ifndef EDDY_EXAMPLES_WS_CHAT_FILES_H_
#define EDDY_EXAMPLES_WS_CHAT_FILES_H_

#include <string_view>

// The files beside this one. Their definitions are made by EmbedFiles.cmake.
extern const std::string_view kChatJs;
extern const std::string_view kIconSvg;
extern const std::string_view kIndexHtml;
extern const std::string_view kStyleCss;

#endif  // EDDY_EXAMPLES_WS_CHAT_FILES_H_
