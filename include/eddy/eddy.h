// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// eddy: everything a server or client needs, in one include.

#ifndef EDDY_EDDY_H_
#define EDDY_EDDY_H_

#include "eddy/address.h"
#include "eddy/client.h"
#include "eddy/codec.h"
#include "eddy/connection.h"
#include "eddy/connection_handle.h"
#include "eddy/dial.h"
#include "eddy/event_loop.h"
#include "eddy/framed_handler.h"
#include "eddy/handler.h"
#include "eddy/listener.h"
#include "eddy/log.h"
#include "eddy/options.h"
#include "eddy/payload.h"
#include "eddy/pipe.h"
#include "eddy/ring_buffer.h"
#include "eddy/server.h"
#include "eddy/status.h"
#include "eddy/watcher.h"

#endif  // EDDY_EDDY_H_
