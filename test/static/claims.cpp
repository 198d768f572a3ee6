// The sizes of published models in docs/claims.md, from their descriptions alone.
#include <trilith/backends/automatic.hpp>
#include <trilith/model/presets.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/sweep/static_facts.hpp>

using namespace trilith;

namespace {

template <class B>
constexpr std::size_t megabytes(const shape& s) {
  return (packed_bytes<B, packing::base3>(s) + 500'000) / 1'000'000;
}
static_assert(megabytes<presets::b1_58_700m>(presets::b1_58_700m_shape) == 235);
static_assert(megabytes<presets::b1_58_1_3b>(presets::b1_58_1_3b_shape) == 374);
static_assert(megabytes<presets::b1_58_3b>(presets::b1_58_3b_shape) == 851);

// log2(3) bits are the least that a trit takes: no layout comes below these.
static_assert(coded_parameter_count<presets::b1_58_700m> * 158 / 100 / 8 > 134'000'000);

}  // namespace
