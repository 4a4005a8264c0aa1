// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReceiveBuffers: memory that a ring receives into.

#include "poll/receive_buffers.h"

#include <sys/mman.h>

#include <cerrno>

namespace eddy::internal {
namespace {

// A page at least, so that the blocks begin with one.
constexpr std::size_t kEntriesBytes = 4096;
static_assert(ReceiveBuffers::kCount * sizeof(io_uring_buf) <= kEntriesBytes);
constexpr std::size_t kMappingBytes =
    kEntriesBytes + ReceiveBuffers::kCount * ReceiveBuffers::kBlockBytes;

}  // namespace

Result<std::unique_ptr<ReceiveBuffers>> ReceiveBuffers::Create(Ring& ring) {
  std::unique_ptr<ReceiveBuffers> buffers(new ReceiveBuffers());
  void* const mapping = ::mmap(nullptr, kMappingBytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return Status::FromErrno(errno, "mmap");
  buffers->mapping_ = mapping;
  buffers->entries_ = static_cast<io_uring_buf_ring*>(mapping);
  buffers->blocks_ = static_cast<std::byte*>(mapping) + kEntriesBytes;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(mapping);
  registration.ring_entries = kCount;
  registration.bgid = kGroup;
  const int result = io_uring_register_buf_ring(&ring.get(), &registration, 0);
  if (result < 0) {
    const Status status = Status::FromErrno(-result, "io_uring buffer ring");
    return Status(Error::kUnsupported, status.message());
  }
  io_uring_buf_ring_init(buffers->entries_);
  for (std::uint16_t id = 0; id < kCount; ++id) buffers->Return(id);
  return buffers;
}

ReceiveBuffers::~ReceiveBuffers() {
  if (mapping_ != nullptr) ::munmap(mapping_, kMappingBytes);
}

void ReceiveBuffers::Return(std::uint16_t id) noexcept {
  io_uring_buf_ring_add(entries_, blocks_ + id * kBlockBytes, kBlockBytes, id,
                        kCount - 1, 0);
  io_uring_buf_ring_advance(entries_, 1);
}

}  // namespace eddy::internal
