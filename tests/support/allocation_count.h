// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// AllocationCount: how often a thread asks for memory.

#ifndef EDDY_SUPPORT_ALLOCATION_COUNT_H_
#define EDDY_SUPPORT_ALLOCATION_COUNT_H_

#include <cstddef>

namespace eddy::test {

// How many allocations the calling thread has made since it began: by new, and
// under a sanitizer by anything. For binaries that link allocation_count.cc.
std::size_t AllocationCount() noexcept;

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_ALLOCATION_COUNT_H_
