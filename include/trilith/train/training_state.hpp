#ifndef TRILITH_TRAIN_TRAINING_STATE_HPP
#define TRILITH_TRAIN_TRAINING_STATE_HPP

#include <trilith/train/loss_scale.hpp>
#include <trilith/train/spike_detector.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace trilith::inline TRILITH_ABI {

/// What a trainer remembers from step to step, beside weights and the optimiser's states.
struct training_state {
  std::uint64_t step = 0;     ///< steps done, whatever became of them
  std::uint64_t updates = 0;  ///< those with an update
  double rate_factor = 1;     ///< halved by each rollback
  loss_scale scale{};
  spike_detector of_loss{}, of_norm{};

  /// f(name, std::uint64_t& or double&): all numbers of a checkpoint.
  template <class F>
  void visit_numbers(F&& f) {
    auto good = static_cast<std::uint64_t>(scale.good_steps);
    auto factor = static_cast<double>(scale.factor);
    f(std::string_view("step"), step), f(std::string_view("updates"), updates);
    f(std::string_view("rate_factor"), rate_factor);
    f(std::string_view("loss_scale"), factor), f(std::string_view("loss_scale_good_steps"), good);
    f(std::string_view("losses_seen"), of_loss.seen);
    f(std::string_view("norms_seen"), of_norm.seen);
    scale.good_steps = static_cast<std::uint32_t>(good);
    scale.factor = static_cast<float>(factor);
  }
  /// f(name, span<float>): its tensors. No tensor of a model has a name that begins so.
  template <class F>
  void visit_floats(F&& f) {
    f(std::string_view("/losses"), std::span<float>(of_loss.ring));
    f(std::string_view("/norms"), std::span<float>(of_norm.ring));
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
