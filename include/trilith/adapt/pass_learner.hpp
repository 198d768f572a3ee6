#ifndef TRILITH_ADAPT_PASS_LEARNER_HPP
#define TRILITH_ADAPT_PASS_LEARNER_HPP

#include <trilith/train/learner.hpp>

namespace trilith::inline TRILITH_ABI::detail {

/// What the learners of changes share: a training_pass, or what gives its latent weights and their
/// gradients likewise, whose weights they write before it computes.
template <class Pass>
class pass_learner {
 public:
  void zero_gradients() noexcept { pass_->zero_gradients(); }
  /// With a reference as the pass has it: scores to stay close to, weights of targets.
  template <class... Reference>
  loss_sums add_gradients(const token_batch& batch, float weight,
                          const Reference&... reference) noexcept {
    return pass_->add_gradients(batch, weight, reference...);
  }
  loss_sums measure(const token_batch& batch) noexcept { return pass_->measure(batch); }
  void after_update(std::uint64_t seed, std::uint64_t step) noexcept {
    pass_->after_update(seed, step);
  }
  template <class F>
  void for_each_memory(F&& f) {
    if constexpr (requires { pass_->for_each_memory(f); }) pass_->for_each_memory(f);
  }

 protected:
  explicit pass_learner(Pass& pass) noexcept : pass_(&pass) {}
  Pass* pass_;
};

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
