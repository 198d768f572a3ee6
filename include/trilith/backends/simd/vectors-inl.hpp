// A fragment of kernels-inl.hpp: the vectors that the other fragments speak of.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using u8_tag = hn::ScalableTag<std::uint8_t>;
using i8_tag = hn::ScalableTag<std::int8_t>;
using i16_tag = hn::ScalableTag<std::int16_t>;
using i32_tag = hn::ScalableTag<std::int32_t>;
using u8s = hn::Vec<u8_tag>;
using i8s = hn::Vec<i8_tag>;
using i16s = hn::Vec<i16_tag>;
using i32s = hn::Vec<i32_tag>;

inline constexpr std::size_t bytes_per_vector = HWY_LANES(std::uint8_t);
inline constexpr std::size_t plane = packing::plane_bytes;

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
