// expect: activations_kind.*weights_kind
#include <trilith/trilith.hpp>

using namespace trilith;

#if defined(TRILITH_FAIL)
using mine = scheme<activations::int8<>, weights::ternary<>, backends::automatic>;
#else
using mine = scheme<weights::ternary<>, activations::int8<>, backends::automatic>;
#endif
std::string name() {
  return mine::name();
}
