// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Mailbox: how handles reach the connections of one loop.

#ifndef EDDY_NET_MAILBOX_H_
#define EDDY_NET_MAILBOX_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "eddy/connection_handle.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"
#include "loop/task_queue.h"

namespace eddy::internal {

class StreamConnection;

// Mailbox: a set's slots, as far as other threads may see them, and the way to
// its loop.
//
// A slot is an odd generation while a connection is in it and an even one while
// none is; generations only grow.
//
// Ownership: shared by the set and the handles; may outlive set and loop.
// Thread: as said at each member.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  // Takes the connection, or nullptr if it is closed by then.
  using Function = UniqueFunction<void(StreamConnection*)>;

  Mailbox(std::shared_ptr<TaskQueue> queue, std::size_t max_output_bytes);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  static std::uint32_t SlotOf(const ConnectionHandle& handle) noexcept {
    return handle.slot_;
  }

  // The loop's thread.

  // Gives `connection` a slot. Throws std::bad_alloc.
  ConnectionHandle Open(StreamConnection& connection);
  // From here on the handles of the slot answer kClosed; the slot is kept.
  void Close(const ConnectionHandle& handle) noexcept;
  // The connection, or nullptr if it is closed, or this is not the thread on
  // which connections get their slots. Any thread.
  StreamConnection* FindHere(const ConnectionHandle& handle) const noexcept;
  // Lets another connection have the slot. REQUIRES: Close was called.
  void Release(const ConnectionHandle& handle) noexcept;
  // The unsent output of the slot's connection, for the limit on what is on its
  // way to it.
  void PublishOutput(const ConnectionHandle& handle,
                     std::size_t bytes) noexcept;

  // Any thread.

  bool is_open(const ConnectionHandle& handle) const noexcept;
  // Calls `function` on the loop. kClosed: it was not and will not be called.
  Status Deliver(const ConnectionHandle& handle, Function function);
  // Counts `bytes` as on their way to the connection. kOutputLimit if they are
  // too many, which closes it; kClosed if it is closed.
  Status Reserve(const ConnectionHandle& handle, std::size_t bytes);
  void Unreserve(const ConnectionHandle& handle, std::size_t bytes) noexcept;

 private:
  struct Slot {
    std::atomic<std::uint64_t> generation = 0;
    // Bytes on their way, above the low bits of the generation they belong to,
    // in one word: bytes for a connection that is gone never count against the
    // next one.
    std::atomic<std::uint64_t> reserved = 0;
    std::atomic<std::size_t> output_bytes = 0;
    StreamConnection* connection = nullptr;  // the loop's
  };

  // Chunks never move, so that any thread can read slots while the loop adds
  // some: the k-th holds kFirstChunk << k of them.
  static constexpr std::uint32_t kFirstChunk = 64;
  static constexpr std::size_t kChunkCount = 26;

  Slot& At(std::uint32_t slot) const noexcept;
  StreamConnection* Find(std::uint32_t slot,
                         std::uint64_t generation) const noexcept;
  void AddChunk();
  void RefuseFrom(const ConnectionHandle& handle, std::uint64_t word,
                  std::uint64_t next);

  std::shared_ptr<TaskQueue> queue_;
  const std::size_t max_output_bytes_;
  std::atomic<std::thread::id> owner_;  // the thread that opens slots
  std::array<std::atomic<Slot*>, kChunkCount> chunks_{};
  std::array<std::unique_ptr<Slot[]>, kChunkCount> storage_;
  std::uint32_t slot_count_ = 0;
  std::vector<std::uint32_t> free_slots_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_MAILBOX_H_
