// expect: trilith::merge_ternary\(\): changes of trits are for ternary weights
#include <trilith/adapt/ternary_change.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/ternary.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
tl::packed_matrix<tl::weights::binary<>, tl::packing::bits1> w;
#else
tl::packed_matrix<tl::weights::ternary<>, tl::packing::bits2> w;
#endif
void f(const tl::ternary_change& change) {
  (void)tl::merge_ternary(w, change);
}
