// expect: activations_kind.*norm_kind
#include <trilith/trilith.hpp>

using namespace trilith;

using part = attention<presets::b1_58_scheme>;
#if defined(TRILITH_FAIL)
using norm = activations::int8<>;
#else
using norm = rms_norm<>;
#endif
std::string name() {
  return transformer_block<norm, part, part>::name();
}
