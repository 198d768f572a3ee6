// expect: ste::clipped<Numerator, Denominator>: the bound must be positive
#include <trilith/train/straight_through.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using estimator = tl::ste::clipped<0>;
#else
using estimator = tl::ste::clipped<1, 1>;
#endif
static_assert(estimator::slope(0.5f) == 1.0f);
