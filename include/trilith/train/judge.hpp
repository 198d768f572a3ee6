#ifndef TRILITH_TRAIN_JUDGE_HPP
#define TRILITH_TRAIN_JUDGE_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>
#include <trilith/train/gradients.hpp>
#include <trilith/train/train_options.hpp>
#include <trilith/train/training_state.hpp>

#include <string_view>

namespace trilith::inline TRILITH_ABI::detail {

[[nodiscard]] inline error not_finite(std::string_view what, const step_report& at) {
  return {errc::invalid_value,
          join("training: step ", at.step, ": expected ", what,
               " to be finite, found infinity or NaN; the weights are those of step ", at.step - 1,
               ". A lower rate or a longer warm-up may help.")};
}

/// Divides gradients by the loss scale; where they are not finite, the step is left out. Error: the
/// scale was as low as it goes, so that it is not what made them so.
template <class Gradients>
[[nodiscard]] status unscale(const train_options& o, training_state& state, Gradients& gradients,
                             step_report& out) {
  const float before = state.scale.factor;
  if (state.scale.take(gradients, o.threads)) return done{};
  out.outcome = step_outcome::not_finite;
  out.gradient_norm = out.loss_z = out.norm_z = __builtin_nan("");
  return state.scale.factor < before ? status(done{}) : not_finite("the gradients", out);
}

/// What the spike detectors say to a step with a finite loss and norm.
inline void look_for_spikes(double most, training_state& state, step_report& out) {
  out.loss_z = state.of_loss.see(static_cast<float>(out.loss));
  out.norm_z = state.of_norm.see(static_cast<float>(out.gradient_norm));
  if (most > 0 && (out.loss_z > most || out.norm_z > most)) out.outcome = step_outcome::spike;
}

/// What becomes of a step with this loss and these gradients, which are scaled back and clipped.
/// Error: invalid_value where they are not finite and loss scaling does not explain it.
template <class Gradients>
[[nodiscard]] status judge(const train_options& o, training_state& state, Gradients& gradients,
                           step_report& out) {
  if (o.loss_scaling)
    if (status good = unscale(o, state, gradients, out);
        !good || out.outcome == step_outcome::not_finite)
      return good;
  out.gradient_norm = norm_after_clipping(gradients, o.clip, o.threads);
  if (out.loss - out.loss != 0) return not_finite("the loss", out);
  if (out.gradient_norm - out.gradient_norm != 0) return not_finite("the gradients", out);
  look_for_spikes(o.spike_threshold, state, out);
  return done{};
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
