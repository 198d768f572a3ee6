#ifndef TRILITH_BENCH_MODEL_BLUEPRINTS_HPP
#define TRILITH_BENCH_MODEL_BLUEPRINTS_HPP

#include "measured.hpp"

#include <memory>
#include <string>

namespace bench {

using ternary_scheme =
    trilith::scheme<trilith::weights::ternary<>, trilith::activations::int8<>, timed>;

/// BitNet a4.8: int4, but top_k before attention's output and int8 before the down projection.
using a4_scheme = ternary_scheme::with_activations<trilith::activations::int4<>>;
using a4_8_attention = a4_scheme::with_output<trilith::activations::top_k<50>>;
using a4_8_ffn = a4_scheme::with_output<trilith::activations::int8<>>;

/// The block of the BitNet family, with clocks.
template <class Gate, class Attention, class Ffn>
using measured_block = trilith::transformer_block<
    trilith::rms_norm<>,
    measured<trilith::attention<Attention, trilith::sub_norm<>>, part::attention,
             part::attention_products>,
    measured<trilith::gated_ffn<Ffn, Gate, trilith::sub_norm<>>, part::ffn, part::ffn_products>>;

using int8_head = trilith::tied_head<trilith::weights::int8<>, trilith::activations::int8<>, timed>;
using bf16_head = trilith::tied_head<trilith::weights::bf16, trilith::activations::f32, timed>;

template <class Gate, class Head, class Attention = ternary_scheme, class Ffn = Attention>
using measured_decoder = trilith::decoder<measured_block<Gate, Attention, Ffn>, Head>;

/// A model of random weights; the same seed gives the same model. Cost: a second a gigabyte.
template <class Blueprint, class Packing>
[[nodiscard]] std::unique_ptr<trilith::packed<Blueprint, Packing>> random_model(
    const trilith::shape& sizes, const trilith::settings& numbers = {}) {
  auto out = std::make_unique<trilith::packed<Blueprint, Packing>>(sizes, numbers);
  fill_parameters visit;
  trilith::fields::walk<Blueprint>(visit, out->parameters);
  return out;
}

}  // namespace bench

#endif
