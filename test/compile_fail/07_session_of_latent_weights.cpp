// expect: latent weights do not run as they are: call trilith::pack\(\) first
#include <trilith/trilith.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using model = tl::latent<tl::presets::b1_58<>>;
#else
using model = tl::packed<tl::presets::b1_58<>>;
#endif
void f(tl::session<model>& s) {
  s.rewind(0, 0);
}
