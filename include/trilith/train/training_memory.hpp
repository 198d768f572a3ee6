#ifndef TRILITH_TRAIN_TRAINING_MEMORY_HPP
#define TRILITH_TRAIN_TRAINING_MEMORY_HPP

#include <trilith/core/text.hpp>
#include <trilith/train/learner.hpp>
#include <trilith/train/training_checkpoint.hpp>
#include <trilith/train/training_state.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::inline TRILITH_ABI::detail {

/// What a checkpoint holds beside weights and the optimiser's states: what the learner remembers,
/// and the rings of the detectors.
template <Learner L>
void add_memory(L& learner, training_state& state, std::vector<checkpoint_tensor>& out) {
  const auto add = [&](std::string name, std::span<float> x) {
    out.push_back({std::move(name), {x.size()}, x});
  };
  if constexpr (RememberingLearner<L>)
    learner.for_each_memory(
        [&](std::string_view name, std::span<float> x) { add(join("/memory/", name), x); });
  state.visit_floats([&](std::string_view name, std::span<float> x) { add(std::string(name), x); });
}

/// The counters of a checkpoint. Errors: malformed where one is absent, or more than `steps` are
/// done.
[[nodiscard]] inline status read_counters(const training_checkpoint& file, std::uint64_t steps,
                                          training_state& out) {
  status good = done{};
  out.visit_numbers([&](std::string_view name, auto& x) {
    if (good) good = file.read(name, x);
  });
  if (good && out.step > steps)
    return error{errc::malformed, join(file.path(), ": expected at most ", steps,
                                       " steps done, found ", out.step, ".")};
  return good;
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
