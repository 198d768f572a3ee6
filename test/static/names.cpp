// The concepts accept what they should and refuse the rest; policies are empty; names are stable,
// since checkpoints carry them.
#include <trilith/activations/f8.hpp>
#include <trilith/activations/fp4.hpp>
#include <trilith/backends/lut.hpp>
#include <trilith/trilith.hpp>

#include <type_traits>

namespace tl = trilith;
using namespace trilith;

namespace {

template <class Policy>
inline constexpr bool is_policy =
    std::is_empty_v<Policy> && std::is_trivially_copyable_v<Policy> &&
    std::is_trivially_default_constructible_v<Policy> && !std::is_polymorphic_v<Policy>;

template <class... Policies>
inline constexpr bool are_policies = (is_policy<Policies> && ...);

static_assert(are_policies<weights::ternary<>, weights::binary<>, weights::int8<>, weights::f32,
                           weights::f16, weights::bf16>);
static_assert(are_policies<rules::absmean, rules::absmean_reciprocal, rules::absmedian,
                           rules::threshold<>, rules::least_squares<>>);
static_assert(are_policies<rounding::nearest_even, rounding::stochastic<7>, scale::per_tensor,
                           scale::per_row, scale::per_group<128>>);
static_assert(
    are_policies<packing::bits1, packing::bits2, packing::base3, packing::bits4, packing::bits8>);
static_assert(are_policies<activations::f32, activations::bf16, activations::int8<>,
                           activations::int8<activations::absmean_range>,
                           activations::dequantized<activations::int8<>>>);
static_assert(are_policies<activations::int4<>, activations::fp4, activations::mxfp4,
                           activations::f8<>, activations::f8<activations::e5m2>,
                           activations::top_k<50>, activations::hadamard<activations::int4<>>,
                           activations::dequantized<activations::hadamard<>>>);
static_assert(are_policies<backends::reference, backends::portable, backends::lut, backends::simd,
                           backends::automatic>);
static_assert(are_policies<rms_norm<>, sub_norm<>, layer_norm, no_norm, silu, relu_squared,
                           rotary::half_split, rotary::interleaved>);
static_assert(is_policy<scheme<weights::ternary<>, activations::int8<>, backends::portable>>);

// Every family's concept takes its own policies and no other's.
static_assert(weights::CodedWeights<weights::ternary<>> &&
              weights::CodedWeights<weights::binary<>> && weights::CodedWeights<weights::int8<>> &&
              !weights::PlainWeights<weights::int8<>>);
static_assert(weights::PlainWeights<weights::bf16> && !weights::CodedWeights<weights::bf16>);
static_assert(!weights::Weights<activations::f32> && !weights::Weights<packing::bits2> &&
              !weights::Weights<int>);
static_assert(packing::Packing<packing::base3> && !packing::Packing<weights::ternary<>> &&
              !packing::Packing<packing::preferred>);
static_assert(activations::Activations<activations::bf16> &&
              !activations::Activations<weights::bf16>);
static_assert(rules::Rule<rules::absmedian> && !rules::Rule<scale::per_row>);
static_assert(scale::Granularity<scale::per_group<3>> && !scale::Granularity<rules::absmean>);
static_assert(rounding::Rounding<rounding::stochastic<>> && !rounding::Rounding<scale::per_row>);
static_assert(backends::Backend<backends::automatic> && !backends::Backend<activations::f32>);
static_assert(Norm<layer_norm> && !Norm<silu> && Gate<relu_squared> && !Gate<no_norm>);
static_assert(Rotary<rotary::interleaved> && !Rotary<silu>);

using ternary = scheme<weights::ternary<>, activations::int8<>, backends::automatic>;
using block = transformer_block<rms_norm<>, attention<ternary, sub_norm<>>, gated_ffn<ternary>>;
using blueprint = decoder<block, tied_head<weights::bf16>>;
static_assert(Scheme<ternary> && !Scheme<weights::ternary<>>);
static_assert(Layer<attention<ternary>> && Layer<gated_ffn<ternary>> && !Layer<block>);
static_assert(Block<block> && !Block<attention<ternary>> && !Block<blueprint>);
static_assert(Head<tied_head<weights::f16>> && Head<separate_head<weights::int8<>>> &&
              !Head<block>);
static_assert(Decoder<blueprint> && !Decoder<block>);
static_assert(Packed<packed<blueprint>> && Packed<packed<blueprint, packing::base3>> &&
              !Packed<dense<blueprint>>);
static_assert(Dense<dense<blueprint>> && !Dense<latent<blueprint>>);
static_assert(Latent<latent<blueprint>> && !Latent<packed<blueprint>>);
static_assert(!Realisation<blueprint>);

static_assert(weights::ternary<>::name == "ternary<absmean,per_tensor,nearest_even>");
static_assert(weights::ternary<rules::least_squares<rules::absmedian>, scale::per_group<128>,
                               rounding::stochastic<42>>::name ==
              "ternary<least_squares<absmedian>,per_group<128>,stochastic<42>>");
static_assert(weights::ternary<rules::threshold<7, 10>, scale::per_row>::name ==
              "ternary<threshold<7/10>,per_row,nearest_even>");
static_assert(weights::binary<>::name == "binary<per_tensor>");
static_assert(weights::int8<>::name == "int8<per_row>");
static_assert(activations::int8<>::name == "int8<absmax>");
static_assert(activations::int8<activations::absmean_range>::name == "int8<absmean>");
static_assert(activations::top_k<50>::name == "top_k<50,int8<absmax>>");
static_assert(activations::hadamard<activations::int4<>>::name == "hadamard<int4<absmean>>");
static_assert(activations::f8<>::name == "f8<e4m3>" && activations::mxfp4::name == "mxfp4");
static_assert(packing::base3::name == "base3" && backends::automatic::name == "automatic");
static_assert(
    std::is_same_v<ternary::with_weights<weights::binary<>>::weights, weights::binary<>> &&
    std::is_same_v<ternary::with_activations<activations::f32>::activations, activations::f32> &&
    std::is_same_v<ternary::with_backend<backends::simd>::backend, backends::simd>);
using a4_8 = ternary::with_activations<activations::int4<>>::with_output<activations::top_k<50>>;
static_assert(std::is_same_v<ternary::output, ternary> && Scheme<a4_8> && Scheme<a4_8::output> &&
              std::is_same_v<a4_8::activations, activations::int4<>> &&
              std::is_same_v<a4_8::output::activations, activations::top_k<50>> &&
              std::is_same_v<a4_8::with_backend<backends::simd>::output::activations,
                             activations::top_k<50>>);

}  // namespace
