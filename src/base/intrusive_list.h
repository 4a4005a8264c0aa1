// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// IntrusiveList: a list whose links are members of what is in it.

#ifndef EDDY_BASE_INTRUSIVE_LIST_H_
#define EDDY_BASE_INTRUSIVE_LIST_H_

#include <cstddef>

#include "base/check.h"

namespace eddy::internal {

// IntrusiveList: objects in the order they were added. Adding and removing
// take no memory and no search.
//
// Ownership: of none of them; each leaves before it dies.
// Thread: external.
template <typename T, T* T::*kPrevious, T* T::*kNext>
class IntrusiveList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  T* first() const noexcept { return first_; }

  // REQUIRES: it is in no list by these links.
  void PushBack(T& object) noexcept {
    object.*kPrevious = last_;
    object.*kNext = nullptr;
    (last_ == nullptr ? first_ : last_->*kNext) = &object;
    last_ = &object;
    ++size_;
  }
  // REQUIRES: it is in here.
  void Remove(T& object) noexcept {
    EDDY_DCHECK(size_ > 0, "it is not in here");
    T* const previous = object.*kPrevious;
    T* const next = object.*kNext;
    (previous == nullptr ? first_ : previous->*kNext) = next;
    (next == nullptr ? last_ : next->*kPrevious) = previous;
    --size_;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_BASE_INTRUSIVE_LIST_H_
