// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Payload: the count and the bytes, in one piece of memory.

#include "eddy/payload.h"

#include <algorithm>
#include <atomic>
#include <new>

namespace eddy {

// Rep: the bytes stand right behind it.
struct Payload::Rep {
  explicit Rep(std::size_t bytes) noexcept : references(1), size(bytes) {}

  std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }

  std::atomic<std::size_t> references;
  const std::size_t size;
};

Payload::Payload(std::span<const std::byte> bytes)
    : Payload(bytes, std::span<const std::byte>()) {}

Payload::Payload(std::span<const std::byte> head,
                 std::span<const std::byte> body) {
  const std::size_t size = head.size() + body.size();
  if (size == 0) return;
  void* memory = ::operator new(sizeof(Rep) + size);
  rep_ = ::new (memory) Rep(size);
  std::byte* const rest = std::copy(head.begin(), head.end(), rep_->data());
  std::copy(body.begin(), body.end(), rest);
}

Payload::Payload(std::string_view text) : Payload(AsBytes(text)) {}

Payload::Payload(const Payload& other) noexcept : rep_(other.rep_) {
  if (rep_ != nullptr) {
    rep_->references.fetch_add(1, std::memory_order_relaxed);
  }
}

Payload& Payload::operator=(const Payload& other) noexcept {
  return *this = Payload(other);
}

Payload& Payload::operator=(Payload&& other) noexcept {
  Payload taken(std::move(other));  // so that assigning to itself is harmless
  std::swap(rep_, taken.rep_);
  return *this;
}

Payload::~Payload() {
  if (rep_ != nullptr) Release(rep_);
}

std::span<const std::byte> Payload::bytes() const noexcept {
  if (rep_ == nullptr) return {};
  return {rep_->data(), rep_->size};
}

void Payload::Release(Rep* rep) noexcept {
  // Acquire and release: the last owner frees what all others have read.
  if (rep->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  rep->~Rep();
  ::operator delete(rep);
}

}  // namespace eddy
