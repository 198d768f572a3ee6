#ifndef TRILITH_MODEL_INITIALIZE_HPP
#define TRILITH_MODEL_INITIALIZE_HPP

#include <trilith/core/random.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {
struct randomize {
  std::uint64_t seed;
  float deviation;
  std::uint64_t tensor = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    if constexpr (std::is_same_v<Tensor, parameter_vector>)
      for (float& gain : t.values) gain = 1.0f;
    else
      for (std::size_t i = 0; i < t.elements.size(); ++i) t.elements[i] = draw(i);
    if constexpr (requires { t.start_scales(); }) t.start_scales();
    ++tensor;
  }
  /// The sum of four uniform numbers, which has variance 1/3: close enough to a Gaussian here.
  [[nodiscard]] float draw(std::uint64_t i) const noexcept {
    float sum = -2.0f;
    for (const std::uint32_t word : philox(seed, tensor, i))
      sum += static_cast<float>(word >> 8) * 0x1p-24f;
    return sum * deviation * 1.7320508f;
  }
};
}  // namespace detail

/// Fills float parameters with random weights of this standard deviation, and gains with 1. The
/// same seed gives the same weights everywhere.
template <Realisation Model>
  requires(HasFloats<Model>)
void fill_random(Model& model, std::uint64_t seed, float deviation = 0.02f) {
  detail::randomize visit{seed, deviation};
  fields::walk<typename Model::blueprint>(visit, model.parameters);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
