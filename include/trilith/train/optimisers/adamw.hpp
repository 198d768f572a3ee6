#ifndef TRILITH_TRAIN_OPTIMISERS_ADAMW_HPP
#define TRILITH_TRAIN_OPTIMISERS_ADAMW_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/error.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/train/double_math.hpp>
#include <trilith/train/optimiser.hpp>

namespace trilith::inline TRILITH_ABI {

/// Adam with decoupled weight decay. For weights W, gradient G, moments M and V, all [rows, cols],
/// elementwise, with t = step + 1 and rate and decay times the schedule's factors:
///
///     M <- beta1 M + (1 - beta1) G
///     V <- beta2 V + (1 - beta2) G^2
///     W <- (1 - rate decay) W - rate (M / (1 - beta1^t)) / (sqrt(V / (1 - beta2^t)) + eps)
///
/// in the order of torch.optim.AdamW, from which it differs by less than 1e-6 of the largest weight
/// after ten steps (test/unit/train_adamw.cpp). Tensors that do not decay (tensor_facts::decays)
/// skip the factor. The defaults are those of language models, not PyTorch's.
///
/// @param rate, decay  at the schedule's factor 1
/// Cost: 4 reads and 3 writes of a float a weight; state: 2 floats a weight.
/// @see Loshchilov, Hutter: "Decoupled Weight Decay Regularization", arXiv 1711.05101, algorithm 2.
///
///     tl::adamw optimiser{.rate = 1.5e-3};
///     tl::adamw::state state(optimiser, {"output", rows, cols, tl::role::embedding_or_head});
///     optimiser.update(weights, gradient, state, {.step = t}, {});
struct adamw {
  using policy_kind = optimiser_kind;
  static constexpr std::string_view name = "adamw";
  double rate = 3e-4;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double decay = 0.1;

  /// All that changes what it does: f(name, number).
  template <class F>
  void describe(F&& f) const {
    f("rate", rate), f("beta1", beta1), f("beta2", beta2), f("eps", eps), f("decay", decay);
  }

  class state {
   public:
    state() noexcept = default;
    state(const adamw&, const tensor_facts& tensor)
        : decays_(tensor.decays()), first_(tensor.size()), second_(tensor.size()) {}

    template <class Visit>
    void visit(Visit&& f) noexcept {
      f(std::string_view("first_moment"), first_.span());
      f(std::string_view("second_moment"), second_.span());
    }
    [[nodiscard]] std::size_t floats() const noexcept { return first_.size() + second_.size(); }

   private:
    friend adamw;
    bool decays_ = false;
    aligned_buffer<float> first_, second_;
  };

  [[nodiscard]] constexpr std::size_t memory_floats(const tensor_facts&,
                                                    std::size_t) const noexcept {
    return 0;
  }

  void update(std::span<float> weights, std::span<const float> gradient, state& s,
              const step_facts& at, const update_tools& tools) const noexcept {
    TRILITH_PRECONDITION(weights.size() == s.first_.size() && gradient.size() == weights.size(),
                         "adamw::update() was given another tensor than its state was made for.");
    const factors by = factors_at(at, s.decays_);
    tools.threads.parallel_for(
        weights.size(), update_grain, [&](std::size_t begin, std::size_t end) {
          move(weights.data() + begin, gradient.data() + begin, s.first_.data() + begin,
               s.second_.data() + begin, end - begin, by);
        });
  }

 private:
  /// The numbers of one step, rounded once.
  struct factors {
    float keep1, add1, keep2, add2, shrink, step, root2, eps;
  };
  [[nodiscard]] TRILITH_EXACT_FLOAT factors factors_at(const step_facts& at,
                                                       bool decays) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const double now = rate * at.rate;
    const double left1 = 1 - double_math::power(beta1, at.step + 1);
    const double left2 = 1 - double_math::power(beta2, at.step + 1);
    const auto f = [](double x) noexcept { return static_cast<float>(x); };
    return {f(beta1),
            f(1 - beta1),
            f(beta2),
            f(1 - beta2),
            f(decays ? 1 - now * decay * at.decay : 1.0),
            f(now / left1),
            f(double_math::square_root(left2)),
            f(eps)};
  }

  TRILITH_EXACT_FLOAT static void move(float* __restrict w, const float* __restrict g,
                                       float* __restrict m, float* __restrict v, std::size_t n,
                                       const factors by) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < n; ++i) {
      m[i] = by.keep1 * m[i] + by.add1 * g[i];
      v[i] = by.keep2 * v[i] + by.add2 * (g[i] * g[i]);
      w[i] = by.shrink * w[i] - by.step * (m[i] / (__builtin_sqrtf(v[i]) / by.root2 + by.eps));
    }
  }
};

static_assert(Optimiser<adamw>);

}  // namespace trilith::inline TRILITH_ABI

#endif
