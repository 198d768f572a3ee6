#ifndef TRILITH_TRAIN_REQUANTIZE_HPP
#define TRILITH_TRAIN_REQUANTIZE_HPP

#include <trilith/train/straight_through.hpp>
#include <trilith/train/working_matrix.hpp>
#include <trilith/weights/quantize.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

/// What a quantisation of latent weights gave; those of several matrices add up.
struct requantized {
  std::uint64_t codes = 0;
  std::uint64_t flipped = 0;  ///< codes that are others than before
  std::uint64_t zeros = 0;
  double log_scales = 0;  ///< the sum of log scale
  std::uint64_t scales = 0;

  requantized& operator+=(const requantized& more) noexcept {
    codes += more.codes;
    flipped += more.flipped;
    zeros += more.zeros;
    log_scales += more.log_scales;
    scales += more.scales;
    return *this;
  }
};

namespace detail {

template <weights::CodedWeights W>
class requantization {
 public:
  requantization(const plain_matrix<weights::f32>& from, working_matrix<W>& to,
                 const aligned_buffer<weights::calibration>& with, float lambda) noexcept
      : from_(from), to_(to), with_(with), lambda_(lambda) {}

  [[nodiscard]] requantized run(const executor& threads) {
    std::uint64_t flipped = 0, zeros = 0;  // whole numbers: threads may add them in any order
    threads.parallel_for(from_.rows, ceil_div(std::size_t{1} << 14, from_.cols),
                         [&](std::size_t first, std::size_t last) {
                           std::vector<std::int8_t> codes(from_.cols), before(from_.cols);
                           requantized part;
                           for (std::size_t r = first; r < last; ++r)
                             encode(r, codes.data(), before.data(), part);
                           __atomic_fetch_add(&flipped, part.flipped, __ATOMIC_RELAXED);
                           __atomic_fetch_add(&zeros, part.zeros, __ATOMIC_RELAXED);
                         });
    requantized all{.codes = from_.elements.size(), .flipped = flipped, .zeros = zeros};
    for (const weights::calibration& c : with_)
      all.log_scales += __builtin_log(static_cast<double>(c.scale));
    all.scales = with_.size();
    to_.is_blended = lambda_ < 1.0f;
    return all;
  }

 private:
  void encode(std::size_t r, std::int8_t* codes, std::int8_t* before, requantized& part) {
    auto& out = to_.stored;
    unpack_codes(out, r, before);
    const float* const w = from_.row(r);
    float* const decoded = to_.decoded.data() + r * from_.cols;
    for (std::size_t g = 0, first = 0; first < from_.cols; ++g, first += out.group()) {
      const std::size_t n = min_of(out.group(), from_.cols - first);
      const weights::calibration& c = with_[calibration_index<W>(r, g, from_.cols)];
      for (std::size_t i = first; i < first + n; ++i) {
        codes[i] = W::encode(w[i], c, r * from_.cols + i);
        part.flipped += codes[i] != before[i];
        part.zeros += codes[i] == 0;
        const float value = weights::decode<W>(codes[i], c.scale);
        decoded[i] = lambda_ < 1.0f ? w[i] + lambda_ * (value - w[i]) : value;
      }
      packing::pack_row<typename std::remove_cvref_t<decltype(out)>::packing>(
          codes + first, n, out.row(r) + g * out.group_bytes());
      out.scale(r, g) = c.scale;
    }
  }

  const plain_matrix<weights::f32>& from_;
  working_matrix<W>& to_;
  const aligned_buffer<weights::calibration>& with_;
  float lambda_;
};

template <class Ste, class W, class Latent>
[[nodiscard]] aligned_buffer<weights::calibration> scales_for(const Latent& from) {
  static_assert(!(ste::without_latents<Ste> && weights::LearnsScale<W>),
                "trilith::training_pass: weights that learn their scales need latent weights; use "
                "another estimator than ste::stochastic_rounding (docs/errors.md).");
  if constexpr (ste::without_latents<Ste>)
    return calibrations<W, recalibrated<W>>(from.elements.data(), from.rows, from.cols);
  else
    return calibrations<W>(from);
}

template <class W>
void turn(working_matrix<W>& w, const executor& run) {
  if (w.turned.rows == 0) w.turned = transposed_codes(w.rows, w.cols, run.threads);
  w.turned.assign(w.stored, run);
}

}  // namespace detail

/// The codes and scales of latent weights, as pack() gives them, and W + lambda (Wq - W) for the
/// backward pass: with lambda < 1, quantisation is phased in.
///
/// @tparam Ste   without latent weights the scales are those that the weights have already
/// @param turns  whether the codes are to be turned over for products of integers
template <ste::StraightThrough Ste, class W, class Latent>
requantized requantize(const Latent& from, working_matrix<W>& to, float lambda, bool turns,
                       const executor& run) {
  if constexpr (working_matrix<W>::is_latent) {
    to.values = from.elements.data();
    return {};
  } else if constexpr (!weights::CodedWeights<W>) {
    for (std::size_t i = 0; i < from.elements.size(); ++i) {
      to.stored.elements[i] = W::store(from.elements[i]);
      to.decoded[i] = W::load(to.stored.elements[i]);
    }
    return {};
  } else {
    const auto with = detail::scales_for<Ste, W>(from);
    const requantized found = detail::requantization<W>(from, to, with, lambda).run(run);
    if constexpr (working_matrix<W>::turns)
      if (turns && lambda >= 1) detail::turn(to, run);
    return found;
  }
}

/// Makes gradients g of quantised weights those of the latent weights, by the straight-through
/// estimator Ste; or, for weights that learn their scales, by their rule, with the scales'
/// gradients beside them.
template <ste::StraightThrough Ste, class W, class Latent>
void straight_through(const Latent& w, Latent& g, const executor& run) {
  if constexpr (weights::LearnsScale<W>) {
    const auto with = calibrations<W>(w);
    w.for_each_group([&](std::size_t i, std::size_t first, std::size_t n) {
      double sum = 0;
      for (std::size_t j = first; j < first + n; ++j) {
        const auto part = W::rule::back(w.elements[j], with[i], g.elements[j]);
        g.elements[j] = part.weight;
        sum += static_cast<double>(part.scale);
      }
      g.scales[i] = static_cast<float>(sum) * W::rule::scale_factor(n);
    });
  } else if constexpr (weights::CodedWeights<W> && !std::is_same_v<Ste, ste::identity>) {
    const auto with = calibrations<W>(w);
    run.parallel_for(w.rows, 8, [&](std::size_t first, std::size_t last) {
      for (std::size_t r = first; r < last; ++r)
        for (std::size_t i = 0; i < w.cols; ++i) {
          const std::size_t group = i / W::granularity::group(w.cols);
          const float scale = with[calibration_index<W>(r, group, w.cols)].scale;
          g.row(r)[i] *= Ste::slope(w.row(r)[i] / scale);
        }
    });
  }
}

}  // namespace trilith::inline TRILITH_ABI

#endif
