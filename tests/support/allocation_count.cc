// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// AllocationCount: how often a thread asks for memory.

#include "support/allocation_count.h"

#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// g++ 12 has the function, but not its header.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void*, std::size_t),
    void (*on_free)(const volatile void*));
#define EDDY_SANITIZER_COUNTS 1
#else
#define EDDY_SANITIZER_COUNTS 0
#endif

namespace eddy::test {
namespace {

thread_local std::size_t allocation_count = 0;

}  // namespace

std::size_t AllocationCount() noexcept { return allocation_count; }

#if EDDY_SANITIZER_COUNTS
namespace {

// Replacing operator new would take the sanitizer's checks away.
[[maybe_unused]] const int installed =
    __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void*, std::size_t) { ++allocation_count; },
        [](const volatile void*) {});

}  // namespace
#endif

}  // namespace eddy::test

#if !EDDY_SANITIZER_COUNTS

void* operator new(std::size_t size) {
  ++eddy::test::allocation_count;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#endif
