#ifndef TRILITH_TRAIN_TRAINER_HPP
#define TRILITH_TRAIN_TRAINER_HPP

#include <trilith/train/check_train_options.hpp>
#include <trilith/train/judge.hpp>
#include <trilith/train/learner.hpp>
#include <trilith/train/parameters.hpp>
#include <trilith/train/training_checkpoint.hpp>
#include <trilith/train/training_memory.hpp>
#include <trilith/train/training_state.hpp>
#include <trilith/train/training_text.hpp>
#include <trilith/train/validate.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::inline TRILITH_ABI {

/// Trains step by step, for loops of one's own; train() is the loop that most programs want. It
/// writes no file but where save() is called: of the options it uses those above validate_every.
///
///     auto t = tl::trainer<L, tl::adamw>::make(learner, {.train = *batches}, {}, {.steps = 100});
///     if (!t) return std::move(t).error();
///     while (!t->is_done())
///       if (auto report = t->step(); !report) return std::move(report).error();
///     t->save("run.safetensors");
///
/// A step takes micro-batch after micro-batch; then loss scaling, clipping, the spike detectors,
/// the optimiser, learner.after_update() and learner.requantize(). A step without an update uses up
/// its batch.
///
/// The learner outlives it, and stays where it is. Memory: the optimiser's states. Cost: the
/// learner's, and the optimiser's.
template <Learner L, Optimiser O>
class trainer {
 public:
  /// Makes the first step's codes. Error: invalid_argument for options that cannot be.
  [[nodiscard]] static result<trainer> make(L& learner, const training_data& data,
                                            const O& optimiser, const train_options& options) {
    if (status good = check(options, data); !good) return std::move(good).error();
    trainer out(learner, data, optimiser, options);
    out.requantize();
    return out;
  }

  [[nodiscard]] std::uint64_t steps_done() const noexcept { return state_.step; }
  [[nodiscard]] bool is_done() const noexcept { return state_.step >= options_.steps; }
  [[nodiscard]] const training_state& state() const noexcept { return state_; }

  /// The next step. Error: invalid_value for a loss or gradients that are not finite and that loss
  /// scaling does not explain; the weights are as before, and the step is not done.
  [[nodiscard]] result<step_report> step() {
    const double begin = TRILITH_IMPLEMENTED::monotonic_seconds();
    step_report out{.step = state_.step + 1};
    const loss_sums sums = gather();
    out.loss = sums.mean();
    if (status good = detail::judge(options_, state_, parameters_.gradients(), out); !good)
      return std::move(good).error();
    out.rate = rate_now();
    codes_.flipped = 0;
    const double lambda_before = lambda();
    const bool was_last_stage = is_last_stage();
    if (out.outcome == step_outcome::updated) update();
    ++state_.step;
    if (out.outcome == step_outcome::updated || lambda() != lambda_before ||
        is_last_stage() != was_last_stage)
      requantize();
    note_codes(out);
    out.seconds = TRILITH_IMPLEMENTED::monotonic_seconds() - begin;
    out.tokens_per_second = static_cast<double>(sums.tokens) / (out.seconds + 1e-9);
    return out;
  }

  /// With the current codes; only where there is validation data.
  [[nodiscard]] validation_report validate() {
    TRILITH_PRECONDITION(data_.validation != nullptr, "trainer::validate() without its data.");
    validation_report out =
        trilith::validate(*learner_, *data_.validation, options_.validation_batches);
    out.step = state_.step;
    return out;
  }

