// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Url: where a WebSocket client connects to, and what it asks for there.

#ifndef EDDY_WS_URL_H_
#define EDDY_WS_URL_H_

#include <string>
#include <string_view>

#include "eddy/status.h"

namespace eddy::internal {

struct Url {
  std::string address;  // for Address::Parse, if the host is no name
  std::string host;     // for the Host header
  std::string target;   // for the request's first line
};

// Takes ws://HOST[:PORT][/PATH][?QUERY], and ws+unix:FILE[:/PATH[?QUERY]].
// kUnsupported: wss://. kInvalidArgument: anything else. HOST may be a name.
Result<Url> ParseUrl(std::string_view url);

}  // namespace eddy::internal

#endif  // EDDY_WS_URL_H_
