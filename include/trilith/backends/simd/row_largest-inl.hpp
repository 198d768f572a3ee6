// A fragment of rows-inl.hpp: the largest of a row, as activations/top_k.hpp chooses them.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Magnitudes of floats, by their bits.
struct magnitudes {
  const float* x;
  std::size_t n;

  [[nodiscard]] HWY_INLINE i32s some(std::size_t i) const {
    return hn::And(hn::BitCast(i32_tag{}, hn::LoadU(f32_tag{}, x + i)),
                   hn::Set(i32_tag{}, 0x7FFFFFFF));
  }
  [[nodiscard]] HWY_INLINE std::int32_t one(std::size_t i) const {
    std::int32_t bits;
    __builtin_memcpy(&bits, x + i, sizeof bits);
    return bits & 0x7FFFFFFF;
  }
};

/// How many are above `bound`.
static HWY_NOINLINE std::size_t count_above(const magnitudes& m, std::int32_t bound) noexcept {
  const i32s all = hn::Set(i32_tag{}, bound);
  std::size_t found = 0, i = 0;
  for (; i + floats_per_vector <= m.n; i += floats_per_vector)
    found += hn::CountTrue(i32_tag{}, hn::Gt(m.some(i), all));
  for (; i < m.n; ++i) found += m.one(i) > bound;
  return found;
}

/// q_i = 0 where the magnitude is not above `bound`.
static HWY_NOINLINE void clear_others(const magnitudes& m, std::int32_t bound,
                                      std::int8_t* q) noexcept {
  const hn::Rebind<std::int8_t, i32_tag> few;
  const i32s all = hn::Set(i32_tag{}, bound);
  std::size_t i = 0;
  for (; i + floats_per_vector <= m.n; i += floats_per_vector) {
    const auto keep = hn::DemoteTo(few, hn::VecFromMask(i32_tag{}, hn::Gt(m.some(i), all)));
    hn::StoreU(hn::And(hn::LoadU(few, q + i), keep), few, q + i);
  }
  for (; i < m.n; ++i)
    if (m.one(i) <= bound) q[i] = 0;
}

/// The same where the magnitude is below `least`, or equal to it and not among the first `ties`.
static HWY_NOINLINE void clear_later_ties(const magnitudes& m, std::int32_t least, std::size_t ties,
                                          std::int8_t* q) noexcept {
  for (std::size_t i = 0; i < m.n; ++i) {
    const bool is_kept_tie = m.one(i) == least && ties != 0;
    if (is_kept_tie) --ties;
    if (m.one(i) <= least && !is_kept_tie) q[i] = 0;
  }
}

/// Halves the distance of two bounds, of which more and fewer than k magnitudes are above.
static void row_keep_largest(const float* x, std::int8_t* q, std::size_t n,
                             std::size_t k) noexcept {
  const magnitudes m{x, n};
  std::int64_t low = -1, high = 0x7FFFFFFF;
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    const std::size_t above = count_above(m, static_cast<std::int32_t>(middle));
    if (above == k) return clear_others(m, static_cast<std::int32_t>(middle), q);
    (above > k ? low : high) = middle;
  }
  const auto least = static_cast<std::int32_t>(high);
  clear_later_ties(m, least, k - count_above(m, least), q);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