  /// Writes all that the next step depends on. Errors: save_training_checkpoint()'s.
  [[nodiscard]] status save(std::string_view path) {
    training_snapshot all = snapshot_of(state_);
    state_.visit_numbers(
        [&](std::string_view name, auto& x) { all.now.add(std::string(name), x); });
    return save_training_checkpoint(path, all);
  }
  /// Goes on from a checkpoint, bit for bit as if the run had not ended. After an error all is as
  /// it was. Errors: malformed for counters that cannot be, mismatch for another run or model.
  [[nodiscard]] status restore(const training_checkpoint& file) {
    training_state found = state_;
    const training_snapshot all = snapshot_of(found);
    if (status same = file.expect(all); !same) return same;
    if (status good = detail::read_counters(file, options_.steps, found); !good) return good;
    file.copy_to(all.tensors);
    state_ = found;
    requantize();
    codes_.flipped = 0;
    return done{};
  }
  /// Weights and optimiser become those of a checkpoint again, and the rate is halved; steps and
  /// batches go on. `report`, of the step before, is told. Errors: as restore().
  [[nodiscard]] status roll_back(const training_checkpoint& file, step_report& report) {
    training_state kept = state_;
    if (status good = restore(file); !good) return good;
    kept.updates = state_.updates;
    kept.rate_factor *= 0.5;
    state_ = kept;
    requantize();
    report.outcome = step_outcome::rolled_back;
    note_codes(report);
    return done{};
  }

 private:
  trainer(L& learner, const training_data& data, const O& optimiser, const train_options& options)
      : learner_(&learner),
        data_(data),
        options_(options),
        parameters_(optimiser, learner, options.threads.threads) {}

  [[nodiscard]] double lambda() const noexcept {
    return options_.lambda_warmup == 0 ? 1.0 : detail::warmed(state_.step, options_.lambda_warmup);
  }
  [[nodiscard]] bool is_last_stage() const noexcept { return state_.step >= options_.last_stage; }
  void requantize() {
    if constexpr (StagedLearner<L>) learner_->enter_stage(is_last_stage());
    codes_ = learner_->requantize(lambda());
  }
  void note_codes(step_report& out) const noexcept {
    out.flipped_share = codes_.flipped_share();
    out.zero_share = codes_.zero_share();
    out.scale_drift = codes_.scale_drift;
  }

  /// The gradients of the mean loss of the step's batch, times the loss scale.
  [[nodiscard]] loss_sums gather() {
    const auto [rows, length, seed] = data_.train.options();
    const std::size_t at_once = options_.micro_batch == 0 ? rows : options_.micro_batch;
    const double scale = options_.loss_scaling ? static_cast<double>(state_.scale.factor) : 1.0;
    const auto weight = static_cast<float>(scale / static_cast<double>(rows * length));
    learner_->zero_gradients();
    loss_sums sums;
    for (std::size_t first = 0; first < rows; first += at_once) {
      data_.train.read(state_.step, first, min_of(at_once, rows - first), micro_);
      sums += learner_->add_gradients(micro_, weight);
    }
    learner_->finish_gradients();
    return sums;
  }

  [[nodiscard]] double factor_now() const noexcept {
    return options_.schedule.rate(state_.step, options_.steps) * state_.rate_factor;
  }
  /// The rate itself, where the optimiser names one; else the factor.
  [[nodiscard]] double rate_now() const noexcept {
    if constexpr (requires(const O& o) { static_cast<double>(o.rate); })
      return parameters_.optimiser().rate * factor_now();
    else
      return factor_now();
  }
  void update() {
    const double decay = options_.schedule.decay(state_.step, options_.steps);
    parameters_.update({state_.updates, factor_now(), decay}, options_.threads);
    ++state_.updates;
    learner_->after_update(data_.train.options().seed, state_.step);
  }

  /// With the rings of `s`.
  [[nodiscard]] training_snapshot snapshot_of(training_state& s) {
    training_snapshot out;
    describe_run(parameters_.optimiser(), options_, data_, out.run);
    parameters_.visit(out.tensors);
    detail::add_memory(*learner_, s, out.tensors);
    return out;
  }

  L* learner_;
  training_data data_;
  train_options options_;
  parameters<O> parameters_;
  training_state state_{};
  code_statistics codes_{};
  token_batch micro_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
