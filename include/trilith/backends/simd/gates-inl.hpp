// A fragment of rows-inl.hpp: the gates of layers/gates.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

struct relu_squared_gate {
  /// x * max(x, 0): the square, or x * 0 for all others.
  static HWY_INLINE f32s of(f32s x) {
    return hn::Mul(x, hn::IfThenElseZero(hn::Gt(x, hn::Zero(f32_tag{})), x));
  }
};

struct silu_gate {
  static HWY_INLINE f32s of(f32s x) {
    const f32s one = hn::Set(f32_tag{}, 1.0f);
    return hn::Mul(x, hn::Div(one, hn::Add(one, exponential_of(hn::Neg(x)))));
  }
};

template <class G>
static HWY_INLINE void gate_sixteen(float* gate, const float* up, row_sum& sum) {
  const f32_tag d;
  HWY_UNROLL(4)
  for (std::size_t v = 0; v < vectors_per_sum; ++v) {
    const std::size_t at = v * floats_per_vector;
    const f32s value = hn::Mul(G::of(hn::LoadU(d, gate + at)), hn::LoadU(d, up + at));
    hn::StoreU(value, d, gate + at);
    sum.add_square(at, value);
  }
}

template <class G>
static float row_gate(float* gate, const float* up, std::size_t n) noexcept {
  row_sum sum;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) gate_sixteen<G>(gate + i, up + i, sum);
  if (i < n) {
    row_end end(gate + i, n - i);
    gate_sixteen<G>(end.values, row_end(up + i, n - i).values, sum);
    end.put(gate + i, n - i);
  }
  return sum.total();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
