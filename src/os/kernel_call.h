// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// KernelCall: a system call of Linux without the C library.

#ifndef EDDY_OS_KERNEL_CALL_H_
#define EDDY_OS_KERNEL_CALL_H_

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace eddy::os {

// Makes system call `number` of Linux and returns its result or the negative
// errno; errno stays as it was.
//
// The C library's wrappers of calls that may wait are cancellation points, each
// of which costs a program with threads two locked instructions, and its
// syscall() moves every argument to another register: both show at a million
// calls a second. What a sanitizer's wrapper watches (recv, send, epoll_wait)
// goes there in debug builds.
#if defined(__x86_64__) && !defined(__ILP32__)
inline long KernelCall(long number, long a, long b, long c, long d = 0,
                       long e = 0, long f = 0) noexcept {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "+a"(number)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return number;
}
#elif defined(__aarch64__)
inline long KernelCall(long number, long a, long b, long c, long d = 0,
                       long e = 0, long f = 0) noexcept {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}
#else
inline long KernelCall(long number, long a, long b, long c, long d = 0,
                       long e = 0, long f = 0) noexcept {
  const int errno_before = errno;
  long result = ::syscall(number, a, b, c, d, e, f);
  if (result < 0) result = -errno;
  errno = errno_before;
  return result;
}
#endif

inline long KernelArgument(const void* pointer) noexcept {
  return reinterpret_cast<long>(pointer);
}

}  // namespace eddy::os

#endif  // EDDY_OS_KERNEL_CALL_H_
