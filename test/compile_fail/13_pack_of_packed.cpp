// expect: HasFloats<
#include <trilith/trilith.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using model = tl::packed<tl::presets::b1_58<>>;
#else
using model = tl::latent<tl::presets::b1_58<>>;
#endif
auto f(const model& m) {
  return tl::pack(m);
}
