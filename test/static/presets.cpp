// Parameter counts of published models, from their descriptions alone.
#include <trilith/backends/reference.hpp>
#include <trilith/model/presets.hpp>

using namespace trilith;

namespace {

static_assert(parameter_count<presets::bitnet_b1_58_2b4t> == 2'412'820'480);
static_assert(coded_parameter_count<presets::bitnet_b1_58_2b4t> == 2'084'044'800);

/// Written out: L (4 D^2 + 3 D F) ternary, V D embedding, L (3 D + F) + D gains.
constexpr std::size_t ternary_of(std::size_t d, std::size_t f, std::size_t layers) {
  return layers * (4 * d * d + 3 * d * f);
}
constexpr std::size_t all_of(std::size_t d, std::size_t f, std::size_t layers, std::size_t vocab) {
  return ternary_of(d, f, layers) + vocab * d + layers * (3 * d + f) + d;
}
static_assert(coded_parameter_count<presets::b1_58_700m> == ternary_of(1536, 4096, 24));
static_assert(parameter_count<presets::b1_58_700m> == all_of(1536, 4096, 24, 32002));
static_assert(parameter_count<presets::b1_58_700m> == 728'842'752);
static_assert(parameter_count<presets::b1_58_1_3b> == all_of(2048, 5460, 24, 32002));
static_assert(parameter_count<presets::b1_58_3b> == all_of(3200, 8640, 26, 32002));
static_assert(coded_parameter_count<presets::b1_58_3b> == 3'221'504'000);

// Activations of few bits change no parameter.
static_assert(parameter_count<presets::a4_8<presets::b1_58_700m_shape>> ==
              parameter_count<presets::b1_58_700m>);
static_assert(parameter_count<presets::v2<activations::int4<>, presets::b1_58_3b_shape>> ==
              parameter_count<presets::b1_58_3b>);

// The configuration of the introductions: a head of its own beside the embedding.
static_assert(parameter_count<presets::b1_58_seed> ==
              all_of(4096, 11008, 32, 32000) + std::size_t{32000} * 4096);
static_assert(presets::seed_shape.head_dim * presets::seed_shape.heads == presets::seed_shape.dim);
static_assert(presets::seed_settings.norm_eps == 1e-6f);

// Norms without gains (all but the final one of b1) and dense weights count for what they are.
constexpr shape small{.dim = 64,
                      .ffn_dim = 160,
                      .layers = 2,
                      .heads = 4,
                      .kv_heads = 2,
                      .head_dim = 16,
                      .vocab = 100,
                      .context = 32};
constexpr std::size_t small_block = 2 * 64 * 64 + 2 * 32 * 64 + 3 * 64 * 160;
static_assert(parameter_count<presets::b1<small>> == 2 * small_block + 100 * 64 + 64);
static_assert(coded_parameter_count<presets::b1<small>> == 2 * small_block);
using small_llama = presets::llama_f32<rotary::half_split, tied_head<weights::f32>, small>;
static_assert(parameter_count<small_llama> == 2 * (small_block + 2 * 64) + 64 + 100 * 64);
static_assert(coded_parameter_count<small_llama> == 0);

// A blueprint takes no room, and carries a shape only where it is given one.
static_assert(std::is_empty_v<small_llama> && small_llama::sizes == small);
static_assert(presets::b1<>::sizes == shape{});
static_assert(std::is_same_v<presets::b1_58<>::with_backend<
                                 backends::reference>::block::with_backend<backends::automatic>,
                             presets::b1_58<>::block>);

}  // namespace
