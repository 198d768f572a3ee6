// expect: staged_block<First, Last>: both blocks need the same weights and layers
#include <trilith/model/presets.hpp>
#include <trilith/model/staged_block.hpp>

namespace tl = trilith;

template <class S>
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<S>, tl::gated_ffn<S>>;
using ternary = tl::presets::b1_58_scheme;
#if defined(TRILITH_FAIL)
using other = ternary::with_weights<tl::weights::int8<>>;
#else
using other = ternary::with_activations<tl::activations::int4<>>;
#endif
using both = tl::staged_block<block<ternary>, block<other>>;
static_assert(tl::Block<both> && sizeof(both) == 1);
