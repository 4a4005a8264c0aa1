// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ws: WebSocket, in one include.

#ifndef EDDY_WS_H_
#define EDDY_WS_H_

#include "eddy/ws/client.h"
#include "eddy/ws/close_code.h"
#include "eddy/ws/handler.h"
#include "eddy/ws/header_field.h"
#include "eddy/ws/message.h"
#include "eddy/ws/options.h"
#include "eddy/ws/prepared_message.h"
#include "eddy/ws/request.h"
#include "eddy/ws/response.h"
#include "eddy/ws/server.h"
#include "eddy/ws/session.h"
#include "eddy/ws/session_handle.h"

#endif  // EDDY_WS_H_
