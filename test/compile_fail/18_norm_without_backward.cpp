// expect: this norm has no backward\(x, gain, dy, dx, dgain, n, eps\); add it beside apply\(\)
#include <trilith/train/training_pass.hpp>
#include <trilith/trilith.hpp>

namespace tl = trilith;

/// y = x / 2
struct halves {
  using policy_kind = tl::norm_kind;
  static constexpr std::string_view name = "halves";
  static constexpr bool has_gain = false, is_identity = false;
  static void apply(const float* x, const float*, float* y, std::size_t n, float) noexcept {
    for (std::size_t i = 0; i < n; ++i) y[i] = x[i] / 2;
  }
#if !defined(TRILITH_FAIL)
  static void backward(const float*, const float*, const float* dy, float* dx, float*,
                       std::size_t n, float) noexcept {
    for (std::size_t i = 0; i < n; ++i) dx[i] = dy[i] / 2;
  }
#endif
};

using scheme = tl::presets::b1_58_scheme;
using blueprint =
    tl::decoder<tl::transformer_block<halves, tl::attention<scheme>, tl::gated_ffn<scheme>>,
                tl::tied_head<tl::weights::f32>>;
void f(tl::training_pass<tl::latent<blueprint>>& pass, const tl::token_batch& batch) {
  (void)pass.add_gradients(batch, 1.0f);
}
