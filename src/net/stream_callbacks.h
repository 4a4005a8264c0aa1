// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// StreamCallbacks: how a StreamConnection calls what may throw.

#ifndef EDDY_NET_STREAM_CALLBACKS_H_
#define EDDY_NET_STREAM_CALLBACKS_H_

#include <exception>
#include <new>

#include "buffer/ring_buffer_access.h"
#include "net/stream_connection.h"

namespace eddy::internal {

bool StreamConnection::CallHandler(auto&& callback) noexcept {
  try {
    callback();
    return true;
  } catch (const std::exception& exception) {
    FailHandler(exception.what());
  } catch (...) {
    FailHandler("an exception of unknown type");
  }
  return false;
}

void StreamConnection::WithMemory(auto&& work) noexcept {
  try {
    work();
  } catch (const std::bad_alloc&) {
    FailMemory();
  }
}

void StreamConnection::RunCorked(auto&& function) {
  WithMemory([&] {
    is_corked_ = true;
    function(static_cast<Connection&>(*this));
    Uncork();
  });
}

// What the handler left of the input is kept, or its memory given back.
inline void StreamConnection::SettleInput() {
  if (state_ != State::kOpen) input_.Clear();
  if (!input_.empty()) return KeepInput();
  holds_input_ = false;
  RingBufferAccess::ReleaseStorage(input_);
}

}  // namespace eddy::internal

#endif  // EDDY_NET_STREAM_CALLBACKS_H_
