#ifndef TRILITH_KV_CODED_ROW_HPP
#define TRILITH_KV_CODED_ROW_HPP

#include <trilith/core/half.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/kv/code_units.hpp>
#include <trilith/kv/jobs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// One head's key or value x: [head_dim] of one position in B bits, unsigned, with a scale of its
/// own:
///
///     h = half(max|x| / 2^B)     c_i = clip(floor(x_i / 2h) + 2^(B-1), 0, 2^B - 1)
///     x_i ~ h (2 c_i + 1 - 2^B)
///
/// The 2^B values lie around zero, none on it, with half a step to either end; docs/decisions.md
/// says why.
template <std::size_t B>
struct coded_row {
  using unit = code_unit<B>;
  static constexpr float middle = static_cast<float>(std::size_t{1} << (B - 1));
  static constexpr float largest = 65504.0f;  ///< of h

  /// The scale, a binary16, then units of 16 codes; the last is filled up.
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t head_dim) noexcept {
    return sizeof(float16) + ceil_div(head_dim, unit::codes) * unit::bytes;
  }
  /// Where NaN is among them all become 0, beyond 65504 * 2^B magnitudes are clipped.
  static void put(const float* x, std::size_t n, unsigned char* to) noexcept {
    encode(x, n, to, [to](std::size_t u, std::size_t b) noexcept {
      return to + sizeof(float16) + u * unit::bytes + b;
    });
  }
  [[nodiscard]] static float get(const unsigned char* from, std::size_t i) noexcept {
    const unsigned char* const codes = from + sizeof(float16) + i / unit::codes * unit::bytes;
    return decode(from,
                  unit::get([codes](std::size_t b) noexcept { return codes[b]; }, i % unit::codes));
  }

  /// Sixteen rows, lane by lane: the scales, then units 0, then units 1 ..., their words side by
  /// side.
  [[nodiscard]] static constexpr std::size_t tile_bytes(std::size_t head_dim) noexcept {
    return key_tile * bytes(head_dim);
  }
  static void put_lane(const float* x, std::size_t n, unsigned char* tile,
                       std::size_t lane) noexcept {
    encode(x, n, tile + lane * sizeof(float16),
           [tile, lane](std::size_t u, std::size_t b) noexcept {
             return unit_of_tile(tile, u) + unit::side_by_side(b, lane);
           });
  }
  [[nodiscard]] static float get_lane(const unsigned char* tile, std::size_t lane,
                                      std::size_t i) noexcept {
    const auto* const codes = unit_of_tile(const_cast<unsigned char*>(tile), i / unit::codes);
    return decode(
        tile + lane * sizeof(float16),
        unit::get([&](std::size_t b) noexcept { return codes[unit::side_by_side(b, lane)]; },
                  i % unit::codes));
  }

 private:
  [[nodiscard]] static unsigned char* unit_of_tile(unsigned char* tile, std::size_t u) noexcept {
    return tile + key_tile * (sizeof(float16) + u * unit::bytes);
  }
  /// place(u, b) is where byte b of unit u belongs.
  template <class Place>
  TRILITH_EXACT_FLOAT static void encode(const float* x, std::size_t n, unsigned char* scale,
                                         const Place& place) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float top = absmax(x, n) / (2 * middle);
    const float16 half = to_float16(top == top ? min_of(top, largest) : 0.0f);
    __builtin_memcpy(scale, &half, sizeof half);
    const float step = 2 * to_float(half), inverse = step > 0 ? 1 / step : 0.0f;
    for (std::size_t first = 0; first < n; first += unit::codes) {
      std::uint8_t codes[unit::codes] = {};
      for (std::size_t i = first; i < min_of(first + unit::codes, n); ++i)
        codes[i - first] = code_of(x[i] * inverse + middle);
      unit::pack(codes, [&](std::size_t b, unsigned char value) noexcept {
        *place(first / unit::codes, b) = value;
      });
    }
  }
  TRILITH_EXACT_FLOAT [[nodiscard]] static float decode(const unsigned char* scale,
                                                        unsigned c) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float16 half;
    __builtin_memcpy(&half, scale, sizeof half);
    return to_float(half) * (static_cast<float>(2 * c + 1) - 2 * middle);
  }
  /// floor(v) in range; NaN takes the lowest.
  [[nodiscard]] static std::uint8_t code_of(float v) noexcept {
    constexpr float most = 2 * middle - 1;
    return static_cast<std::uint8_t>(v > 0.0f ? (v < most ? v : most) : 0.0f);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
