// expect: this layer has no backward pass; specialise trilith::trainable for it
#include <trilith/train/training_pass.hpp>
#include <trilith/trilith.hpp>

namespace tl = trilith;

using scheme = tl::presets::b1_58_scheme;
/// A layer of a program's own, which runs but has no backward pass.
struct own_ffn : tl::gated_ffn<scheme> {};

#if defined(TRILITH_FAIL)
using ffn = own_ffn;
#else
using ffn = tl::gated_ffn<scheme>;
#endif
using blueprint = tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<scheme>, ffn>,
                              tl::tied_head<tl::weights::f32>>;
void f(tl::training_pass<tl::latent<blueprint>>& pass, const tl::token_batch& batch) {
  (void)pass.add_gradients(batch, 1.0f);
}
