#ifndef TRILITH_ADAPT_REINFORCE_HPP
#define TRILITH_ADAPT_REINFORCE_HPP

#include <trilith/adapt/advantages.hpp>
#include <trilith/adapt/bake_batch.hpp>
#include <trilith/adapt/reinforce_options.hpp>
#include <trilith/core/text.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/train/gradients.hpp>
#include <trilith/train/parameters.hpp>
#include <trilith/train/permutation.hpp>
#include <trilith/train/training_text.hpp>

#include <memory>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// Policy gradients: what a model draws is rewarded, and becomes likelier where it was better than
/// what else it drew to the same opening.
///
///     J = E_(y ~ p) [ r(y) ] - beta KL(p_base || p)
///     dJ = mean over tokens of  a(y) d log p(y_t | x0, y_<t) - beta dKL
///
/// with a, the advantage, as in advantages_of(). `learner` says which numbers are trained:
/// svf_learner, channel_learner, low_rank_learner, or a training_pass for all. The base is the
/// model as it was.
///
///     svf_learner learner(pass, factors);
///     reinforcing<decltype(model), decltype(learner)> coach(model, learner, {.steps = 60});
///     auto done = coach.run(openings, [&](const tl::trajectory& t) { return ends_well(t) ? 1 : -1;
///     });
///
/// Model and learner must outlive it. Cost: a step draws openings * responses responses with the
/// packed model, scores them by the base, and is a training step of their tokens.
/// @see Williams: "Simple statistical gradient-following algorithms", 1992; Sun, Cetin, Tang:
///      "Transformer^2", arXiv 2501.06252, equation 1 (whose code has the divergence this way).
template <Latent Model, class Learner>
class reinforcing {
  using packed_type = packed<typename Model::blueprint>;
  using openings_type = std::vector<std::vector<std::int32_t>>;

 public:
  reinforcing(const Model& model, Learner& learner, const reinforce_options& options = {})
      : model_(&model),
        learner_(&learner),
        options_(options),
        base_(std::make_unique<const packed_type>(pack(model))),
        parameters_(options.optimiser, learner, options.threads.threads) {
    learner_->requantize();
  }

  /// One step. Errors: no openings, groups of one, invalid_value for a reward, loss or gradients
  /// that are not finite (the weights are as before), and those of prompted.
  ///
  /// @param reward  reward(const trajectory&) -> double, of the whole response
  template <class Reward>
  [[nodiscard]] result<reinforce_step> step(const openings_type& openings, Reward&& reward) {
    if (openings.empty() || options_.openings == 0 || options_.responses < 2)
      return error{errc::invalid_argument,
                   join("reinforcing: expected openings and at least 2 responses to each, found ",
                        openings.size(), " openings and responses = ", options_.responses, ".")};
    const double begin = TRILITH_IMPLEMENTED::monotonic_seconds();
    auto drawn = draw(openings);
    if (!drawn) return std::move(drawn).error();
    reinforce_step out{.step = step_ + 1, .steps = options_.steps};
    std::vector<double> rewards;
    for (const trajectory& t : *drawn) rewards.push_back(static_cast<double>(reward(t)));
    for (const double r : rewards) out.reward += r / static_cast<double>(rewards.size());
    if (status good = update(*drawn, rewards, out); !good) return std::move(good).error();
    ++step_;
    out.seconds = TRILITH_IMPLEMENTED::monotonic_seconds() - begin;
    return out;
  }
  /// All steps that are left, or until options.stop says so.
  template <class Reward>
  [[nodiscard]] result<reinforce_step> run(const openings_type& openings, Reward&& reward) {
    reinforce_step last;
    while (step_ < options_.steps) {
      auto now = step(openings, reward);
      if (!now) return std::move(now).error();
      last = *now;
      if (options_.on_step) options_.on_step(last);
      if (options_.stop && options_.stop()) break;
    }
    return last;
  }

  [[nodiscard]] const packed_type& base() const noexcept { return *base_; }

 private:
  /// `responses` to each of the step's openings, from the model as it is now.
  [[nodiscard]] result<std::vector<trajectory>> draw(const openings_type& all) {
    openings_type some;
    for (std::size_t i = 0; i < options_.openings; ++i) {
      const std::uint64_t g = step_ * options_.openings + i, n = all.size();
      some.insert(some.end(), options_.responses, all[permuted(g % n, n, options_.seed, g / n)]);
    }
    const packed_type policy = pack(*model_);
    auto teller = prompted<packed_type>::open(
        policy, options_.begins_with, min_of<std::size_t>(some.size(), 16), options_.threads);
    if (!teller) return std::move(teller).error();
    response_options how = options_.how;
    how.how.seed = options_.seed + step_ + 1;
    return teller->respond(some, how);
  }

  [[nodiscard]] status update(const std::vector<trajectory>& drawn,
                              const std::vector<double>& rewards, reinforce_step& out) {
    if (status read = take(drawn); !read) return read;
    const auto advantages = advantages_of(rewards, options_.responses, options_.normalises);
    const auto tokens = static_cast<double>(batch_.targets());
    learner_->zero_gradients();
    const loss_sums loss = learner_->add_gradients(batch_.tokens(), static_cast<float>(1 / tokens),
                                                   batch_.loss(advantages, options_.beta));
    learner_->finish_gradients();
    out.divergence = loss.divergence / tokens;
    const double norm =
        norm_after_clipping(parameters_.gradients(), options_.clip, options_.threads);
    const double all = out.reward + out.divergence + norm;
    if (all - all != 0)
      return error{errc::invalid_value, join("reinforcing: step ", out.step,
                                             ": expected rewards, divergence and "
                                             "gradients to be finite, found infinity or NaN.")};
    parameters_.update({step_, options_.schedule.rate(step_, options_.steps), 1.0},
                       options_.threads);
    learner_->requantize();
    return done{};
  }
  [[nodiscard]] status take(const std::vector<trajectory>& drawn) {
    if (!judge_) {
      auto opened = prompted<packed_type>::open(*base_, options_.begins_with, 1, options_.threads);
      if (!opened) return std::move(opened).error();
      judge_ = std::make_unique<prompted<packed_type>>(std::move(*opened));
    }
    std::size_t length = 0;
    for (const trajectory& t : drawn) length = max_of(length, t.tokens.size());
    batch_.reset(drawn.size(), options_.begins_with.size() + length - 1, model_->sizes.vocab);
    for (std::size_t b = 0; b < drawn.size(); ++b)
      if (status set = batch_.set(b, drawn[b], options_.begins_with, *judge_, 0); !set) return set;
    return done{};
  }

  const Model* model_;
  Learner* learner_;
  reinforce_options options_;
  std::unique_ptr<const packed_type> base_;
  std::unique_ptr<prompted<packed_type>> judge_;  ///< the base, from the first step on
  parameters<adamw> parameters_;
  bake_batch batch_;
  std::uint64_t step_ = 0;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
