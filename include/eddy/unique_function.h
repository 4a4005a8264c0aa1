// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UniqueFunction: a move-only callable, small ones stored in place.

#ifndef EDDY_UNIQUE_FUNCTION_H_
#define EDDY_UNIQUE_FUNCTION_H_

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace eddy {

template <typename Signature>
class UniqueFunction;

// UniqueFunction<R(Args...)>: owns one callable of any type, copyable or not.
//
// Callables of up to kInlineBytes that move without throwing are stored in
// place, others on the heap. Calling an empty one is undefined.
//
// Thread: external, as for any value.
template <typename R, typename... Args>
class UniqueFunction<R(Args...)> {
 public:
  static constexpr std::size_t kInlineBytes = 5 * sizeof(void*);

  UniqueFunction() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): lambdas and nullptr convert.
  UniqueFunction(std::nullptr_t) noexcept {}

  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      UniqueFunction(F&& function) {
    using Callable = std::decay_t<F>;
    if constexpr (kFitsInline<Callable>) {
      ::new (storage_) Callable(std::forward<F>(function));
      operations_ = &kInlineOperations<Callable>;
    } else {
      ::new (storage_) Callable*(new Callable(std::forward<F>(function)));
      operations_ = &kHeapOperations<Callable>;
    }
  }
  // NOLINTEND(google-explicit-constructor)

  UniqueFunction(UniqueFunction&& other) noexcept { MoveFrom(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this != &other) {
      Reset();
      MoveFrom(other);
    }
    return *this;
  }
  ~UniqueFunction() { Reset(); }

  explicit operator bool() const noexcept { return operations_ != nullptr; }

  // NOLINTNEXTLINE(performance-unnecessary-value-param): they are moved on.
  R operator()(Args... args) {
    return operations_->invoke(storage_, std::forward<Args>(args)...);
  }

 private:
  struct Operations {
    R (*invoke)(void* storage, Args&&... args);
    void (*move)(void* from, void* to) noexcept;  // and destroys `from`
    void (*destroy)(void* storage) noexcept;
  };

  template <typename Callable>
  static constexpr bool kFitsInline =
      sizeof(Callable) <= kInlineBytes &&
      alignof(Callable) <= alignof(std::max_align_t) &&
      std::is_nothrow_move_constructible_v<Callable>;

  template <typename T>
  static T& As(void* storage) noexcept {
    return *std::launder(static_cast<T*>(storage));
  }

  // A result that R does not want is dropped.
  template <typename Callable>
  static R Call(Callable& callable, Args&&... args) {
    if constexpr (std::is_void_v<R>) {
      static_cast<void>(callable(std::forward<Args>(args)...));
    } else {
      return callable(std::forward<Args>(args)...);
    }
  }

  template <typename Callable>
  static constexpr Operations kInlineOperations = {
      [](void* storage, Args&&... args) -> R {
        return Call(As<Callable>(storage), std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept {
        ::new (to) Callable(std::move(As<Callable>(from)));
        As<Callable>(from).~Callable();
      },
      [](void* storage) noexcept { As<Callable>(storage).~Callable(); },
  };

  template <typename Callable>
  static constexpr Operations kHeapOperations = {
      [](void* storage, Args&&... args) -> R {
        return Call(*As<Callable*>(storage), std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept {
        ::new (to) Callable*(As<Callable*>(from));
      },
      [](void* storage) noexcept { delete As<Callable*>(storage); },
  };

  void MoveFrom(UniqueFunction& other) noexcept {
    if (other.operations_ == nullptr) return;
    other.operations_->move(other.storage_, storage_);
    operations_ = std::exchange(other.operations_, nullptr);
  }

  void Reset() noexcept {
    if (operations_ == nullptr) return;
    std::exchange(operations_, nullptr)->destroy(storage_);
  }

  alignas(std::max_align_t) std::byte storage_[kInlineBytes];
  const Operations* operations_ = nullptr;
};

}  // namespace eddy

#endif  // EDDY_UNIQUE_FUNCTION_H_
