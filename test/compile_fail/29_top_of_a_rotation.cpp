// expect: top_k<Percent, Inner>: Inner may not rotate
#include <trilith/activations/hadamard.hpp>
#include <trilith/activations/top_k.hpp>

namespace act = trilith::activations;

#if defined(TRILITH_FAIL)
using sparse = act::top_k<50, act::hadamard<>>;
#else
using sparse = act::hadamard<act::top_k<50>>;
#endif
static_assert(sparse::bits == 8);
