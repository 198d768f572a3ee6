#ifndef TRILITH_TRAIN_PARAMETERS_HPP
#define TRILITH_TRAIN_PARAMETERS_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/text.hpp>
#include <trilith/train/learner.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/training_checkpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// The tensors of a learner, each with an optimiser's state.
template <Optimiser O>
class parameters {
 public:
  template <Learner L>
  parameters(const O& optimiser, L& learner, std::size_t threads) : optimiser_(optimiser) {
    std::size_t floats = 0;
    learner.for_each_tensor(
        [&](const tensor_facts& facts, std::span<float> weights, std::span<float> gradient) {
          tensors_.push_back({facts, weights, typename O::state(optimiser_, facts)});
          gradients_.push_back(gradient);
          floats = max_of(floats, optimiser_.memory_floats(facts, threads));
        });
    memory_ = aligned_buffer<float>(floats);
  }

  [[nodiscard]] const O& optimiser() const noexcept { return optimiser_; }
  [[nodiscard]] std::vector<std::span<float>>& gradients() noexcept { return gradients_; }

  void update(const step_facts& at, const executor& threads) noexcept {
    for (std::size_t i = 0; i < tensors_.size(); ++i)
      optimiser_.update(tensors_[i].weights, gradients_[i], tensors_[i].state, at,
                        {threads, memory_.span()});
  }

  /// What a checkpoint holds: all weights, then all states: "head", "head/first_moment".
  void visit(std::vector<checkpoint_tensor>& out) {
    for (tensor& t : tensors_)
      out.push_back({std::string(t.facts.name), shape_of(t.facts), t.weights});
    for (tensor& t : tensors_)
      t.state.visit([&](std::string_view part, std::span<float> x) {
        out.push_back({join(t.facts.name, "/", part), {x.size()}, x});
        if (x.size() == t.weights.size()) out.back().shape = shape_of(t.facts);
      });
  }

 private:
  struct tensor {
    tensor_facts facts;
    std::span<float> weights;
    typename O::state state;
  };
  [[nodiscard]] static std::vector<std::uint64_t> shape_of(const tensor_facts& t) {
    if (t.what == role::vector) return {t.size()};
    return {t.rows, t.cols};
  }

  O optimiser_;
  std::vector<tensor> tensors_;
  std::vector<std::span<float>> gradients_;
  aligned_buffer<float> memory_;  ///< update_tools::memory
};

}  // namespace trilith::inline TRILITH_ABI

#endif
