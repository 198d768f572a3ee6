// expect: weights that learn their scales need latent weights
#include <trilith/train/training_pass.hpp>
#include <trilith/trilith.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using weights = tl::weights::ternary<tl::rules::learned_step>;
#else
using weights = tl::weights::ternary<>;
#endif
using scheme = tl::scheme<weights, tl::activations::int8<>, tl::backends::automatic>;
using blueprint =
    tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<scheme>, tl::gated_ffn<scheme>>,
                tl::tied_head<tl::weights::f32>>;
void f(tl::training_pass<tl::latent<blueprint>, tl::ste::stochastic_rounding>& pass) {
  (void)pass.requantize();
}
