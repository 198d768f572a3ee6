#ifndef TRILITH_ADAPT_SVF_CHANNELS_LEARNED_HPP
#define TRILITH_ADAPT_SVF_CHANNELS_LEARNED_HPP

#include <trilith/adapt/svf_channels.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/weights/quantize.hpp>

namespace trilith::inline TRILITH_ABI {

/// How many factors a matrix has.
enum class channel_factors : std::uint8_t {
  of_rows,    ///< one for each output
  of_matrix,  ///< one for all
};

namespace detail {

/// One matrix of a pass and its z in training.
struct channels_learned {
  channels_learned(const tensor_facts& t, std::span<float> w, std::span<float> g, std::size_t n)
      : name(t.name),
        z_name(name + ".z"),
        weights(w.data(), t.rows, t.cols),
        gradient(g.data(), t.rows, t.cols),
        base(w.size(), not_zeroed{}),
        z(n),
        dz(n) {
    __builtin_memcpy(base.data(), w.data(), w.size_bytes());
    for (float& x : z) x = 1.0f;
  }

  void restore() noexcept { __builtin_memcpy(weights.data, base.data(), base.size() * 4); }
  void apply() noexcept {
    restore();
    scale_channels(weights, z.span());
  }
  /// dL/dz_o = <G_o, value_o>, or the sum of them.
  TRILITH_EXACT_FLOAT void multiply_back() noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float* const value = quantised.empty() ? base.data() : quantised.data();
    double all = 0;
    for (std::size_t o = 0; o < weights.rows; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < weights.cols; ++i)
        sum +=
            static_cast<double>(gradient(o, i)) * static_cast<double>(value[o * weights.cols + i]);
      if (z.size() != 1) dz[o] = static_cast<float>(sum);
      all += sum;
    }
    if (z.size() == 1) dz[0] = static_cast<float>(all);
  }

  std::string name, z_name;
  span2d<float> weights, gradient;  ///< of the pass: [Out, In]
  aligned_buffer<float> base;       ///< W: [Out, In]
  aligned_buffer<float> quantised;  ///< Q(W), where Q(diag(z) W) = diag(z) Q(W); else empty
  aligned_buffer<float> z, dz;      ///< [Out], or [1]
};

/// Whether quantising commutes with positive factors of rows, or of the matrix.
template <class W>
inline constexpr bool commutes_with_rows = [] {
  if constexpr (weights::CodedWeights<W> && !weights::LearnsScale<W>)
    return !std::is_same_v<typename W::granularity, scale::per_tensor>;
  else
    return false;
}();
template <class W>
inline constexpr bool commutes_with_one = weights::CodedWeights<W> && !weights::LearnsScale<W>;

}  // namespace detail

}  // namespace trilith::inline TRILITH_ABI

#endif
