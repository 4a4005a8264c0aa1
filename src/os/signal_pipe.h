// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SignalPipe: SIGINT and SIGTERM as bytes to read.

#ifndef EDDY_OS_SIGNAL_PIPE_H_
#define EDDY_OS_SIGNAL_PIPE_H_

#include <memory>

#include "eddy/status.h"

namespace eddy::os {

// SignalPipe: while there is one, SIGINT and SIGTERM make its descriptor
// readable rather than end the process. One in a process at a time.
//
// Thread: one.
class SignalPipe {
 public:
  // kInvalidArgument while there is another one.
  static Result<std::unique_ptr<SignalPipe>> Create();
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;
  // The signals do again what they did before.
  ~SignalPipe();

  int fd() const noexcept;
  // How many signals came since the last call.
  int Take() noexcept;

 private:
  SignalPipe() = default;

  bool is_handling_ = false;
};

}  // namespace eddy::os

#endif  // EDDY_OS_SIGNAL_PIPE_H_
