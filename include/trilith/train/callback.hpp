#ifndef TRILITH_TRAIN_CALLBACK_HPP
#define TRILITH_TRAIN_CALLBACK_HPP

#include <cstddef>
#include <new>
#include <type_traits>

namespace trilith {

template <class Signature>
class callback;

/// A function that a program hands over: callback<bool()> calls anything that returns a bool.
/// A named object is viewed, and must outlive the callback; a temporary, such as a lambda written
/// in place, is copied, and must be trivially copyable and of at most 64 bytes (a lambda that
/// captures by reference is). Copying one is cheap, and nothing is allocated.
///
///     tl::callback<bool()> stop = [&] { return flag.load(); };
///     if (stop && stop()) return;
template <class R, class... Arguments>
class callback<R(Arguments...)> {
 public:
  static constexpr std::size_t room = 64;

  constexpr callback() noexcept = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, callback> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Arguments...>)
  callback(F&& f) noexcept {
    using kept = std::decay_t<F>;
    if constexpr (std::is_lvalue_reference_v<F> && std::is_class_v<kept>)
      keep(view<std::remove_reference_t<F>>{&f});
    else
      keep(static_cast<kept>(f));
  }

  [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }
  /// Only where there is a function.
  R operator()(Arguments... arguments) const { return call_(memory_, arguments...); }

 private:
  template <class F>
  struct view {
    F* f;
    R operator()(Arguments... arguments) const { return static_cast<R>((*f)(arguments...)); }
  };

  template <class F>
  void keep(const F& f) noexcept {
    static_assert(std::is_trivially_copyable_v<F> && std::is_trivially_destructible_v<F> &&
                      sizeof(F) <= room && alignof(F) <= alignof(std::max_align_t),
                  "trilith: give this object a name, and pass that; a callback only copies small, "
                  "trivially copyable temporaries.");
    ::new (static_cast<void*>(memory_)) F(f);
    call_ = [](void* memory, Arguments... arguments) -> R {
      return static_cast<R>((*static_cast<F*>(memory))(arguments...));
    };
  }

  alignas(std::max_align_t) mutable unsigned char memory_[room] = {};
  R (*call_)(void* memory, Arguments... arguments) = nullptr;
};

}  // namespace trilith

#endif
