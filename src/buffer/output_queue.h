// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// OutputQueue: what a connection has yet to send, in order.

#ifndef EDDY_BUFFER_OUTPUT_QUEUE_H_
#define EDDY_BUFFER_OUTPUT_QUEUE_H_

#include <cstddef>
#include <span>

#include "eddy/payload.h"
#include "eddy/send_callback.h"

namespace eddy::internal {

class BufferPool;

// OutputQueue: a chain of segments, each a block of copied bytes, a shared
// payload or borrowed bytes.
//
// Bytes never move once they are in the queue, however much is added behind
// them: the kernel may read them until they are consumed. Growing costs nothing
// for what is there already. An empty queue owns no memory.
//
// Segments, with their headers, live in blocks of the pool. Copied bytes go to
// the last segment's block while it has room; each new block is at least twice
// as large as that, and large enough for all that is to be copied, from
// kFirstBlockBytes to kMaxBlockBytes. Payloads and borrowed bytes are charged
// to the pool in full until their last byte is consumed.
//
// Thread: the loop's. The pool outlives the queue.
class OutputQueue {
  struct Segment;
  struct CopiedSegment;
  struct PayloadSegment;
  struct BorrowedSegment;

 public:
  static constexpr std::size_t kFirstBlockBytes = 1024;
  static constexpr std::size_t kMaxBlockBytes = std::size_t{256} << 10;
  // Payloads up to this are copied: it costs less than sharing them.
  static constexpr std::size_t kMaxCopiedPayloadBytes = 256;

  // Callbacks whose bytes have left the queue, in order, waiting to be called.
  class Callbacks {
   public:
    explicit Callbacks(BufferPool& pool) noexcept : pool_(pool) {}
    Callbacks(const Callbacks&) = delete;
    Callbacks& operator=(const Callbacks&) = delete;
    // REQUIRES: empty().
    ~Callbacks();
    bool empty() const noexcept { return first_ == nullptr; }
    // Removes the first. REQUIRES: !empty().
    SendCallback Pop() noexcept;

   private:
    friend class OutputQueue;
    BufferPool& pool_;
    Segment* first_ = nullptr;
    Segment* last_ = nullptr;
  };

  OutputQueue() noexcept = default;
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;
  // REQUIRES: no segment is left (Clear was called).
  ~OutputQueue();

  // Unsent bytes, of all kinds.
  std::size_t size() const noexcept { return size_; }
  // Memory of the callbacks that wait, beside that of their bytes.
  std::size_t callback_bytes() const noexcept { return callback_bytes_; }
  // No segment: neither bytes nor callbacks wait.
  bool empty() const noexcept { return first_ == nullptr; }

  // Each appends at the back or throws std::bad_alloc with the queue, and
  // `done`, as it was.
  void Append(BufferPool& pool, std::span<const std::byte> bytes);
  void Append(BufferPool& pool, Payload payload);
  // `bytes` are borrowed until `done` is handed out; they may be empty, and
  // then `done` waits for everything before it.
  void Append(BufferPool& pool, std::span<const std::byte> bytes,
              SendCallback&& done);

  // Fills `views` with the first bytes, in order, none empty. Returns how many
  // views there are, at most views.size(), of at most about `max_bytes`
  // together (the last one is cut to that).
  std::size_t Gather(std::span<std::span<const std::byte>> views,
                     std::size_t max_bytes) const noexcept;

  // Drops the first `n` bytes, and moves the callbacks whose bytes are gone to
  // `done`. With n == 0 those are the callbacks without bytes that have nothing
  // before them. REQUIRES: n <= size().
  void Consume(BufferPool& pool, std::size_t n, Callbacks& done) noexcept;
  // Drops everything; all callbacks go to `done`.
  void Clear(BufferPool& pool, Callbacks& done) noexcept;

 private:
  CopiedSegment* LastIfCopied() const noexcept;
  void AppendBlocks(BufferPool& pool, std::span<const std::byte> bytes,
                    std::size_t last_block_bytes);
  void Link(Segment* segment) noexcept;
  void Splice(OutputQueue& more) noexcept;
  void DropFirst(BufferPool& pool, Callbacks& done) noexcept;

  Segment* first_ = nullptr;
  Segment* last_ = nullptr;
  std::size_t size_ = 0;
  std::size_t callback_bytes_ = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_BUFFER_OUTPUT_QUEUE_H_
