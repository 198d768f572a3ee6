// expect: trilith::draw_latents\(\): what lies in front of ternary weights is known for
// rules::absmean
#include <trilith/adapt/draw_latents.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using weights = tl::weights::ternary<tl::rules::absmedian>;
#else
using weights = tl::weights::ternary<tl::rules::absmean>;
#endif
void f(const tl::packed_matrix<weights, tl::packing::bits2>& from,
       tl::plain_matrix<tl::weights::f32>& to) {
  tl::detail::draw_matrix(from, 1, 0, to);
}
