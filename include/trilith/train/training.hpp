#ifndef TRILITH_TRAIN_TRAINING_HPP
#define TRILITH_TRAIN_TRAINING_HPP

#include <trilith/train/checkpoint_directory.hpp>
#include <trilith/train/trainer.hpp>
#include <trilith/train/training_record.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// A trainer with its files.
template <Learner L, Optimiser O>
class training_run {
 public:
  training_run(trainer<L, O>& t, const training_data& data, const train_options& options)
      : trainer_(t), data_(data), options_(options) {}

  [[nodiscard]] result<training_summary> run() {
    if (status good = open(); !good) return std::move(good).error();
    bool is_stopped = false;
    while (!trainer_.is_done() && !is_stopped) {
      if (status good = advance(); !good) return std::move(good).error();
      is_stopped = options_.stop && options_.stop();
      const bool is_last = trainer_.is_done() || is_stopped;
      if (is_last || is_due(options_.checkpoint_every))
        if (status good = save(); !good) return std::move(good).error();
      if (is_last || is_due(options_.checkpoint_every) || is_due(options_.validate_every))
        if (status good = record_.draw(); !good) return std::move(good).error();
    }
    out_.steps_left = options_.steps - trainer_.steps_done();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool has_directory() const noexcept { return !directory_.empty(); }
  [[nodiscard]] bool is_due(std::uint64_t every) const noexcept {
    return every != 0 && trainer_.steps_done() % every == 0;
  }
  void tell(training_moment what, std::string_view text = {}) const {
    if (options_.on_event)
      options_.on_event({what, options_.steps, out_.last, out_.validation, text});
  }

  [[nodiscard]] status open() {
    if (!options_.checkpoints.empty()) {
      auto directory = checkpoint_directory::open(options_.checkpoints);
      if (!directory) return std::move(directory).error();
      directory_.push_back(std::move(directory).value());
      if (status good = options_.resume ? resume() : expect_none(); !good) return good;
    }
    auto record = training_record::open(options_.log, options_.curve, trainer_.steps_done());
    if (!record) return std::move(record).error();
    record_ = std::move(record).value();
    return done{};
  }
  [[nodiscard]] status expect_none() const {
    const std::vector<found_checkpoint> all = directory_[0].list();
    if (all.empty()) return done{};
    return error{errc::invalid_argument,
                 join(options_.checkpoints, ": expected no checkpoints for a new run, found ",
                      all[0].path, "; set resume to go on from it, or name another directory.")};
  }

  /// Calls use(checkpoint) with the newest undamaged one of those that is_wanted(step). Of damaged
  /// ones people are told; where all are damaged, the newest one's error is returned.
  template <class IsWanted, class Use>
  [[nodiscard]] status with_newest(IsWanted is_wanted, Use use) {
    status outcome = done{};
    for (const found_checkpoint& found : directory_[0].list()) {
      if (!is_wanted(found.step)) continue;
      auto file = training_checkpoint::open(found.path);
      if (file) return use(*file);
      if (file.error().code != errc::malformed && file.error().code != errc::truncated)
        return std::move(file).error();
      tell(training_moment::remark,
           join(file.error().message, " The one before it is used, where there is one."));
      if (outcome) outcome = std::move(file).error();
    }
    return outcome;
  }
  [[nodiscard]] status resume() {
    return with_newest([](std::uint64_t) { return true; },
                       [this](const training_checkpoint& file) {
                         status good = trainer_.restore(file);
                         if (!good) return good;
                         out_.last.step = trainer_.steps_done();
                         out_.checkpoint = file.path();
                         tell(training_moment::resumed, out_.checkpoint);
                         return good;
                       });
  }

  [[nodiscard]] status advance() {
    auto report = trainer_.step();
    if (!report) return with_checkpoint(report.error());
    out_.last = *report;
    if (out_.last.outcome == step_outcome::spike && rolls_back(options_))
      if (status good = roll_back(); !good) return good;
    ++out_.steps_run;
    out_.steps_skipped += out_.last.outcome != step_outcome::updated;
    out_.seconds += out_.last.seconds;
    const bool is_checked =
        data_.validation != nullptr && (trainer_.is_done() || is_due(options_.validate_every));
    if (is_checked) out_.validation = trainer_.validate();
    if (status good = record_.add(out_.last, is_checked ? &out_.validation : nullptr); !good)
      return good;
    tell(training_moment::step);
    if (is_checked) tell(training_moment::validation);
    return done{};
  }
  [[nodiscard]] error with_checkpoint(error why) const {
    if (!out_.checkpoint.empty())
      why.message += join(" The last checkpoint is ", out_.checkpoint, ".");
    return why;
  }
  /// To a checkpoint that an uninterrupted run would have, too: not to one that a stop has left.
  [[nodiscard]] status roll_back() {
    return with_newest(
        [this](std::uint64_t step) {
          return step % options_.checkpoint_every == 0 && step < out_.last.step;
        },
        [this](const training_checkpoint& file) {
          status good = trainer_.roll_back(file, out_.last);
          if (good)
            tell(training_moment::remark, join("step ", out_.last.step, ": a spike; back to ",
                                               file.path(), " with half the rate."));
          return good;
        });
  }

  /// The log first, so that it has all rows of every checkpoint.
  [[nodiscard]] status save() {
    if (status good = record_.sync(); !good) return good;
    if (!has_directory()) return done{};
    const std::string path = directory_[0].path_of(trainer_.steps_done());
    if (status good = trainer_.save(path); !good) return with_checkpoint(std::move(good).error());
    out_.checkpoint = path;
    directory_[0].prune(options_.keep_last, rolls_back(options_) ? options_.checkpoint_every : 0);
    tell(training_moment::checkpoint, path);
    return done{};
  }

  trainer<L, O>& trainer_;
  const training_data& data_;
  const train_options& options_;
  std::vector<checkpoint_directory> directory_;  ///< at most one
  training_record record_;
  training_summary out_;
};

}  // namespace detail

/// Trains to the end, or until options.stop says so.
///
///     tl::train_options options{.steps = 20'000, .micro_batch = 8, .validate_every = 500};
///     options.checkpoint_every = 500;
///     options.checkpoints = "run";
///     options.resume = true;
///     auto done = tl::train(learner, {*train, &*validation}, tl::adamw{.rate = 1.5e-3}, options);
///     if (!done) return std::move(done).error();
///
/// With the same learner, data and options a run that was stopped or killed at any time and resumed
/// ends with the same weights and states to the last bit, and with the same log but for its times
/// (test/unit/train_training_resume.cpp, test/train_kill.py). The number of threads is free.
///
/// Errors: trainer's; io_failure where a checkpoint, the log or the curve cannot be written, after
/// which the last good checkpoint is there and the weights are in memory; mismatch for checkpoints
/// of another run or model. A damaged checkpoint is passed over for the one before it, with a
/// remark to options.on_event.
template <Learner L, Optimiser O>
[[nodiscard]] result<training_summary> train(L& learner, const training_data& data,
                                             const O& optimiser,
                                             const train_options& options = {}) {
  auto t = trainer<L, O>::make(learner, data, optimiser, options);
  if (!t) return std::move(t).error();
  return detail::training_run<L, O>(*t, data, options).run();
}

}  // namespace trilith::inline TRILITH_ABI

#endif
