// expect: encode\(.*(is invalid|would be invalid)
#include <trilith/trilith.hpp>

using namespace trilith;

struct mine {
  using policy_kind = weights_kind;
  using granularity = scale::per_row;
  using packing = packing::bits2;
  static constexpr std::string_view name = "mine";
  static constexpr int min_code = -1, max_code = 1, code_step = 1;
  static weights::calibration calibrate(const float*, std::size_t) noexcept { return {}; }
#if !defined(TRILITH_FAIL)
  static std::int8_t encode(float, weights::calibration, std::uint64_t) noexcept { return 0; }
#endif
};
static_assert(weights::CodedWeights<mine>);
