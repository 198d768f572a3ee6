#ifndef TRILITH_ADAPT_TERNARY_LEARNER_HPP
#define TRILITH_ADAPT_TERNARY_LEARNER_HPP

#include <trilith/adapt/pass_learner.hpp>
#include <trilith/adapt/ternary_change.hpp>
#include <trilith/backends/float_product.hpp>

#include <string>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// How large a change of trits is.
struct ternary_options {
  std::size_t rank = 16;
  float threshold_share = 0.75f;  ///< of the rank; the lower, the more trits a step changes
};

/// Trains changes of trits by trits (ternary_change) with ternary_sign:
///
///     forward     s clip(T + D, -1, 1)
///     backward    dL/dB = s dL/dW A^T,   dL/dA = s B^T dL/dW       straight through the threshold
///
/// where a trit that is at -1 or 1 already and is pushed on takes no part. The model's weights are
/// trits times their scales at any time, so that requantize() packs exactly what was trained. Made
/// for training_pass<Model, ste::stochastic_rounding>, which keeps the scales that weights have.
///
///     tl::training_pass<decltype(model), tl::ste::stochastic_rounding> pass(model, room);
///     tl::ternary_learner learner(pass, {.rank = 16}, 1);
///     auto done = tl::train(learner, data, tl::ternary_sign{}, options);
///     auto merged = tl::requantize(model);
///
/// @tparam Pass  for weights with one scale a tensor or a row
template <class Pass>
class ternary_learner : public detail::pass_learner<Pass> {
  using detail::pass_learner<Pass>::pass_;

 public:
  /// @param wanted  wanted(name) says which hidden matrices are changed
  template <class Wanted>
  ternary_learner(Pass& pass, const ternary_options& how, std::uint64_t seed, const Wanted& wanted,
                  const executor& run = {})
      : detail::pass_learner<Pass>(pass), run_(run), memory_(float_product_memory(run.threads)) {
    pass.for_each_tensor([&](const tensor_facts& t, std::span<float> w, std::span<float> g) {
      if (t.what == role::hidden_matrix && wanted(t.name))
        parts_.emplace_back(
            t, w, g,
            ternary_change(t.rows, t.cols, how.rank, how.threshold_share, seed, parts_.size()));
    });
  }
  ternary_learner(Pass& pass, const ternary_options& how, std::uint64_t seed,
                  const executor& run = {})
      : ternary_learner(
            pass, how, seed, [](std::string_view) { return true; }, run) {}

  code_statistics requantize(double lambda = 1) {
    for (part& p : parts_) p.apply();
    return pass_->requantize(lambda);
  }
  void finish_gradients() {
    pass_->finish_gradients();
    for (part& p : parts_) p.multiply_back(memory_.span(), run_);
  }
  void after_update(std::uint64_t, std::uint64_t) noexcept {}  // rounds nothing: trits stay trits
  template <class F>
  void for_each_tensor(F&& f) {
    for (part& p : parts_) {
      f(tensor_facts{p.a_name, p.change.rank(), p.change.in(), role::embedding_or_head},
        p.change.a.elements.span(), p.da.elements.span());
      f(tensor_facts{p.b_name, p.change.out(), p.change.rank(), role::embedding_or_head},
        p.change.b.elements.span(), p.db.elements.span());
    }
  }

  /// f(name, change) for each matrix that is changed.
  template <class F>
  void for_each_change(F&& f) const {
    for (const part& p : parts_) f(p.name, p.change);
  }

 private:
  struct part {
    part(const tensor_facts& t, std::span<float> w, std::span<float> g, ternary_change&& c)
        : name(t.name),
          a_name(name + ".ternary_a"),
          b_name(name + ".ternary_b"),
          weights(w),
          gradient(g),
          change(std::move(c)),
          codes(w.size()),
          scales(t.rows),
          da(change.rank(), change.in()),
          db(change.out(), change.rank()) {
      split();
    }
    /// W = s T; a row of zeros takes the scale of the tensor.
    void split() {
      const std::size_t n = change.in();
      const float whole = absmax(weights.data(), weights.size());
      for (std::size_t o = 0; o < scales.size(); ++o) {
        const float s = absmax(weights.data() + o * n, n);
        scales[o] = s > 0 ? s : whole;
        for (std::size_t i = 0; i < n; ++i) {
          const float w = weights[o * n + i];
          codes[o * n + i] = w > 0 ? 1.0f : w < 0 ? -1.0f : 0.0f;
        }
      }
    }
    void apply() noexcept {
      const std::size_t n = change.in();
      for (std::size_t o = 0; o < scales.size(); ++o) {
        float* const w = weights.data() + o * n;
        change.row(o, w);
        for (std::size_t i = 0; i < n; ++i) w[i] = scales[o] * changed_trit(codes[o * n + i], w[i]);
      }
    }
    /// The gradient of the codes, without those that cannot move its way.
    void mask_gradient() noexcept {
      const std::size_t n = change.in();
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        const float code = codes[i], down = gradient[i];
        const bool is_stopped = (code > 0 && down < 0) || (code < 0 && down > 0);
        gradient[i] = is_stopped ? 0.0f : down * scales[i / n];
      }
    }
    void multiply_back(std::span<float> memory, const executor& run) noexcept {
      mask_gradient();
      const span2d<float> g(gradient.data(), change.out(), change.in());
      const auto view = [](plain_matrix<trilith::weights::f32>& m) noexcept {
        return span2d<float>(m.elements.data(), m.rows, m.cols);
      };
      multiply_floats(g, float_matrix(view(change.a)).transposed(), view(db), false, memory, run);
      multiply_floats(float_matrix(view(change.b)).transposed(), g, view(da), false, memory, run);
    }

    std::string name, a_name, b_name;
    std::span<float> weights, gradient;  ///< of the pass: [Out, In]
    ternary_change change;
    aligned_buffer<float> codes;   ///< T: [Out, In]
    aligned_buffer<float> scales;  ///< [Out]
    plain_matrix<trilith::weights::f32> da, db;
  };

  executor run_;
  std::vector<part> parts_;
  aligned_buffer<float> memory_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
