#ifndef TRILITH_ADAPT_REINFORCE_OPTIONS_HPP
#define TRILITH_ADAPT_REINFORCE_OPTIONS_HPP

#include <trilith/adapt/trajectory.hpp>
#include <trilith/core/executor.hpp>
#include <trilith/train/any_schedule.hpp>
#include <trilith/train/callback.hpp>
#include <trilith/train/optimisers/adamw.hpp>

namespace trilith::inline TRILITH_ABI {

/// What a reinforcement tells of its work after each step.
struct reinforce_step {
  std::uint64_t step = 0, steps = 0;  ///< done, and of all
  double reward = 0;                  ///< mean of the step's responses
  double divergence = 0;              ///< KL(base || policy) of their tokens, nats
  double seconds = 0;
};

/// How a model is reinforced.
struct reinforce_options {
  std::uint64_t steps = 100;
  std::size_t openings = 8;   ///< of a step
  std::size_t responses = 4;  ///< to each opening, at least 2: each is judged beside the others
  response_options how{.tokens = 24};
  adamw optimiser{.rate = 2e-3, .decay = 0};
  any_schedule schedule = constant{};
  double clip = 1.0;                        ///< the largest norm of the gradients; 0: any
  float beta = 0.1f;                        ///< of KL(base || policy), per token
  bool normalises = true;                   ///< divides the advantages of a step by their deviation
  std::vector<std::int32_t> begins_with{};  ///< what stands in front of openings, as BOS
  std::uint64_t seed = 1;                   ///< of the order of the openings and of the responses
  executor threads{};
  callback<void(const reinforce_step&)> on_step{};
  callback<bool()> stop{};  ///< asked after each step; true ends it with what it has
};

}  // namespace trilith::inline TRILITH_ABI

#endif
