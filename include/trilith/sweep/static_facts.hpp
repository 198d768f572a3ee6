#ifndef TRILITH_SWEEP_STATIC_FACTS_HPP
#define TRILITH_SWEEP_STATIC_FACTS_HPP

#include <trilith/kv/kv.hpp>
#include <trilith/model/decoder.hpp>
#include <trilith/model/realisation.hpp>

/// What is known of a model before it exists: sizes, by type and shape alone.
namespace trilith::inline TRILITH_ABI {

namespace detail {
/// Bytes of a packed matrix [rows, cols] of weights W, scales included.
template <weights::Weights W, class P>
[[nodiscard]] constexpr std::size_t matrix_bytes(std::size_t rows, std::size_t cols) noexcept {
  using M = typename storage::packed<P>::template matrix<W>;
  if constexpr (M::is_coded)
    return rows * M::row_bytes_of(cols) + M::granularity::count(rows, cols) * sizeof(float);
  else
    return rows * cols * sizeof(typename M::element);
}

template <class P, bool OnlyHidden>
struct bytes_of_field {
  template <class Field>
  constexpr std::size_t operator()(const Field& field, const shape& s) const noexcept {
    if constexpr (!Field::present) {
      return 0;
    } else if constexpr (requires { typename Field::weights; }) {
      if (OnlyHidden && !is_hidden(field)) return 0;
      return matrix_bytes<typename Field::weights, P>(extent(s, field.rows), extent(s, field.cols));
    } else {
      return OnlyHidden ? 0 : field.count(s) * sizeof(float);
    }
  }
  template <class Field>
  [[nodiscard]] static constexpr bool is_hidden(const Field& field) noexcept {
    return field.rows != axis::vocab;
  }
};
}  // namespace detail

/// Bytes of all parameters of a packed<B, P> of that shape: parameter_bytes() without a model.
template <class B, class P = packing::preferred>
[[nodiscard]] constexpr std::size_t packed_bytes(const shape& s) noexcept {
  return fields::sum<B>(s, detail::bytes_of_field<P, false>{});
}

/// Bits that a weight of a block's matrices takes, scales included; embedding and head left out.
template <class B, class P = packing::preferred>
[[nodiscard]] constexpr double bits_a_weight(const shape& s) noexcept {
  const std::size_t bytes = fields::sum<B>(s, detail::bytes_of_field<P, true>{});
  const std::size_t weights = fields::sum<B>(s, [](const auto& field, const shape& of) {
    if constexpr (requires { typename std::remove_cvref_t<decltype(field)>::weights; })
      return field.rows == axis::vocab ? 0 : field.count(of);
    else
      return std::size_t{0};
  });
  return weights == 0 ? 0 : 8 * static_cast<double>(bytes) / static_cast<double>(weights);
}

/// Bytes of keys and values that a token adds to a cache, in the long run.
template <kv::Format Kv>
[[nodiscard]] constexpr std::size_t kv_bytes_a_token(const shape& s) noexcept {
  constexpr std::size_t from = 1024, to = 2048;  // after the first, and whole tiles
  const std::size_t both = Kv::key_bytes(to, s.head_dim) - Kv::key_bytes(from, s.head_dim) +
                           Kv::value_bytes(to, s.head_dim) - Kv::value_bytes(from, s.head_dim);
  return s.layers * s.kv_heads * both / (to - from);
}

namespace detail {
template <class B, class F, class X>
struct backend_behind {
  using type = B;
};
template <class F, class X>
struct backend_behind<backends::automatic, F, X> {
  using type = backends::chosen<F, X>;
};
}  // namespace detail

/// Who multiplies under scheme S, and what: products are of packed weights in format F with
/// activations X.
template <Scheme S, class P = packing::preferred>
struct kernel_of {
  using matrix = typename storage::packed<P>::template matrix<typename S::weights>;
  using format = typename matrix::format;
  using element = typename activations_for<matrix, typename S::activations>::element;
  static constexpr bool is_supported = backends::supports<typename S::backend, format, element>;
  using backend = typename detail::backend_behind<typename S::backend, format, element>::type;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
