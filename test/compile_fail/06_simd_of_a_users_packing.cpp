// expect: no kernel for these weights and activations; use backends::automatic or
#include <trilith/trilith.hpp>

using namespace trilith;

struct mine : packing::bits2 {};
#if defined(TRILITH_FAIL)
using backend = backends::simd;
#else
using backend = backends::automatic;
#endif
void f(bit_linear<scheme<weights::ternary<>, activations::int8<>, backend>, mine>& layer) {
  layer.forward({}, {});
}
