// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SendCallback: told once what became of bytes that were to be sent.

#ifndef EDDY_SEND_CALLBACK_H_
#define EDDY_SEND_CALLBACK_H_

#include "eddy/status.h"
#include "eddy/unique_function.h"

namespace eddy {

// Ok: the bytes have reached the kernel; else why the connection died first.
using SendCallback = UniqueFunction<void(const Status&)>;

}  // namespace eddy

#endif  // EDDY_SEND_CALLBACK_H_
