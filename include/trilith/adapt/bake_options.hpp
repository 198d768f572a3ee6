#ifndef TRILITH_ADAPT_BAKE_OPTIONS_HPP
#define TRILITH_ADAPT_BAKE_OPTIONS_HPP

#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/trajectory.hpp>
#include <trilith/train/any_schedule.hpp>
#include <trilith/train/callback.hpp>
#include <trilith/train/optimisers/adamw.hpp>
#include <trilith/train/pass_context.hpp>

#include <string_view>

namespace trilith::inline TRILITH_ABI {

/// What baking tells of its work after each step.
struct bake_step {
  std::uint64_t step = 0, steps = 0;  ///< done, and of all
  double divergence = 0;              ///< KL(teacher || student) of the step's tokens, nats
  double flipped_share = 0;           ///< of the codes, by this step's update
  double seconds = 0;
};

/// How a prompt is baked into a model.
struct bake_options {
  low_rank_options adapter{.rank = 16, .alpha = 32};
  callback<bool(std::string_view)> wanted{};  ///< which hidden matrices change; empty: all
  std::uint64_t steps = 200;
  std::size_t batch = 8;  ///< responses of a step
  adamw optimiser{.rate = 2e-3, .decay = 0};
  any_schedule schedule = cosine{.warmup = 10};
  double clip = 1.0;  ///< the largest norm of the gradients; 0: any
  /// How many of the teacher's likeliest tokens count at each place; 0: all. Fewer generalise
  /// worse, one alone worst: docs/baking.md.
  std::size_t likeliest = 0;
  std::vector<std::int32_t> begins_with{};  ///< what the student has instead of the prompt, as BOS
  gradient_numbers gradients = gradient_numbers::automatic;
  std::uint64_t seed = 1;  ///< of the adapter, and of the order of the responses
  executor threads{};
  callback<void(const bake_step&)> on_step{};
  callback<bool()> stop{};  ///< asked after each step; true ends the baking with what it has
};

}  // namespace trilith::inline TRILITH_ABI

#endif
