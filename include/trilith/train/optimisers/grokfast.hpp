#ifndef TRILITH_TRAIN_OPTIMISERS_GROKFAST_HPP
#define TRILITH_TRAIN_OPTIMISERS_GROKFAST_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/error.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/train/optimiser.hpp>

namespace trilith::inline TRILITH_ABI {

namespace filter {
struct ema {};  ///< an exponential moving average
struct ma {};   ///< the mean of a window
}  // namespace filter

/// Amplifies the slow part of gradients, what they have in common over many steps.
template <class Mean>
struct grokfast;

/// For a gradient g of any shape, elementwise:
///
///     mu <- alpha mu + (1 - alpha) g        mu = g at step 0
///     g  <- g + lambda mu
///
/// A low-pass filter: a constant gradient is multiplied by 1 + lambda (3), one that alternates in
/// sign by 1 + lambda (1 - alpha) / (1 + alpha) (1.0202) in the end. For a slow-down of N steps
/// alpha^N = 0.1 is advised. Optimisers that divide by the gradient's size cancel a common factor:
/// what acts is the change of direction.
///
/// Cost: 2 reads and 2 writes a weight; state: 1 float a weight.
/// @see Lee et al.: "Grokfast: Accelerated Grokking by Amplifying Slow Gradients", arXiv
/// 2405.20233,
///      algorithm 2; github.com/ironjr/grokfast, which begins mu with the first gradient, as here.
///
///     tl::grokfast<tl::filter::ema> slow{.alpha = 0.98, .lambda = 2};
template <>
struct grokfast<filter::ema> {
  using policy_kind = gradient_filter_kind;
  static constexpr std::string_view name = "grokfast<ema>";
  double alpha = 0.98;
  double lambda = 2;

  /// All that changes what it does: f(name, number).
  template <class F>
  void describe(F&& f) const {
    f("alpha", alpha), f("lambda", lambda);
  }

  class state {
   public:
    state(const grokfast&, const tensor_facts& tensor) : slow_(tensor.size()) {}
    template <class Visit>
    void visit(Visit&& f) noexcept {
      f(std::string_view("slow_gradient"), slow_.span());
    }
    [[nodiscard]] std::size_t floats() const noexcept { return slow_.size(); }

   private:
    friend grokfast;
    aligned_buffer<float> slow_;
  };

  void apply(std::span<float> g, state& s, const step_facts& at,
             const executor& threads) const noexcept {
    TRILITH_PRECONDITION(g.size() == s.slow_.size(),
                         "grokfast::apply() was given another tensor than its state was made for.");
    const float keep = at.step == 0 ? 0.0f : static_cast<float>(alpha);
    const float take = at.step == 0 ? 1.0f : static_cast<float>(1 - alpha);
    threads.parallel_for(g.size(), update_grain, [&](std::size_t begin, std::size_t end) {
      amplify(g.data() + begin, s.slow_.data() + begin, end - begin, keep, take,
              static_cast<float>(lambda));
    });
  }

 private:
  TRILITH_EXACT_FLOAT static void amplify(float* __restrict g, float* __restrict mu, std::size_t n,
                                          float keep, float take, float gain) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < n; ++i) {
      mu[i] = keep * mu[i] + take * g[i];
      g[i] += gain * mu[i];
    }
  }
};

/// For a gradient g of any shape, elementwise, with the last `window` gradients, g among them:
///
///     g <- g + lambda mean(last gradients)      from step window - 1 on; unchanged before
///
/// The sum is added anew each step, in the order of the rows of the ring, so that it
/// neither drifts nor depends on where a run was resumed.
///
/// Cost: `window` reads a weight; state: `window` floats a weight.
/// @see arXiv 2405.20233, algorithm 1.
template <>
struct grokfast<filter::ma> {
  using policy_kind = gradient_filter_kind;
  static constexpr std::string_view name = "grokfast<ma>";
  std::size_t window = 100;
  double lambda = 5;

  /// All that changes what it does: f(name, number).
  template <class F>
  void describe(F&& f) const {
    f("window", window), f("lambda", lambda);
  }

  class state {
   public:
    state(const grokfast& f, const tensor_facts& tensor)
        : size_(tensor.size()), recent_(f.window * tensor.size()) {}
    template <class Visit>
    void visit(Visit&& f) noexcept {
      f(std::string_view("recent_gradients"), recent_.span());
    }
    [[nodiscard]] std::size_t floats() const noexcept { return recent_.size(); }

   private:
    friend grokfast;
    std::size_t size_;
    aligned_buffer<float> recent_;  ///< [window, size]: the gradient of step t in row t % window
  };

  void apply(std::span<float> g, state& s, const step_facts& at,
             const executor& threads) const noexcept {
    TRILITH_PRECONDITION(g.size() == s.size_ && s.recent_.size() == window * s.size_,
                         "grokfast::apply() was given another tensor than its state was made for.");
    const std::size_t now = static_cast<std::size_t>(at.step % window);
    const bool is_full = at.step + 1 >= window;
    threads.parallel_for(g.size(), update_grain, [&](std::size_t begin, std::size_t end) {
      __builtin_memcpy(s.recent_.data() + now * s.size_ + begin, g.data() + begin,
                       (end - begin) * sizeof(float));
      if (is_full) amplify(g.data(), s, begin, end);
    });
  }

 private:
  TRILITH_EXACT_FLOAT void amplify(float* g, const state& s, std::size_t begin,
                                   std::size_t end) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float gain = static_cast<float>(lambda / static_cast<double>(window));
    for (std::size_t first = begin; first < end; first += lanes) {
      const std::size_t count = min_of(lanes, end - first);
      float sum[lanes] = {};
      for (std::size_t row = 0; row < window; ++row)
        for (std::size_t l = 0; l < count; ++l) sum[l] += s.recent_[row * s.size_ + first + l];
      for (std::size_t l = 0; l < count; ++l) g[first + l] += gain * sum[l];
    }
  }
};

static_assert(GradientFilter<grokfast<filter::ema>> && GradientFilter<grokfast<filter::ma>>);

}  // namespace trilith::inline TRILITH_ABI

#endif
