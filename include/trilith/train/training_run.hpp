#ifndef TRILITH_TRAIN_TRAINING_RUN_HPP
#define TRILITH_TRAIN_TRAINING_RUN_HPP

#include <trilith/train/checkpoint_directory.hpp>
#include <trilith/train/newest_checkpoint.hpp>
#include <trilith/train/trainer.hpp>
#include <trilith/train/training_record.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::inline TRILITH_ABI::detail {

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
      if (status good = options_.resume ? resume() : directory_[0].expect_none(); !good)
        return good;
    }
    auto record = training_record::open(options_.log, options_.curve, trainer_.steps_done());
    if (!record) return std::move(record).error();
    record_ = std::move(record).value();
    return done{};
  }
  [[nodiscard]] status resume() {
    const auto use = [this](const training_checkpoint& file) {
      if (status good = trainer_.restore(file); !good) return good;
      out_.last.step = trainer_.steps_done();
      out_.checkpoint = file.path();
      tell(training_moment::resumed, out_.checkpoint);
      return status(done{});
    };
    return with_newest_checkpoint(directory_[0].list(), use, [this](std::string_view text) {
      tell(training_moment::remark, text);
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
    std::vector<found_checkpoint> wanted;
    for (found_checkpoint& c : directory_[0].list())
      if (c.step % options_.checkpoint_every == 0 && c.step < out_.last.step)
        wanted.push_back(std::move(c));
    const auto use = [this](const training_checkpoint& file) {
      if (status good = trainer_.roll_back(file, out_.last); !good) return good;
      tell(training_moment::remark, join("step ", out_.last.step, ": a spike; back to ",
                                         file.path(), " with half the rate."));
      return status(done{});
    };
    return with_newest_checkpoint(
        wanted, use, [this](std::string_view text) { tell(training_moment::remark, text); });
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

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
