// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Reservation: bytes that count until they have arrived.

#ifndef EDDY_NET_RESERVATION_H_
#define EDDY_NET_RESERVATION_H_

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace eddy::internal {

// Reservation: a share of a counter, given back by the destructor.
//
// Thread: distinct ones, of one counter too, on distinct threads. The counter
//   outlives it.
class Reservation {
 public:
  // None if the counter would pass `limit`.
  static std::optional<Reservation> Make(std::atomic<std::size_t>& counter,
                                         std::size_t bytes,
                                         std::size_t limit) noexcept {
    std::size_t sum = counter.load(std::memory_order_relaxed);
    do {
      if (bytes > limit || sum > limit - bytes) return std::nullopt;
    } while (!counter.compare_exchange_weak(sum, sum + bytes,
                                            std::memory_order_relaxed));
    return Reservation(counter, bytes);
  }

  Reservation(Reservation&& other) noexcept
      : counter_(std::exchange(other.counter_, nullptr)),
        bytes_(other.bytes_) {}
  Reservation& operator=(Reservation&&) = delete;
  ~Reservation() {
    if (counter_ == nullptr) return;
    counter_->fetch_sub(bytes_, std::memory_order_relaxed);
  }

 private:
  Reservation(std::atomic<std::size_t>& counter, std::size_t bytes) noexcept
      : counter_(&counter), bytes_(bytes) {}

  std::atomic<std::size_t>* counter_;  // null: moved from
  std::size_t bytes_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_RESERVATION_H_
