// expect: (satisfaction of|does not satisfy) .Packed
#include <trilith/trilith.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using model = tl::dense<tl::presets::b1_58<>>;
#else
using model = tl::packed<tl::presets::b1_58<>>;
#endif
auto f(const model& m) {
  return tl::dequantize(m);
}
