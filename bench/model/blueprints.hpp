#ifndef TRILITH_BENCH_MODEL_BLUEPRINTS_HPP
#define TRILITH_BENCH_MODEL_BLUEPRINTS_HPP

#include "measured.hpp"

#include <memory>
#include <string>

namespace bench {

using ternary_scheme =
    trilith::scheme<trilith::weights::ternary<>, trilith::activations::int8<>, timed>;

/// The block of the BitNet family, with clocks.
template <class Gate>
using measured_block = trilith::transformer_block<
    trilith::rms_norm<>,
    measured<trilith::attention<ternary_scheme, trilith::sub_norm<>>, part::attention,
             part::attention_products>,
    measured<trilith::gated_ffn<ternary_scheme, Gate, trilith::sub_norm<>>, part::ffn,
             part::ffn_products>>;

using int8_head = trilith::tied_head<trilith::weights::int8<>, trilith::activations::int8<>, timed>;
using bf16_head = trilith::tied_head<trilith::weights::bf16, trilith::activations::f32, timed>;

template <class Gate, class Head>
using measured_decoder = trilith::decoder<measured_block<Gate>, Head>;

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
