#ifndef TRILITH_EXAMPLES_FLOAT_TELLER_HPP
#define TRILITH_EXAMPLES_FLOAT_TELLER_HPP

#include <trilith/adapt/svf_matrices.hpp>
#include <trilith/model/adopt.hpp>
#include <trilith/model/convert.hpp>

#include "shipped_teller.hpp"

/// The shipped model with its trits as floats: what changes of weights are trained on that shall
/// not go through a quantiser.
namespace float_teller_detail {
namespace tl = trilith;
using scheme = tl::presets::b1_58_scheme::with_weights<tl::weights::f32>;
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<scheme, tl::sub_norm<>>,
                                    tl::gated_ffn<scheme, tl::relu_squared, tl::sub_norm<>>>;
}  // namespace float_teller_detail
using float_blueprint = trilith::decoder<float_teller_detail::block, trilith::presets::int8_head>;
using float_teller = trilith::latent<float_blueprint>;

inline float_teller make_float_teller(const shipped_teller& m) {
  return trilith::adopt<float_teller>(trilith::dequantize(m.model)).value();
}

#endif
