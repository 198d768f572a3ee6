// expect: rules::threshold<Numerator, Denominator>: the ratio may not be negative
#include <trilith/weights/rules.hpp>

#if defined(TRILITH_FAIL)
constexpr int numerator = -1;
#else
constexpr int numerator = 1;
#endif
std::size_t length() {
  return trilith::rules::threshold<numerator, 2>::name.size();
}
