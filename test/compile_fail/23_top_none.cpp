// expect: activations::top_k<Percent, Inner>: Percent must be in \[1, 100\]
#include <trilith/activations/top_k.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using sparse = tl::activations::top_k<0>;
#else
using sparse = tl::activations::top_k<1>;
#endif
static_assert(sparse::bits == 8);
