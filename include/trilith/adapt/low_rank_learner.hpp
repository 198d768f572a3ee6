#ifndef TRILITH_ADAPT_LOW_RANK_LEARNER_HPP
#define TRILITH_ADAPT_LOW_RANK_LEARNER_HPP

#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/pass_learner.hpp>
#include <trilith/backends/float_product.hpp>

#include <string>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// Trains changes of low rank through the quantiser (QAT-LoRA): the forward pass is that of
///
///     Q(W + s B A)         dL/dB = s dL/dW A^T,    dL/dA = s B^T dL/dW
///
/// with the base W frozen, and with it all that is no hidden matrix. The latent weights of the
/// model are W + s B A at any time, so there is nothing to merge: packing them gives the forward
/// pass that was trained, bit for bit (test/unit/adapt_low_rank_learner.cpp).
///
///     training_pass pass(model, room, threads.get());
///     low_rank_learner learner(pass, {.rank = 16}, 1);
///     auto done = tl::train(learner, data, tl::adamw{.rate = 1e-3}, options);
///
/// Cost: the pass's, a copy of W, and 4 rank / T of the backward pass of T tokens.
/// @tparam Pass  training_pass, or what gives its latent weights and their gradients likewise
/// @see facts of merging: docs/decisions.md, "A merge keeps what trits cannot take"
template <class Pass>
class low_rank_learner : public detail::pass_learner<Pass> {
  using detail::pass_learner<Pass>::pass_;

 public:
  /// @param wanted  wanted(name) says which hidden matrices are changed: "blocks.0.attention.query"
  template <class Wanted>
  low_rank_learner(Pass& pass, const low_rank_options& how, std::uint64_t seed,
                   const Wanted& wanted, const executor& run = {})
      : detail::pass_learner<Pass>(pass), run_(run), memory_(float_product_memory(run.threads)) {
    pass.for_each_tensor([&](const tensor_facts& t, std::span<float> w, std::span<float> g) {
      if (t.what == role::hidden_matrix && wanted(t.name))
        parts_.emplace_back(t, w, g, low_rank(t.rows, t.cols, how, seed, parts_.size()));
    });
  }
  low_rank_learner(Pass& pass, const low_rank_options& how, std::uint64_t seed,
                   const executor& run = {})
      : low_rank_learner(
            pass, how, seed, [](std::string_view) { return true; }, run) {}

  code_statistics requantize(double lambda = 1) {
    apply();
    return pass_->requantize(lambda);
  }
  void finish_gradients() {
    pass_->finish_gradients();
    for (part& p : parts_) p.multiply_back(memory_.span(), run_);
  }
  template <class F>
  void for_each_tensor(F&& f) {
    for (part& p : parts_) {
      f(tensor_facts{p.a_name, p.change.rank(), p.change.in(), role::embedding_or_head},
        p.change.a.elements.span(), p.da.elements.span());
      f(tensor_facts{p.b_name, p.change.out(), p.change.rank(), role::embedding_or_head},
        p.change.b.elements.span(), p.db.elements.span());
    }
  }

  /// Writes W + strength s B A into the model's latent weights: 0 is the base, 1 what was trained.
  void apply(float strength = 1.0f) noexcept {
    for (part& p : parts_) p.apply(strength, run_);
  }
  /// The changes become part of the base, and new ones begin as none.
  void settle(const low_rank_options& how, std::uint64_t seed) {
    apply();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      part& p = parts_[i];
      __builtin_memcpy(p.base.data(), p.weights.data(), p.weights.size_bytes());
      p.begin(low_rank(p.change.out(), p.change.in(), how, seed, i));
    }
  }
  /// f(name, change) for each matrix that is changed.
  template <class F>
  void for_each_change(F&& f) const {
    for (const part& p : parts_) f(p.name, p.change);
  }
  [[nodiscard]] std::size_t parameters() const noexcept {
    std::size_t sum = 0;
    for (const part& p : parts_) sum += p.change.parameters();
    return sum;
  }

 private:
  struct part {
    part(const tensor_facts& t, std::span<float> w, std::span<float> g, low_rank&& c)
        : name(t.name),
          a_name(name + ".lora_a"),
          b_name(name + ".lora_b"),
          weights(w),
          gradient(g),
          base(w.size(), not_zeroed{}) {
      __builtin_memcpy(base.data(), w.data(), w.size_bytes());
      begin(std::move(c));
    }
    void begin(low_rank&& c) {
      change = std::move(c);
      da = plain_matrix<trilith::weights::f32>(change.rank(), change.in());
      db = plain_matrix<trilith::weights::f32>(change.out(), change.rank());
    }

    void apply(float strength, const executor& run) noexcept {
      const std::size_t n = change.in();
      run.parallel_for(change.out(), 8, [&](std::size_t first, std::size_t last) noexcept {
        for (std::size_t o = first; o < last; ++o) {
          float* const w = weights.data() + o * n;
          change.row(o, w);
          for (std::size_t i = 0; i < n; ++i) w[i] = base[o * n + i] + strength * w[i];
        }
      });
    }
    void multiply_back(std::span<float> memory, const executor& run) noexcept {
      const span2d<float> g(gradient.data(), change.out(), change.in());
      const auto view = [](plain_matrix<trilith::weights::f32>& m) noexcept {
        return span2d<float>(m.elements.data(), m.rows, m.cols);
      };
      multiply_floats(g, float_matrix(view(change.a)).transposed(), view(db), false, memory, run);
      multiply_floats(float_matrix(view(change.b)).transposed(), g, view(da), false, memory, run);
      for (plain_matrix<trilith::weights::f32>* d : {&da, &db})
        for (float& x : d->elements) x *= change.scale;
    }

    std::string name, a_name, b_name;
    std::span<float> weights, gradient;  ///< of the pass: [Out, In]
    aligned_buffer<float> base;          ///< [Out, In]
    low_rank change;
    plain_matrix<trilith::weights::f32> da, db;
  };

  executor run_;
  std::vector<part> parts_;
  aligned_buffer<float> memory_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
