#ifndef TRILITH_TRAIN_TRAIN_OPTIONS_HPP
#define TRILITH_TRAIN_TRAIN_OPTIONS_HPP

#include <trilith/core/executor.hpp>
#include <trilith/train/any_schedule.hpp>
#include <trilith/train/batches.hpp>
#include <trilith/train/batches_in_order.hpp>
#include <trilith/train/callback.hpp>
#include <trilith/train/training_reports.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace trilith {

/// What is done where the loss or the norm of the gradients is a spike.
enum class on_spike : std::uint8_t {
  skip,  ///< no update
  /// No update; weights and optimiser return to the last checkpoint of a multiple of
  /// checkpoint_every, and the rate is halved. The batches go on behind the spike. Before the first
  /// checkpoint: skip.
  roll_back,
};

/// What a model is trained on. Views; the token files behind them outlive the trainer.
struct training_data {
  batches train;  ///< its options are the run's batch, length and seed
  const batches_in_order* validation = nullptr;
};

}  // namespace trilith

namespace trilith::inline TRILITH_ABI {

/// How a model is trained. Nothing is written where no path is given.
///
///     tl::train_options options{.steps = 20'000, .micro_batch = 8};
///     options.schedule = tl::cosine{.warmup = 200};
///     options.checkpoint_every = 500;
///     options.checkpoints = "run/checkpoints";
///     options.resume = true;
struct train_options {
  std::uint64_t steps = 1000;   ///< of the whole run, also where it is resumed
  std::size_t micro_batch = 0;  ///< rows of a batch at once, for less memory; 0: all
  any_schedule schedule = two_stage{};
  double clip = 1.0;           ///< the largest norm of the gradients; 0: any
  bool loss_scaling = false;   ///< see loss_scale; f32 and bf16 need none
  double spike_threshold = 0;  ///< z, at most 11.2, see spike_detector; 0: no spikes
  on_spike at_spikes = on_spike::skip;
  std::uint64_t last_stage = 0;  ///< steps before the last stage of a staged_block; 0: all are it
  std::uint64_t lambda_warmup = 0;  ///< n: step s is quantised by lambda = min((s + 1) / n, 1)

  std::uint64_t validate_every = 0;    ///< steps; 0: at the end alone
  std::size_t validation_batches = 0;  ///< the first so many; 0: all

  std::uint64_t checkpoint_every = 0;  ///< steps; 0: at the end alone
  std::string checkpoints = {};        ///< directory, made where it is absent
  std::size_t keep_last = 3;           ///< older checkpoints are removed; 0: none is
  /// Goes on from the newest good checkpoint, or begins where there is none. Without it a directory
  /// with checkpoints is refused.
  bool resume = false;

  std::string log = {};    ///< CSV file, a row a step; a resumed run cuts and continues it
  std::string curve = {};  ///< SVG file, drawn anew at validations, checkpoints and the end

  executor threads = {};  ///< for clipping and updates; the learner has its own
  callback<void(const training_event&)> on_event = {};
  callback<bool()> stop = {};  ///< asked after each step; true ends the run with a checkpoint
};

/// Whether a spike may end in a rollback.
[[nodiscard]] constexpr bool rolls_back(const train_options& o) noexcept {
  return o.spike_threshold > 0 && o.at_spikes == on_spike::roll_back;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
