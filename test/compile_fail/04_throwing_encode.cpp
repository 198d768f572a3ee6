// expect: encode\(.*(must be noexcept|may throw|may not throw|not .?noexcept)
#include <trilith/trilith.hpp>

using namespace trilith;

struct mine : weights::ternary<> {
#if defined(TRILITH_FAIL)
  static std::int8_t encode(float, weights::calibration, std::uint64_t) { return 0; }
#else
  static std::int8_t encode(float, weights::calibration, std::uint64_t) noexcept { return 0; }
#endif
};
static_assert(weights::CodedWeights<mine>);
