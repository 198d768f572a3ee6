// What policies promise at compile time: noexcept, constexpr round trips, who is chosen.
#include <trilith/trilith.hpp>

#include <array>
#include <type_traits>

using namespace trilith;

namespace {

// Everything a token passes through is noexcept.
constexpr float x[4] = {0.5f, -1.0f, 0.25f, 0.0f};
static_assert(noexcept(weights::ternary<>::calibrate(x, 4)));
static_assert(noexcept(weights::ternary<>::encode(1.0f, weights::calibration{}, 0)));
static_assert(noexcept(quantize<weights::ternary<>>(x)));
static_assert(noexcept(packing::unpack_row<packing::base3>(nullptr, 0, nullptr)));
static_assert(noexcept(activations::int8<>::quantize(x, nullptr, 0)));
static_assert(noexcept(rms_norm<>::apply(x, x, nullptr, 0, 1e-5f)));
static_assert(noexcept(rotary::half_split::turn(nullptr, x, x, 0)));

// The teaching lines.
static_assert(quantize<weights::ternary<>>({0.9f, -0.1f, -2.f}) == trits{1, 0, -1});
static_assert(quantize<weights::ternary<>>({0.9f, -0.1f, -2.f}) != trits{1, 1, -1});
static_assert(quantize<weights::binary<>>({0.9f, -0.1f, -2.f}) == trits{1, 1, -1});
static_assert(scale_of<weights::ternary<>>({0.9f, -0.1f, -2.f}) == 1.0f);
static_assert(scale_of<weights::ternary<rules::absmedian>>({0.9f, -0.1f, -2.f}) == 0.9f);
static_assert(scale_of<weights::ternary<rules::least_squares<>>>({1.0f, 0.0f, -3.0f}) == 2.0f);
static_assert(scale_of<weights::int8<>>({127.0f, -1.0f}) == 1.0f);

// A row packed and unpacked at compile time gives the codes back, whatever the length.
template <packing::Packing P, std::size_t N>
constexpr bool comes_back() {
  std::array<std::int8_t, N> codes{}, back{};
  for (std::size_t i = 0; i < N; ++i)
    codes[i] = static_cast<std::int8_t>(
        P::offset + P::step * static_cast<int>(i * 7 % 3 % (2 + (P::step == 1))));
  std::array<std::uint8_t, P::row_bytes(N)> bytes{};
  packing::pack_row<P>(codes.data(), N, bytes.data());
  packing::unpack_row<P>(bytes.data(), N, back.data());
  return codes == back;
}
template <packing::Packing P>
constexpr bool all_come_back =
    comes_back<P, 1>() && comes_back<P, 9>() && comes_back<P, 172>() && comes_back<P, 700>();
static_assert(all_come_back<packing::bits1> && all_come_back<packing::bits2> &&
              all_come_back<packing::base3> && all_come_back<packing::bits4> &&
              all_come_back<packing::bits8>);

// The golden vector of the b1.58 activation quantiser: 63.5 rounds to the even 64.
constexpr std::array<std::int8_t, 4> quantized = [] {
  std::array<std::int8_t, 4> q{};
  (void)activations::int8<>::quantize(x, q.data(), 4);
  return q;
}();
static_assert(quantized == std::array<std::int8_t, 4>{64, -127, 32, 0});

// A product at compile time: (1)(2) + (0)(3) + (-1)(4) = -2.
static_assert([] {
  const std::int8_t codes[3] = {1, 0, -1}, q[3] = {2, 3, 4};
  std::uint8_t row[packing::base3::row_bytes(3)] = {};
  packing::pack_row<packing::base3>(codes, 3, row);
  return backends::reference::dot<packing::base3>(row, 3, q);
}() == -2);

// `automatic` takes vectors for what is built in and plain loops for a packing of a user's own.
struct four_trits : packing::planar<4> {
  using policy_kind = packing_kind;
  static constexpr std::string_view name = "four_trits";
  static constexpr int offset = -1, step = 1, max_code = 1;
  static constexpr std::uint8_t raw(std::uint8_t byte, std::size_t field) noexcept {
    return packing::bits2::raw(byte, field);
  }
  static constexpr std::uint8_t join(const std::array<std::uint8_t, 4>& raws) noexcept {
    return packing::bits2::join(raws);
  }
  static constexpr bool valid(std::uint8_t) noexcept { return true; }
};
static_assert(packing::Packing<four_trits>);
static_assert(all_come_back<four_trits>);
template <class F, class X, class Wanted>
constexpr bool takes = std::is_same_v<backends::chosen<F, X>, Wanted>;
static_assert(takes<packing::bits1, std::int8_t, backends::simd> &&
              takes<packing::bits2, std::int8_t, backends::simd> &&
              takes<packing::base3, std::int8_t, backends::simd> &&
              takes<packing::bits4, float, backends::simd> &&
              takes<packing::bits8, std::int8_t, backends::simd> &&
              takes<weights::f16, float, backends::simd>);
static_assert(takes<four_trits, std::int8_t, backends::portable> &&
              takes<four_trits, float, backends::portable>);
static_assert(!backends::supports<backends::simd, four_trits, std::int8_t>);
static_assert(!backends::supports<backends::portable, weights::f32, std::int8_t>);

// Which packing can hold which codes.
static_assert(packing::holds<packing::bits2, weights::ternary<>> &&
              packing::holds<packing::base3, weights::binary<>> &&
              packing::holds<packing::bits8, weights::int8<>>);
static_assert(!packing::holds<packing::bits1, weights::ternary<>> &&
              !packing::holds<packing::base3, weights::int8<>>);

// Integers meet codes; floats meet what is no code.
using int8 = activations::int8<>;
static_assert(
    std::is_same_v<activations_for<packed_matrix<weights::ternary<>, packing::bits2>, int8>, int8>);
static_assert(std::is_same_v<activations_for<plain_matrix<weights::f32>, int8>,
                             activations::dequantized<int8>>);
static_assert(std::is_same_v<activations_for<plain_matrix<weights::f32>, activations::f32>,
                             activations::f32>);

// A packing that cannot hold a scheme's codes leaves them in their own.
static_assert(std::is_same_v<storage::packed<packing::base3>::matrix<weights::int8<>>::packing,
                             packing::bits8>);
static_assert(std::is_same_v<storage::packed<packing::base3>::matrix<weights::ternary<>>::packing,
                             packing::base3>);

}  // namespace
