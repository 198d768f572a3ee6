#ifndef TRILITH_TRAIN_LEARNER_HPP
#define TRILITH_TRAIN_LEARNER_HPP

#include <trilith/train/code_statistics.hpp>
#include <trilith/train/loss_sums.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/token_batch.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace trilith {

/// What a trainer trains: weights with a loss and its gradients.
///
///     requantize(lambda)              the step's codes from the latent weights: once after each
///                                     update, and once before the first step; lambda in (0, 1] is
///                                     how much of the quantisation takes part
///     zero_gradients()
///     add_gradients(batch, weight)    gradients += weight d(sum of cross entropies) / d weights;
///                                     returns the sums, without the weight
///     finish_gradients()              once after the last micro-batch, as a straight-through rule
///     measure(batch)                  the sums alone, with the current codes
///     after_update(seed, step)        once after each update, as stochastic rounding; what it
///                                     draws depends on seed and step alone
///     for_each_tensor(f)              f(tensor_facts, span<float> weights, span<float> gradient):
///                                     the same names, order and memory each time
///
/// Everything that later steps depend on lies in the weights. What does not, such as the scales of
/// the first step for code_statistics::scale_drift, is shown by an optional
///
///     for_each_memory(f)              f(string_view name, span<float>), as for_each_tensor
///
/// and then a checkpoint holds it too. Names have no '/', and outlive the learner's trainer.
/// Where train_options::last_stage is not 0, an optional
///
///     enter_stage(is_last)            before the codes of each step are made
template <class L>
concept Learner = requires(L& l, const token_batch& batch, std::uint64_t n) {
  { l.requantize(1.0) } -> std::same_as<code_statistics>;
  l.zero_gradients();
  { l.add_gradients(batch, 1.0f) } -> std::same_as<loss_sums>;
  { l.measure(batch) } -> std::same_as<loss_sums>;
  l.finish_gradients();
  l.after_update(n, n);
  l.for_each_tensor([](const tensor_facts&, std::span<float>, std::span<float>) {});
};

/// A learner that trains in two stages.
template <class L>
concept StagedLearner = Learner<L> && requires(L& l) { l.enter_stage(true); };

/// A learner with state beyond its weights.
template <class L>
concept RememberingLearner =
    Learner<L> && requires(L& l) { l.for_each_memory([](std::string_view, std::span<float>) {}); };

}  // namespace trilith

#endif
