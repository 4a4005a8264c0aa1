// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Buffer benchmarks: what a byte costs between the socket and the handler.

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "buffer/buffer_pool.h"
#include "buffer/output_queue.h"
#include "buffer/ring_buffer_access.h"
#include "eddy/payload.h"
#include "eddy/ring_buffer.h"

namespace eddy::internal {
namespace {

using View = std::span<const std::byte>;

void SetBytes(benchmark::State& state, std::size_t per_iteration) {
  state.SetBytesProcessed(static_cast<std::int64_t>(per_iteration) *
                          state.iterations());
}

std::size_t Argument(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

// The ring never runs empty, so that its bytes go round.
void RingAppendConsume(benchmark::State& state) {
  const std::string bytes(Argument(state), 'x');
  RingBuffer ring(4096);
  ring.Append("x");
  for (auto _ : state) {
    ring.Append(bytes);
    benchmark::DoNotOptimize(ring.Peek());
    ring.Consume(bytes.size());
  }
  SetBytes(state, bytes.size());
}
BENCHMARK(RingAppendConsume)->Arg(64)->Arg(512);

// What a connection's input costs that leaves nothing unread.
void RingBorrow(benchmark::State& state) {
  const std::string bytes(64, 'x');
  BufferPool pool(std::size_t{1} << 20);
  RingBuffer ring;
  RingBufferAccess::SetPool(ring, &pool);
  for (auto _ : state) {
    RingBufferAccess::Borrow(ring, AsBytes(bytes));
    benchmark::DoNotOptimize(ring.Peek());
    ring.Consume(ring.size());
    RingBufferAccess::ReleaseStorage(ring);
  }
}
BENCHMARK(RingBorrow);

// What it costs if some is left: storage from the pool and back.
void RingOwnAndRelease(benchmark::State& state) {
  const std::string bytes(64, 'x');
  BufferPool pool(std::size_t{1} << 20);
  RingBuffer ring;
  RingBufferAccess::SetPool(ring, &pool);
  for (auto _ : state) {
    RingBufferAccess::Borrow(ring, AsBytes(bytes));
    RingBufferAccess::MakeOwn(ring);
    benchmark::DoNotOptimize(ring.Peek());
    ring.Consume(ring.size());
    RingBufferAccess::ReleaseStorage(ring);
  }
}
BENCHMARK(RingOwnAndRelease);

// From nothing to the argument's size, 600 bytes at a time.
void RingGrow(benchmark::State& state) {
  const std::string bytes(600, 'x');
  const std::size_t target = Argument(state);
  BufferPool pool(std::size_t{4} << 20);
  for (auto _ : state) {
    RingBuffer ring;
    RingBufferAccess::SetPool(ring, &pool);
    while (ring.size() < target) ring.Append(bytes);
    benchmark::DoNotOptimize(ring.Peek());
  }
  SetBytes(state, target);
}
BENCHMARK(RingGrow)->Arg(4 << 10)->Arg(1 << 20);

void RingPeekUint32(benchmark::State& state) {
  RingBuffer ring;
  ring.Append(std::string(64, 'x'));
  for (auto _ : state) benchmark::DoNotOptimize(ring.PeekUint32());
}
BENCHMARK(RingPeekUint32);

void RingFind(benchmark::State& state, std::string_view needle) {
  RingBuffer ring;
  ring.Append(std::string(Argument(state), 'x'));
  ring.Append(needle);
  for (auto _ : state) benchmark::DoNotOptimize(ring.Find(needle));
  SetBytes(state, ring.size());
}
BENCHMARK_CAPTURE(RingFind, lf, "\n")->Arg(64)->Arg(64 << 10);
BENCHMARK_CAPTURE(RingFind, cr_lf, "\r\n")->Arg(64)->Arg(64 << 10);

// Every byte begins the needle, and none goes on with it.
void RingFindHostile(benchmark::State& state) {
  RingBuffer ring;
  ring.Append(std::string(Argument(state), '\r'));
  for (auto _ : state) benchmark::DoNotOptimize(ring.Find("\r\n\r\n"));
  SetBytes(state, ring.size());
}
BENCHMARK(RingFindHostile)->Arg(64 << 10);

// The whole of a ring that is as full as the argument says, in per cent, and
// whose bytes go round its end half-way.
void RingStraighten(benchmark::State& state) {
  constexpr std::size_t kCapacity = 64 << 10;
  const std::size_t size = kCapacity * Argument(state) / 100;
  const std::string gap(kCapacity - size / 2, 'x');
  const std::string bytes(size - 1, 'x');
  BufferPool pool(std::size_t{1} << 20);
  RingBuffer ring;
  RingBufferAccess::SetPool(ring, &pool);
  RingBufferAccess::Reserve(ring, kCapacity);
  for (auto _ : state) {
    state.PauseTiming();
    ring.Clear();
    ring.Append(gap);
    ring.Consume(gap.size() - 1);
    ring.Append(bytes);
    state.ResumeTiming();
    benchmark::DoNotOptimize(ring.Contiguous(size));
  }
  SetBytes(state, size);
}
BENCHMARK(RingStraighten)->Arg(40)->Arg(90);

void QueueAppendGatherConsume(benchmark::State& state) {
  const std::string bytes(Argument(state), 'x');
  BufferPool pool(std::size_t{16} << 20);
  OutputQueue queue;
  OutputQueue::Callbacks done(pool);
  std::array<View, 16> views;
  for (auto _ : state) {
    queue.Append(pool, AsBytes(bytes));
    benchmark::DoNotOptimize(queue.Gather(views, SIZE_MAX));
    queue.Consume(pool, bytes.size(), done);
  }
  SetBytes(state, bytes.size());
}
BENCHMARK(QueueAppendGatherConsume)->Arg(64)->Arg(4 << 10)->Arg(64 << 10);

// Sixteen replies, one system call.
void QueuePipelined(benchmark::State& state) {
  constexpr std::size_t kReplies = 16;
  const std::string bytes(64, 'x');
  BufferPool pool(std::size_t{1} << 20);
  OutputQueue queue;
  OutputQueue::Callbacks done(pool);
  std::array<View, 16> views;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kReplies; ++i) {
      queue.Append(pool, AsBytes(bytes));
    }
    benchmark::DoNotOptimize(queue.Gather(views, SIZE_MAX));
    queue.Consume(pool, queue.size(), done);
  }
  SetBytes(state, kReplies * bytes.size());
}
BENCHMARK(QueuePipelined);

void QueuePayload(benchmark::State& state) {
  const Payload payload(std::string(Argument(state), 'x'));
  BufferPool pool(std::size_t{1} << 20);
  OutputQueue queue;
  OutputQueue::Callbacks done(pool);
  for (auto _ : state) {
    queue.Append(pool, payload);
    queue.Consume(pool, payload.size(), done);
  }
  SetBytes(state, payload.size());
}
BENCHMARK(QueuePayload)->Arg(256)->Arg(64 << 10);

void QueueBorrowed(benchmark::State& state) {
  const std::string bytes(64 << 10, 'x');
  BufferPool pool(std::size_t{1} << 20);
  OutputQueue queue;
  OutputQueue::Callbacks done(pool);
  for (auto _ : state) {
    queue.Append(pool, AsBytes(bytes), [](const Status&) {});
    queue.Consume(pool, bytes.size(), done);
    done.Pop()(Status());
  }
}
BENCHMARK(QueueBorrowed);

void PoolAcquireRelease(benchmark::State& state) {
  BufferPool pool(std::size_t{1} << 20);
  for (auto _ : state) {
    std::byte* block = pool.Acquire(1024);
    benchmark::DoNotOptimize(block);
    pool.Release(block, 1024);
  }
}
BENCHMARK(PoolAcquireRelease);

}  // namespace
}  // namespace eddy::internal
