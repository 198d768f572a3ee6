#ifndef TRILITH_TRAIN_OPTIMISERS_MUON_HPP
#define TRILITH_TRAIN_OPTIMISERS_MUON_HPP

#include <trilith/train/optimisers/adamw.hpp>
#include <trilith/train/optimisers/newton_schulz.hpp>
#include <trilith/train/optimisers/scaling.hpp>

namespace trilith::inline TRILITH_ABI {

/// Orthogonal updates for hidden matrices, AdamW for embeddings, heads and vectors; the filter sees
/// every gradient first. For a hidden matrix W [m, n] with gradient G and momentum M, after the
/// filter:
///
///     M <- beta M + (1 - beta) G
///     U  = (1 - beta) G + beta M     with nesterov, or M
///     O  = newton_schulz(U) * Scaling::factor(m, n)
///     W <- (1 - rate decay) W - rate O
///
/// rate and decay times the schedule's factors. Newton-Schulz divides by the size of U, so that the
/// size of the gradients and of the loss does not matter to W, as long as it is the same for all
/// steps.
///
/// @param others  AdamW's rate as a share of `rate`
/// Errors: none; a gradient that is not finite makes weights that are not: loss_scale and
///   clip_global_norm tell.
/// Cost: see newton_schulz. State: 1 float a weight of a hidden matrix, 2 of other tensors, and the
///   filter's. It overwrites the gradient of a hidden matrix.
/// @see Jordan et al.: "Muon: An optimizer for hidden layers in neural networks" (2024);
///      Liu et al.: "Muon is Scalable for LLM Training", arXiv 2502.16982, equations 1 to 4.
template <scaling::Scaling S, GradientFilter Filter = filter::none>
struct muon_with {
  using policy_kind = optimiser_kind;
  using scaling_type = S;
  using filter_type = Filter;
  static constexpr std::string_view name = "muon";
  double rate = S::usual_rate;
  double momentum = 0.95;
  bool nesterov = true;
  double decay = S::usual_decay;
  double others = S::usual_others;
  double beta1 = 0.9;  ///< of AdamW, as the next two
  double beta2 = 0.95;
  double eps = 1e-8;
  Filter filter{};

  /// All that changes what it does: f(name, number or text).
  template <class F>
  void describe(F&& f) const {
    f("scaling", std::string_view(S::name)), f("rate", rate), f("momentum", momentum);
    f("nesterov", nesterov), f("decay", decay), f("others", others), f("beta1", beta1);
    f("beta2", beta2), f("eps", eps), f("filter", std::string_view(Filter::name));
    if constexpr (requires { filter.describe(f); }) filter.describe(f);
  }

  class state {
   public:
    state(const muon_with& o, const tensor_facts& tensor)
        : rows_(tensor.rows), cols_(tensor.cols), filter_(o.filter, tensor) {
      if (tensor.what == role::hidden_matrix)
        momentum_ = aligned_buffer<float>(tensor.size());
      else
        adamw_ = adamw::state(o.for_others(), tensor);
    }
    template <class Visit>
    void visit(Visit&& f) noexcept {
      filter_.visit(f);
      if (is_hidden())
        f(std::string_view("momentum"), momentum_.span());
      else
        adamw_.visit(f);
    }
    [[nodiscard]] std::size_t floats() const noexcept {
      return filter_.floats() + momentum_.size() + adamw_.floats();
    }

   private:
    friend muon_with;
    [[nodiscard]] bool is_hidden() const noexcept { return momentum_.size() != 0; }
    std::size_t rows_, cols_;
    typename Filter::state filter_;
    aligned_buffer<float> momentum_;
    adamw::state adamw_;
  };

  [[nodiscard]] constexpr std::size_t memory_floats(const tensor_facts& t,
                                                    std::size_t threads) const noexcept {
    return t.what == role::hidden_matrix ? newton_schulz_floats(t.rows, t.cols, threads) : 0;
  }

  void update(std::span<float> weights, std::span<float> gradient, state& s, const step_facts& at,
              const update_tools& tools) const noexcept {
    TRILITH_PRECONDITION(weights.size() == s.rows_ * s.cols_ && gradient.size() == weights.size(),
                         "muon's update() was given another tensor than its state was made for.");
    filter.apply(gradient, s.filter_, at, tools.threads);
    if (!s.is_hidden()) return for_others().update(weights, gradient, s.adamw_, at, tools);
    gather(gradient, s.momentum_, tools.threads);
    newton_schulz({gradient.data(), s.rows_, s.cols_}, tools.memory, tools.threads);
    move(weights, gradient, S::factor(s.rows_, s.cols_), at, tools.threads);
  }

  /// What embeddings, heads and vectors are updated by.
  [[nodiscard]] constexpr adamw for_others() const noexcept {
    return {.rate = rate * others, .beta1 = beta1, .beta2 = beta2, .eps = eps, .decay = decay};
  }

 private:
  /// M and U; U takes the place of the gradient.
  void gather(std::span<float> g, aligned_buffer<float>& m,
              const executor& threads) const noexcept {
    const float keep = static_cast<float>(momentum), add = static_cast<float>(1 - momentum);
    threads.parallel_for(g.size(), update_grain, [&](std::size_t begin, std::size_t end) {
      using optimiser_detail::blend;
      blend(add, g.data() + begin, keep, m.data() + begin, end - begin);
      blend(nesterov ? keep : 1.0f, m.data() + begin, nesterov ? add : 0.0f, g.data() + begin,
            end - begin);
    });
  }
  /// 1 - rate decay. Apart from the loop that uses it: a lambda inside a function with
  /// TRILITH_EXACT_FLOAT lets g++ fuse what it calls.
  [[nodiscard]] TRILITH_EXACT_FLOAT double kept(const step_facts& at) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    return 1 - rate * at.rate * decay * at.decay;
  }
  void move(std::span<float> w, std::span<const float> o, double factor, const step_facts& at,
            const executor& threads) const noexcept {
    const float shrink = static_cast<float>(kept(at));
    const float step = static_cast<float>(-rate * at.rate * factor);
    threads.parallel_for(w.size(), update_grain, [&](std::size_t begin, std::size_t end) {
      optimiser_detail::blend(step, o.data() + begin, shrink, w.data() + begin, end - begin);
    });
  }
};

/// Muon as first published.
using muon = muon_with<scaling::spectral>;

static_assert(Optimiser<muon>);

}  // namespace trilith::inline TRILITH_ABI

#endif
