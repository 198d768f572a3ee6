#ifndef TRILITH_KV_KV_HPP
#define TRILITH_KV_KV_HPP

#include <trilith/config.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/kv/jobs.hpp>

#include <string_view>

/// In which numbers the keys and values of earlier tokens are kept.
namespace trilith::inline TRILITH_ABI::kv {

/// Satisfied by f32, f16, bf16 and formats of a user's own. Keys and values of one head are two
/// byte ranges whose inside only the policy knows: scales, a wider first token and the like are in
/// them.
///
///     bits                            of one value
///     key_bytes(positions, head_dim)  bytes of a head's keys; value_bytes likewise
///     put(entry)                      stores one position of one head
///     key(keys, head_dim, tile, lane, i), value(values, head_dim, position, i)
///                                     one value as a float; lane < key_tile of that tile
///     softmax                         textbook, blocked or paired: in which order attention adds
template <class T>
concept Format = PolicyOf<T, kv_kind> && requires(const kv_entry& e, const void* p, std::size_t n) {
  T::bits;
  T::key_bytes(n, n);
  T::value_bytes(n, n);
  T::put(e);
  { T::key(p, n, n, n, n) } -> std::same_as<float>;
  { T::value(p, n, n, n) } -> std::same_as<float>;
  typename T::softmax;
};

}  // namespace trilith::inline TRILITH_ABI::kv

namespace trilith {

/// A kv policy with its type erased: all that a cache and attention layers must know of it. So
/// neither decoders nor sessions are templates on it:
///
///     session<M>::open(model, {.kv = kv::f16{}});
///
/// Empty, it means kv::f32.
struct kv_format {
  std::string_view name = "f32";
  std::size_t bits = 32;
  std::size_t (*key_bytes)(std::size_t positions, std::size_t head_dim) noexcept = nullptr;
  std::size_t (*value_bytes)(std::size_t positions, std::size_t head_dim) noexcept = nullptr;
  kv_functions plain{};               ///< the policy's own loops
  kv_kernel kernel = kv_kernel::f32;  ///< where the vector kernels are

  constexpr kv_format() noexcept = default;
  template <kv::Format P>
  constexpr kv_format(P) noexcept
      : name(P::name),
        bits(P::bits),
        key_bytes(&P::key_bytes),
        value_bytes(&P::value_bytes),
        plain{&P::put, &P::softmax::template attend<P>},
        kernel(kernel_of<P>()) {}

 private:
  template <class P>
  static constexpr kv_kernel kernel_of() noexcept {
    if constexpr (requires { P::kernel; })
      return P::kernel;
    else
      return kv_kernel::none;
  }
};

}  // namespace trilith

#endif
