#ifndef TRILITH_TRAIN_TRAINING_REPORTS_HPP
#define TRILITH_TRAIN_TRAINING_REPORTS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What a trainer tells of its work.
namespace trilith {

/// What became of a step's gradients. Its batch is used up in any case.
enum class step_outcome : std::uint8_t {
  updated,
  not_finite,   ///< left out by loss scaling
  spike,        ///< left out by a spike detector
  rolled_back,  ///< a spike; weights and optimiser are those of the last checkpoint again
};
[[nodiscard]] constexpr std::string_view name_of(step_outcome o) noexcept {
  switch (o) {
    case step_outcome::updated:
      return "updated";
    case step_outcome::not_finite:
      return "not_finite";
    case step_outcome::spike:
      return "spike";
    case step_outcome::rolled_back:
      return "rolled_back";
  }
  return "";
}

struct step_report {
  std::uint64_t step = 0;    ///< how many are done, this one included
  double loss = 0;           ///< mean over the step's tokens, nats
  double gradient_norm = 0;  ///< of all gradients together, before clipping
  double rate = 0;           ///< the optimiser's, with the schedule's and the rollbacks' factors
  double flipped_share = 0;  ///< of the codes, by this step's update
  double zero_share = 0;     ///< of the codes, after it
  double scale_drift = 1;    ///< geometric mean of scale / scale of the first step, after it
  double loss_z = 0;         ///< spike_detector::see(loss); NaN for the first 127 steps
  double norm_z = 0;         ///< the same of the norm
  step_outcome outcome = step_outcome::updated;
  double tokens_per_second = 0;  ///< without validation and checkpoints
  double seconds = 0;
};

/// How well the current codes predict the validation file.
struct validation_report {
  std::uint64_t step = 0;    ///< steps done; 0: not validated yet
  double bits_per_byte = 0;  ///< sum of -log2 p over its tokens / bytes of its text
  double perplexity = 0;     ///< exp(mean surprise of a token)
  std::uint64_t tokens = 0;  ///< scored
};

enum class training_moment : std::uint8_t {
  resumed,     ///< `text` is the checkpoint's path
  step,        ///< after each
  validation,  ///< after one
  checkpoint,  ///< written; `text` is its path
  remark,      ///< `text` is a sentence for people: a damaged checkpoint, a rollback
};

/// What an observer hears. Views: valid during the call.
struct training_event {
  training_moment what = training_moment::step;
  std::uint64_t steps = 0;           ///< of the whole run
  const step_report& last;           ///< the last step; its number is 0 before the first
  const validation_report& checked;  ///< the last validation
  std::string_view text = {};
};

/// What train() did.
struct training_summary {
  step_report last;
  validation_report validation;
  std::uint64_t steps_run = 0;      ///< in this call
  std::uint64_t steps_left = 0;     ///< above 0 where it was stopped
  std::uint64_t steps_skipped = 0;  ///< in this call: those without an update
  double seconds = 0;               ///< of the steps of this call
  std::string checkpoint;           ///< the last one written or resumed from; empty: none
};

}  // namespace trilith

#endif
