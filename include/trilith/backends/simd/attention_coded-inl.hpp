// A fragment of kernels-inl.hpp: attention over keys and values of kv/coded.hpp, to the bits of
// its plain loops. Few queries multiply floats as they come out of the codes, many a block that was
// widened before.
#include <trilith/backends/simd/coded_values-inl.hpp>

#include <trilith/backends/simd/coded_units-inl.hpp>

#include <trilith/backends/simd/coded_rows-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The blocked order over rows of Format, a kv::coded.
template <class Format>
struct coded_order : fused_order {
  using element = unsigned char;
  static constexpr bool first_is_wider = Format::first_is_wider;
  static constexpr std::size_t bits = Format::bits;
  static HWY_INLINE std::size_t front(std::size_t n) { return Format::front(n); }
  static HWY_INLINE std::size_t key_width(std::size_t n) { return Format::row::bytes(n); }
  static HWY_INLINE std::size_t value_width(std::size_t n) { return Format::row::bytes(n); }

  using fused_order::mix, fused_order::score;
  template <std::size_t R, class Ahead>
  static HWY_INLINE void score(const query_rows<R>& rows, const element* keys, std::size_t n,
                               std::size_t count, float* scores, const Ahead& ahead) {
    const f32s scale = hn::Set(f32_tag{}, 1.0f / square_root(static_cast<float>(n)));
    score_rows<R, fused_sums>(rows, coded_keys<bits>(keys, n), count, scale, scores,
                              attention_block, ahead);
  }
  template <std::size_t R, class Ahead>
  static HWY_INLINE void mix(const element* values, std::size_t n, std::size_t count,
                             const float* p, const float* shrink, float* mixed, std::size_t width,
                             const Ahead& ahead) {
    mix_rows<R, fused_sums>(coded_rows<bits>(values, n), count, p, attention_block, shrink, mixed,
                            width, ahead);
  }

  static HWY_INLINE void widen_keys(const element* from, std::size_t n, std::size_t base,
                                    std::size_t positions, float* to) {
    const coded_keys<bits> keys(from + front(n) + base * key_width(n), n);
    for (std::size_t j = 0; j < positions; j += key_tile) {
      const auto tile = keys.from(j).template tiles<1>();
      for (std::size_t i = 0; i < n; ++i) {
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < vectors_per_sum; ++v)
          hn::StoreU(tile.vector(v, i), f32_tag{},
                     to + j * n + i * key_tile + v * floats_per_vector);
      }
    }
    if (first_is_wider && base == 0)
      for (std::size_t i = 0; i < n; ++i) to[i * key_tile] = Format::first_row::get(from, i);
  }
  static HWY_INLINE void widen_values(const element* from, std::size_t n, std::size_t base,
                                      std::size_t positions, float* to) {
    const coded_rows<bits> values(from + front(n) + base * value_width(n), n);
    for (std::size_t j = 0; j < positions; ++j) {
      const auto row = values.of(j);
      for (std::size_t i = 0; i < n; i += floats_per_vector)
        hn::StoreU(row.vector(i / floats_per_vector), f32_tag{}, to + j * n + i);
    }
    if (first_is_wider && base == 0)
      for (std::size_t i = 0; i < n; ++i) to[i] = Format::first_row::get(from, i);
  }
};

template <class Format>
static HWY_NOINLINE void attend_coded(const attention_job& a) noexcept {
  running_attention<coded_order<Format>> work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
