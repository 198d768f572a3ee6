// expect: this packing cannot hold the codes of these weights; choose one whose range covers
#include <trilith/trilith.hpp>

using namespace trilith;

#if defined(TRILITH_FAIL)
using packing_of_mine = packing::bits1;
#else
using packing_of_mine = packing::base3;
#endif
packed_matrix<weights::ternary<>, packing_of_mine> matrix(1, 1);
