#ifndef TRILITH_ADAPT_SVF_LEARNER_HPP
#define TRILITH_ADAPT_SVF_LEARNER_HPP

#include <trilith/adapt/pass_learner.hpp>
#include <trilith/adapt/svf_learned.hpp>

namespace trilith::inline TRILITH_ABI {

/// Trains an expert of singular values, with the model frozen: the forward pass is that of
///
///     W' = W + U diag(S (c z - 1)) V^T     (= c U diag(S z) V^T, but exactly W where c z = 1)
///
/// through the quantiser where there is one, and with G = dL/dW'
///
///     dL/dz_i = c S_i (u_i^T G v_i - sign(z_i) <G, W'> / sum S)       c = sum S / sum S |z|
///
/// without the second term where nothing is renormalised. Then sum_i z_i dL/dz_i = 0: the size of
/// z does not matter. z begins as 1.
///
///     tl::training_pass pass(model, room, threads.get());
///     auto learner = tl::make_svf_learner(pass, *factors);
///     if (!learner) return std::move(learner).error();
///     auto done = tl::train(*learner, data, tl::adamw{.rate = 2e-3, .decay = 0}, options);
///     auto saved = tl::save_expert("tales.expert.safetensors", learner->expert());
///
/// The factors outlive it. Memory: a copy of the matrices that change. Cost: the pass's, and twice
/// Out In r multiplications a matrix and step.
/// @tparam Pass  training_pass, or what gives its latent weights and their gradients likewise
/// @see Sun et al.: "Transformer^2", arXiv 2501.06252, section 3.1; docs/svf.md
template <class Pass>
class svf_learner : public detail::pass_learner<Pass> {
  using detail::pass_learner<Pass>::pass_;

 public:
  /// @param wanted  wanted(name) says which hidden matrices are changed. The published figures are
  ///                of feed-forward networks.
  /// Errors: mismatch for factors that are not of the pass's weights; invalid_argument where no
  /// matrix is wanted.
  template <class Wanted = feed_forward_matrices>
  [[nodiscard]] static result<svf_learner> make(Pass& pass, const svf_factors& factors,
                                                const Wanted& wanted = {}, bool renormalised = true,
                                                const executor& run = {}) {
    svf_learner out(pass, renormalised, run);
    status good = done{};
    pass.for_each_tensor([&](const tensor_facts& t, std::span<float> w, std::span<float> g) {
      if (!good || t.what != role::hidden_matrix || !wanted(t.name)) return;
      auto of = factors.expect(t.name, {w.data(), t.rows, t.cols});
      if (of)
        out.parts_.emplace_back(**of, w, g, out.room_);
      else
        good = std::move(of).error();
    });
    if (good && out.parts_.empty())
      good = error{errc::invalid_argument, "svf_learner: no matrix is wanted."};
    if (!good) return std::move(good).error();
    return out;
  }

  code_statistics requantize(double lambda = 1) {
    apply();
    return pass_->requantize(lambda);
  }
  void finish_gradients() {
    pass_->finish_gradients();
    for (detail::svf_learned& p : parts_) p.multiply_back(renormalised_, room_);
  }
  template <class F>
  void for_each_tensor(F&& f) {
    for (detail::svf_learned& p : parts_)
      f(tensor_facts{p.z_name, 1, p.z.size(), role::vector}, p.z.span(), p.dz.span());
  }

  /// Writes W' into the model's latent weights; or W again.
  void apply() {
    for (detail::svf_learned& p : parts_) p.apply(renormalised_, room_);
  }
  void restore() noexcept {
    for (detail::svf_learned& p : parts_) p.restore();
  }
  /// What was trained so far.
  [[nodiscard]] svf_expert expert() const {
    svf_expert out{.parts = {}, .renormalised = renormalised_};
    for (const detail::svf_learned& p : parts_)
      out.parts.push_back({p.of->name, std::vector<float>(p.z.begin(), p.z.end())});
    return out;
  }
  /// Goes on from an expert; a matrix that it leaves alone begins as 1. Error: mismatch where it
  /// changes other matrices, or is renormalised otherwise.
  [[nodiscard]] status begin_from(const svf_expert& expert) {
    std::size_t found = 0;
    for (const detail::svf_learned& p : parts_)
      if (const expert_part* const part = expert.find(p.of->name); part != nullptr)
        found += part->z.size() == p.z.size();
    if (found != expert.parts.size() || expert.renormalised != renormalised_)
      return error{errc::mismatch,
                   join("svf_learner: ", found, " of the expert's ", expert.parts.size(),
                        " matrices are trained here, or it is not renormalised as "
                        "they are.")};
    for (detail::svf_learned& p : parts_) p.begin_from(expert.find(p.of->name));
    return done{};
  }
  /// z: one for each singular value.
  [[nodiscard]] std::size_t parameters() const noexcept {
    std::size_t sum = 0;
    for (const detail::svf_learned& p : parts_) sum += p.z.size();
    return sum;
  }

 private:
  svf_learner(Pass& pass, bool renormalised, const executor& run)
      : detail::pass_learner<Pass>(pass), renormalised_(renormalised), room_(run) {}

  bool renormalised_;
  svf_room room_;
  std::vector<detail::svf_learned> parts_;
};

/// svf_learner<Pass>::make() with the type of the pass found.
template <class Pass, class Wanted = feed_forward_matrices>
[[nodiscard]] result<svf_learner<Pass>> make_svf_learner(Pass& pass, const svf_factors& factors,
                                                         const Wanted& wanted = {},
                                                         bool renormalised = true,
                                                         const executor& run = {}) {
  return svf_learner<Pass>::make(pass, factors, wanted, renormalised, run);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
