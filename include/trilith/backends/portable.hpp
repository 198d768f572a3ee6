#ifndef TRILITH_BACKENDS_PORTABLE_HPP
#define TRILITH_BACKENDS_PORTABLE_HPP

#include <trilith/backends/epilogue.hpp>

namespace trilith::inline TRILITH_ABI::backends {

/// Tiles of codes unpacked to bytes, then dot products that a compiler can vectorise. Works for any
/// packing and any plain format, a user's own too, with nothing to link.
struct portable {
  using policy_kind = backend_kind;
  static constexpr std::string_view name = "portable";

  template <Format F, class X>
    requires(packing::Packing<F> || std::is_same_v<X, float>)
  static void run(const product& p, std::size_t first, std::size_t last) noexcept {
    for_each_output<X>(p, first, last,
                       [](const std::uint8_t* row, std::size_t n, const X* x) noexcept {
                         return dot<F>(row, n, x);
                       });
  }

  /// run() for the rows that p.only lists, of one token and one group of scales.
  template <packing::Packing F>
  static void run_listed(const product& p, std::size_t first, std::size_t last) noexcept {
    for (std::size_t i = first; i < last; ++i)
      run<F, std::int8_t>(p, p.only[i], std::size_t{p.only[i]} + 1);
  }

 private:
  template <packing::Packing P>
  [[nodiscard]] static std::int32_t dot(const std::uint8_t* row, std::size_t n,
                                        const std::int8_t* x) noexcept {
    std::int8_t tile[P::block];
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; i += P::block) {
      const std::size_t count = packing::unpack_block<P>(row, n, i, tile);
      for (std::size_t k = 0; k < count; ++k) sum += std::int32_t{tile[k]} * x[i + k];
    }
    return sum;
  }
  template <packing::Packing P>
  [[nodiscard]] static float dot(const std::uint8_t* row, std::size_t n, const float* x) noexcept {
    std::int8_t tile[P::block];
    float sum[lanes] = {};
    for (std::size_t i = 0; i < n; i += P::block)
      dot_into(sum, tile, x + i, packing::unpack_block<P>(row, n, i, tile));
    return add_lanes(sum);
  }
  template <weights::PlainWeights W>
  [[nodiscard]] static float dot(const std::uint8_t* row, std::size_t n, const float* x) noexcept {
    const auto* w = reinterpret_cast<const typename W::element*>(row);
    float sum[lanes] = {};
    if constexpr (std::is_same_v<typename W::element, float>) {
      dot_into(sum, w, x, n);
    } else {
      float tile[256];
      for (std::size_t i = 0; i < n; i += 256) {
        const std::size_t count = min_of(n - i, std::size_t{256});
        for (std::size_t k = 0; k < count; ++k) tile[k] = W::load(w[i + k]);
        dot_into(sum, tile, x + i, count);
      }
    }
    return add_lanes(sum);
  }
};

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
