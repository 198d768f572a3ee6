// expect: this gate has no slope\(x\); add it beside of\(x\)
#include <trilith/train/training_pass.hpp>
#include <trilith/trilith.hpp>

namespace tl = trilith;

/// The identity: a bilinear unit.
struct bilinear {
  using policy_kind = tl::gate_kind;
  static constexpr std::string_view name = "bilinear";
  static constexpr float of(float x) noexcept { return x; }
#if !defined(TRILITH_FAIL)
  static constexpr float slope(float) noexcept { return 1.0f; }
#endif
};

using scheme = tl::presets::b1_58_scheme;
using blueprint = tl::decoder<
    tl::transformer_block<tl::rms_norm<>, tl::attention<scheme>, tl::gated_ffn<scheme, bilinear>>,
    tl::tied_head<tl::weights::f32>>;
void f(tl::training_pass<tl::latent<blueprint>>& pass, const tl::token_batch& batch) {
  (void)pass.add_gradients(batch, 1.0f);
}
