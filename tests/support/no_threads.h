// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// NoThreads: makes every attempt to start a thread fail.

#ifndef EDDY_SUPPORT_NO_THREADS_H_
#define EDDY_SUPPORT_NO_THREADS_H_

#include <pthread.h>

#include <cstddef>

#if defined(__GLIBC__)

namespace eddy::test {

// NoThreads: while it lives, a new thread's stack would be larger than memory.
class NoThreads {
 public:
  NoThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 60);
    ::pthread_setattr_default_np(&huge);
    ::pthread_attr_destroy(&huge);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

}  // namespace eddy::test

#endif  // defined(__GLIBC__)

#endif  // EDDY_SUPPORT_NO_THREADS_H_
