#ifndef TRILITH_BACKENDS_REFERENCE_HPP
#define TRILITH_BACKENDS_REFERENCE_HPP

#include <trilith/backends/epilogue.hpp>

namespace trilith::inline TRILITH_ABI::backends {

/// Plain loops over single codes: the definition the other backends are tested against. Its sums
/// are constexpr, so that a product can be checked at compile time.
struct reference {
  using policy_kind = backend_kind;
  static constexpr std::string_view name = "reference";

  /// sum_i code_i x_i over a packed row of n codes. Exact.
  template <packing::Packing P>
  [[nodiscard]] static constexpr std::int32_t dot(const std::uint8_t* row, std::size_t n,
                                                  const std::int8_t* x) noexcept {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += packing::code_at<P>(row, n, i) * x[i];
    return sum;
  }
  /// sum_i code_i x_i with float activations, in the fixed order of core/numeric.hpp.
  template <packing::Packing P>
  [[nodiscard]] TRILITH_EXACT_FLOAT static constexpr float dot(const std::uint8_t* row,
                                                               std::size_t n,
                                                               const float* x) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float sum[lanes] = {};
    for (std::size_t i = 0; i < n; ++i)
      sum[i % lanes] += static_cast<float>(packing::code_at<P>(row, n, i)) * x[i];
    return add_lanes(sum);
  }
  /// sum_i w_i x_i for plain weights, in the same order.
  template <weights::PlainWeights W>
  [[nodiscard]] TRILITH_EXACT_FLOAT static constexpr float dot(const typename W::element* row,
                                                               std::size_t n,
                                                               const float* x) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float sum[lanes] = {};
    for (std::size_t i = 0; i < n; ++i) sum[i % lanes] += W::load(row[i]) * x[i];
    return add_lanes(sum);
  }

  template <Format F, class X>
    requires(packing::Packing<F> || std::is_same_v<X, float>)
  static void run(const product& p, std::size_t first, std::size_t last) noexcept {
    for_each_output<X>(p, first, last,
                       [](const std::uint8_t* row, std::size_t n, const X* x) noexcept {
                         if constexpr (packing::Packing<F>)
                           return dot<F>(row, n, x);
                         else
                           return dot<F>(reinterpret_cast<const typename F::element*>(row), n, x);
                       });
  }
};

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
